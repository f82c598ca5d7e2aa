"""The platform's data in Timestream for LiveAnalytics."""

import os
from datetime import datetime, timezone

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from onsdata.datasets import GENERATION, Dataset
from onsdata.errors import Misconfigured, StoreUnavailable

# WriteRecords takes at most 100 records.
BATCH = 100


class TimestreamStore:
    backend = "timestream"

    def __init__(self, query, write, database: str, tables: dict[str, str]):
        """`tables` maps a dataset's name to its table's."""
        self._query = query
        self._write = write
        self._database = database
        self._tables = tables

    def check(self) -> dict:
        """Whether data can be read and the target of writes exists; raises StoreUnavailable."""
        table = self._table(GENERATION)
        try:
            self._write.describe_table(DatabaseName=self._database, TableName=table)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"Timestream table {self._database}.{table}: {error}") from error
        count = self._select(f'SELECT COUNT(*) FROM "{self._database}"."{table}"')[0][0]
        return {"database": self._database, "table": table, "records": int(count)}

    def write(self, dataset: Dataset, records: list[dict]) -> int:
        """Writes records (see Dataset) and returns how many. Writing one again changes nothing: Timestream keeps one per time and dimensions."""
        rows = [_record(dataset, record) for record in records]
        for start in range(0, len(rows), BATCH):
            try:
                self._write.write_records(
                    DatabaseName=self._database, TableName=self._table(dataset), Records=rows[start : start + BATCH]
                )
            except self._write.exceptions.RejectedRecordsException as error:
                reasons = {item.get("Reason", "no reason given") for item in error.response.get("RejectedRecords", [])}
                raise ValueError(f"Timestream rejected records of {dataset.name}: {'; '.join(sorted(reasons))}") from error
        return len(rows)

    def latest(self, dataset: Dataset) -> list[dict]:
        """The records of the newest time of the last day; empty if there are none."""
        columns = ["time", *dataset.dimensions, dataset.measure]
        rows = self._select(
            f'SELECT {", ".join(columns)} FROM "{self._database}"."{self._table(dataset)}"'
            " WHERE time > ago(1d) ORDER BY time DESC LIMIT 100"
        )
        records = [dict(zip(columns, row)) for row in rows]
        newest = [record for record in records if record["time"] == records[0]["time"]]
        return [{**record, dataset.measure: float(record[dataset.measure])} for record in newest]

    def _table(self, dataset: Dataset) -> str:
        return self._tables[dataset.name]

    def _select(self, statement: str) -> list[list[str | None]]:
        rows, token = [], None
        while True:
            try:
                page = self._query.query(QueryString=statement, **({"NextToken": token} if token else {}))
            except (ClientError, BotoCoreError) as error:
                raise StoreUnavailable(f"Timestream query failed: {error}") from error
            rows += [[cell.get("ScalarValue") for cell in row["Data"]] for row in page["Rows"]]
            token = page.get("NextToken")
            if not token:
                return rows


def _record(dataset: Dataset, record: dict) -> dict:
    at = datetime.fromisoformat(record["time"]).astimezone(timezone.utc)
    return {
        "Dimensions": [{"Name": name, "Value": str(record[name])} for name in dataset.dimensions],
        "MeasureName": dataset.name,
        "MeasureValueType": "MULTI",
        "MeasureValues": [{"Name": dataset.measure, "Value": str(float(record[dataset.measure])), "Type": "DOUBLE"}],
        "Time": str(int(at.timestamp() * 1000)),
        "TimeUnit": "MILLISECONDS",
    }


def from_environment() -> TimestreamStore:
    """The database and tables that the environment names. Raises Misconfigured, naming the variable."""
    if os.environ.get("USE_INFLUXDB", "false").lower() == "true":
        raise Misconfigured("USE_INFLUXDB is true, but this package only knows Timestream")
    names = {}
    for variable in ("TIMESTREAM_DATABASE_NAME", "GENERATION_TABLE_NAME", "CONSUMPTION_TABLE_NAME", "TRANSMISSION_TABLE_NAME"):
        names[variable] = os.environ.get(variable)
        if not names[variable]:
            raise Misconfigured(f"{variable} is not set, and this package reads its data from Timestream")
    return TimestreamStore(
        _client("timestream-query"),
        _client("timestream-write"),
        names["TIMESTREAM_DATABASE_NAME"],
        {
            "generation": names["GENERATION_TABLE_NAME"],
            "consumption": names["CONSUMPTION_TABLE_NAME"],
            "transmission": names["TRANSMISSION_TABLE_NAME"],
        },
    )


def _client(service: str):
    # Named in the call, an endpoint URL turns endpoint discovery off; named in the environment only, it does not.
    return boto3.client(service, endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
