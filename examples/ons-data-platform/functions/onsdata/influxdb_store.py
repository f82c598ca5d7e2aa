"""The platform's data in Timestream for InfluxDB (InfluxDB 2: line protocol in, Flux out)."""

import csv
import io
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime

import boto3

from onsdata.datasets import Dataset
from onsdata.errors import Misconfigured, StoreUnavailable

TIMEOUT_SECONDS = 5


class InfluxDBStore:
    backend = "influxdb"

    def __init__(self, control, instance: str, endpoint: str, organization: str, bucket: str, token):
        """`control` is a timestream-influxdb client; `token` is called once, when the first request is made."""
        self._control = control
        self.instance = instance
        self._endpoint = endpoint if "://" in endpoint else f"https://{endpoint}:8086"
        self._organization = organization
        self._bucket = bucket
        self._token_source = token
        self._token = None

    def check(self) -> dict:
        """The instance's status, if it is AVAILABLE; raises StoreUnavailable for any other, and when there is no such instance."""
        status = instance_status(self._control, self.instance)
        if status != "AVAILABLE":
            raise StoreUnavailable(f"InfluxDB instance {self.instance} is {status}, not AVAILABLE")
        return {"instance": self.instance, "status": status}

    def write(self, dataset: Dataset, records: list[dict]) -> int:
        """Writes records (see Dataset) and returns how many."""
        self.check()
        lines = "\n".join(_line(dataset, record) for record in records)
        query = urllib.parse.urlencode({"org": self._organization, "bucket": self._bucket, "precision": "ms"})
        self._post(f"/api/v2/write?{query}", lines, "text/plain; charset=utf-8", "*/*")
        return len(records)

    def latest(self, dataset: Dataset) -> list[dict]:
        """The records of the newest time of the last day; empty if there are none."""
        self.check()
        rows = self.flux(
            f'from(bucket: "{self._bucket}") |> range(start: -1d)'
            f' |> filter(fn: (r) => r._measurement == "{dataset.name}" and r._field == "{dataset.measure}") |> last()'
        )
        newest = max((row["_time"] for row in rows), default=None)
        return [
            {"time": row["_time"], **{name: row[name] for name in dataset.dimensions}, dataset.measure: float(row["_value"])}
            for row in rows
            if row["_time"] == newest
        ]

    def flux(self, query: str) -> list[dict]:
        """Runs a Flux query; one dict of strings for each row of every table it yields."""
        path = "/api/v2/query?" + urllib.parse.urlencode({"org": self._organization})
        text = self._post(path, query, "application/vnd.flux", "application/csv")
        rows = []
        # Tables with different columns follow one another, each with a header of its own, between empty lines.
        for table in text.replace("\r\n", "\n").split("\n\n"):
            rows += csv.DictReader(io.StringIO(table.strip("\n")))
        return rows

    def _post(self, path: str, body: str, content_type: str, accept: str) -> str:
        if self._token is None:
            self._token = self._token_source()
        request = urllib.request.Request(
            self._endpoint + path,
            data=body.encode(),
            headers={"Authorization": f"Token {self._token}", "Content-Type": content_type, "Accept": accept},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise StoreUnavailable(f"InfluxDB instance {self.instance} answered {error.code}") from error
        except OSError as error:
            raise StoreUnavailable(f"InfluxDB instance {self.instance} cannot be reached: {error}") from error


def instance_status(control, name: str) -> str:
    """The status of an instance by its name; NOT FOUND if there is none."""
    for page in control.get_paginator("list_db_instances").paginate():
        for item in page["items"]:
            if item["name"] == name:
                # The listing may lag behind; the instance itself is asked by its id.
                return control.get_db_instance(identifier=item["id"]).get("status", "UNKNOWN")
    return "NOT FOUND"


def _line(dataset: Dataset, record: dict) -> str:
    tags = ",".join(f"{name}={_escape(str(record[name]))}" for name in dataset.dimensions)
    at = int(datetime.fromisoformat(record["time"]).timestamp() * 1000)
    return f"{dataset.name},{tags} {dataset.measure}={float(record[dataset.measure])} {at}"


def _escape(tag: str) -> str:
    return tag.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


def from_environment() -> InfluxDBStore:
    """The instance that the environment names. Raises Misconfigured, naming the variable."""
    variables = ("INFLUXDB_INSTANCE_NAME", "INFLUXDB_ENDPOINT", "INFLUXDB_ORG", "INFLUXDB_BUCKET", "INFLUXDB_TOKEN_SECRET")
    for variable in variables:
        if not os.environ.get(variable):
            raise Misconfigured(f"{variable} is not set, and this package reads its data from InfluxDB")
    instance, endpoint, organization, bucket, secret = (os.environ[variable] for variable in variables)

    def token() -> str:
        value = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        return json.loads(value)["token"]

    return InfluxDBStore(boto3.client("timestream-influxdb"), instance, endpoint, organization, bucket, token)
