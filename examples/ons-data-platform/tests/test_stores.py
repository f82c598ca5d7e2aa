import io
import json
from datetime import datetime, timezone

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from fakes import FakeStore

from onsdata import influxdb_store, load_service, timestream_store
from onsdata.datasets import GENERATION
from onsdata.errors import Misconfigured, StoreUnavailable

TABLES = {"generation": "generation_data", "consumption": "consumption_data", "transmission": "transmission_data"}
RECORD = {"time": "2026-01-01T00:00:00+00:00", "region": "scotland", "energy_source": "wind", "generation_mw": 5000}
TIMESTREAM_ENVIRONMENT = {
    "TIMESTREAM_DATABASE_NAME": "ons_energy_data",
    **{f"{name.upper()}_TABLE_NAME": table for name, table in TABLES.items()},
}


@pytest.fixture
def client(monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}.items():
        monkeypatch.setenv(name, value)
    return lambda service: boto3.client(service, region_name="us-east-1", endpoint_url="http://127.0.0.1:9")


def test_timestream_gets_valid_records(client):
    write = client("timestream-write")
    store = timestream_store.TimestreamStore(client("timestream-query"), write, "ons_energy_data", TABLES)
    expected = {
        "Dimensions": [{"Name": "region", "Value": "scotland"}, {"Name": "energy_source", "Value": "wind"}],
        "MeasureName": "generation",
        "MeasureValueType": "MULTI",
        "MeasureValues": [{"Name": "generation_mw", "Value": "5000.0", "Type": "DOUBLE"}],
        "Time": str(int(datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp() * 1000)),
        "TimeUnit": "MILLISECONDS",
    }
    with Stubber(write) as stub:
        stub.add_response(
            "write_records", {}, {"DatabaseName": "ons_energy_data", "TableName": "generation_data", "Records": [expected]}
        )
        assert store.write(GENERATION, [RECORD]) == 1
        stub.assert_no_pending_responses()


def test_timestream_answers_with_the_newest_time_only(client):
    query = client("timestream-query")
    store = timestream_store.TimestreamStore(query, client("timestream-write"), "ons_energy_data", TABLES)

    def row(*cells):
        return {"Data": [{"ScalarValue": cell} for cell in cells]}

    rows = [row("12:05", "scotland", "wind", "1.5"), row("12:05", "wales", "gas", "2"), row("12:00", "wales", "gas", "3")]
    columns = [{"Name": name, "Type": {"ScalarType": "VARCHAR"}} for name in ("time", "region", "energy_source", "generation_mw")]
    with Stubber(query) as stub:
        stub.add_response("query", {"QueryId": "q", "Rows": rows, "ColumnInfo": columns}, {"QueryString": ANY})
        latest = store.latest(GENERATION)

    assert [(record["region"], record["generation_mw"]) for record in latest] == [("scotland", 1.5), ("wales", 2.0)]


def test_timestream_that_cannot_be_read_is_unavailable(client):
    query = client("timestream-query")
    store = timestream_store.TimestreamStore(query, client("timestream-write"), "ons_energy_data", TABLES)
    with Stubber(query) as stub:
        stub.add_client_error("query", "ValidationException", "no such table")
        with pytest.raises(StoreUnavailable, match="no such table"):
            store.latest(GENERATION)


@pytest.mark.parametrize("missing", sorted(TIMESTREAM_ENVIRONMENT))
def test_timestream_names_the_variable_it_lacks(monkeypatch, missing):
    for name, value in TIMESTREAM_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(Misconfigured, match=missing):
        timestream_store.from_environment()


def test_timestream_refuses_an_environment_that_still_says_influxdb(monkeypatch):
    for name, value in {**TIMESTREAM_ENVIRONMENT, "USE_INFLUXDB": "true"}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured, match="USE_INFLUXDB"):
        timestream_store.from_environment()


def influxdb(control, endpoint="http://127.0.0.1:9"):
    return influxdb_store.InfluxDBStore(control, "ons-influxdb-prod", endpoint, "ons", "energy_data", lambda: "token")


@pytest.mark.parametrize("status", ["FAILED", "CREATING", "DELETED"])
def test_influxdb_that_is_not_available_says_what_it_is(client, status):
    control = client("timestream-influxdb")
    item = {"id": "abc1234567", "name": "ons-influxdb-prod", "arn": "arn:aws:timestream-influxdb:us-east-1:123456789012:db-instance/abc1234567"}
    with Stubber(control) as stub:
        stub.add_response("list_db_instances", {"items": [item]})
        stub.add_response("get_db_instance", {**item, "vpcSubnetIds": ["subnet-1"], "status": status}, {"identifier": "abc1234567"})
        with pytest.raises(StoreUnavailable, match=f"ons-influxdb-prod is {status}"):
            influxdb(control).write(GENERATION, [RECORD])


def test_influxdb_that_is_not_there_is_unavailable(client):
    control = client("timestream-influxdb")
    with Stubber(control) as stub:
        stub.add_response("list_db_instances", {"items": []})
        with pytest.raises(StoreUnavailable, match="NOT FOUND"):
            influxdb(control).check()


def test_influxdb_speaks_line_protocol_and_reads_flux_csv(client, monkeypatch):
    sent = []
    csv = ",result,table,_time,_value,region\n,_result,0,t1,1,wales\n\n,result,table,_time,_value,sector\n,_result,0,t2,2,domestic\n\n"

    def urlopen(request, timeout):
        sent.append((request.full_url, request.data.decode(), request.headers["Authorization"]))
        return io.BytesIO(csv.encode())

    monkeypatch.setattr(influxdb_store.urllib.request, "urlopen", urlopen)
    store = influxdb(client("timestream-influxdb"))
    monkeypatch.setattr(store, "check", lambda: None)

    store.write(GENERATION, [{**RECORD, "region": "east anglia"}])
    rows = store.flux("buckets()")

    url, line, authorization = sent[0]
    assert url == "http://127.0.0.1:9/api/v2/write?org=ons&bucket=energy_data&precision=ms"
    assert line == r"generation,region=east\ anglia,energy_source=wind generation_mw=5000.0 1767225600000"
    assert authorization == "Token token"
    assert [(row["_time"], row.get("region"), row.get("sector")) for row in rows] == [("t1", "wales", None), ("t2", None, "domestic")]


@pytest.mark.parametrize(
    "event",
    [
        {"source": "aws.s3", "detail": {"bucket": {"name": "b"}, "object": {"key": "dataset=generation/a b.json"}}},
        {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "dataset%3Dgeneration/a+b.json"}}}]},
        {"bucket": "b", "key": "dataset=generation/a b.json"},
    ],
)
def test_the_loader_understands_each_event_about_an_object(client, context, event):
    s3, store = client("s3"), FakeStore()
    text = (json.dumps(RECORD) + "\n").encode()
    with Stubber(s3) as stub:
        stub.add_response(
            "get_object", {"Body": StreamingBody(io.BytesIO(text), len(text))}, {"Bucket": "b", "Key": "dataset=generation/a b.json"}
        )
        assert load_service.serve(event, context, store, s3)["loaded"] == 1

    assert store.records["generation"] == [RECORD]
