"""Timestream: what is written can be queried with SQL."""

import time

import pytest
from botocore.exceptions import ClientError

MINUTE = 60_000


@pytest.fixture
def write(client):
    write = client("timestream-write")
    write.create_database(DatabaseName="ons_energy_data")
    write.create_table(DatabaseName="ons_energy_data", TableName="generation_data")
    return write


@pytest.fixture
def query(client):
    timestream = client("timestream-query")

    def run(sql, **more):
        return timestream.query(QueryString=sql, **more)

    return run


def put(write, *records, table="generation_data", **common):
    return write.write_records(
        DatabaseName="ons_energy_data", TableName=table, Records=list(records), CommonAttributes=common
    )


def multi(minutes_ago, plant, power, now=None):
    moment = (now or int(time.time() * 1000)) - minutes_ago * MINUTE
    return {
        "Dimensions": [{"Name": "plant", "Value": plant}],
        "MeasureName": "generation",
        "MeasureValueType": "MULTI",
        "MeasureValues": [
            {"Name": "power", "Value": str(power), "Type": "DOUBLE"},
            {"Name": "running", "Value": "true", "Type": "BOOLEAN"},
        ],
        "Time": str(moment),
    }


def values(answer):
    return [[None if d.get("NullValue") else d["ScalarValue"] for d in row["Data"]] for row in answer["Rows"]]


def columns(answer):
    return [(c["Name"], c["Type"]["ScalarType"]) for c in answer["ColumnInfo"]]


def refused(call):
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response


def test_connectivity(query):
    answer = query("SELECT 1")
    assert (columns(answer), values(answer)) == ([("_col0", "INTEGER")], [["1"]])
    assert answer["QueryStatus"]["ProgressPercentage"] == 100.0


def test_count_and_latest_time_of_recent_records(write, query):
    now = int(time.time() * 1000)
    put(write, multi(5, "itaipu", 1.5, now), multi(30, "itaipu", 2.5, now), multi(120, "itaipu", 9, now))
    answer = query('SELECT COUNT(*), MAX(time) FROM "ons_energy_data"."generation_data" WHERE time > ago(1h)')
    assert columns(answer) == [("_col0", "BIGINT"), ("_col1", "TIMESTAMP")]
    (row,) = values(answer)
    expected = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime((now - 5 * MINUTE) // 1000)) + f".{now % 1000:03d}000000"
    assert row == ["2", expected]


def test_an_empty_table_has_no_latest_time(write, query):
    answer = query('SELECT COUNT(*) AS records, MAX(time) AS latest FROM "ons_energy_data"."generation_data"')
    assert [name for name, _ in columns(answer)] == ["records", "latest"]
    assert values(answer) == [["0", None]]
    unnamed = query("SELECT MAX(time) FROM ons_energy_data.generation_data")
    assert columns(unnamed) == [("_col0", "TIMESTAMP")]


def test_measures_and_dimensions_are_columns(write, query):
    put(write, multi(1, "itaipu", 1.5), multi(2, "tucurui", 4))
    answer = query(
        'SELECT plant, "power", running, measure_name FROM "ons_energy_data"."generation_data" ORDER BY plant DESC'
    )
    assert columns(answer) == [
        ("plant", "VARCHAR"),
        ("power", "DOUBLE"),
        ("running", "BOOLEAN"),
        ("measure_name", "VARCHAR"),
    ]
    assert values(answer) == [["tucurui", "4.0", "true", "generation"], ["itaipu", "1.5", "true", "generation"]]


def test_single_measures_are_columns_by_type(write, query):
    common = {"Dimensions": [{"Name": "plant", "Value": "itaipu"}], "MeasureName": "units", "MeasureValueType": "BIGINT"}
    put(write, {"Time": "1700000000", "TimeUnit": "SECONDS", "MeasureValue": "20"}, **common)
    answer = query(
        'SELECT time, measure_value::bigint, SUM(measure_value::bigint) AS total FROM "ons_energy_data"."generation_data"'
    )
    assert columns(answer) == [("time", "TIMESTAMP"), ("measure_value::bigint", "BIGINT"), ("total", "BIGINT")]
    assert values(answer) == [["2023-11-14 22:13:20.000000000", "20", "20"]]


def test_bins_literals_and_joins(write, query):
    write.create_table(DatabaseName="ons_energy_data", TableName="plants")
    at = 1_700_000_000_000
    put(write, multi(0, "itaipu", 1, at), multi(1, "itaipu", 3, at), multi(90, "itaipu", 8, at))
    put(write, multi(0, "itaipu", 7, at), table="plants")
    binned = query(
        "SELECT bin(time, 1h) AS hour, AVG(power) AS mean FROM ons_energy_data.generation_data "
        "WHERE time >= TIMESTAMP '2023-11-14 00:00:00' GROUP BY bin(time, 1h) ORDER BY hour"
    )
    assert values(binned) == [["2023-11-14 20:00:00.000000000", "8.0"], ["2023-11-14 22:00:00.000000000", "2.0"]]
    joined = query(
        'SELECT COUNT(*) AS n FROM "ons_energy_data"."generation_data" g JOIN "ons_energy_data"."plants" p ON g.plant = p.plant'
    )
    assert values(joined) == [["3"]]
    listed = query(
        'SELECT g.plant, g.power FROM "ons_energy_data"."generation_data" g, "ons_energy_data"."plants" AS p '
        "WHERE g.time = p.time GROUP BY g.plant, g.power ORDER BY g.plant, g.power"
    )
    assert (columns(listed), values(listed)) == ([("plant", "VARCHAR"), ("power", "DOUBLE")], [["itaipu", "1.0"]])
    assert values(query("SELECT COUNT(*) FROM ons_energy_data.generation_data WHERE time > now() - 1d")) == [["0"]]


def test_rows_come_in_pages(write, query):
    put(write, *[multi(n, f"p{n:02}", n) for n in range(5)])
    sql = "SELECT plant FROM ons_energy_data.generation_data ORDER BY plant"
    first = query(sql, MaxRows=3)
    second = query(sql, MaxRows=3, NextToken=first["NextToken"])
    assert [row[0] for row in values(first) + values(second)] == ["p00", "p01", "p02", "p03", "p04"]
    assert "NextToken" not in second


@pytest.mark.parametrize(
    "sql, what",
    [
        ('SELECT * FROM "ons_energy_data"."absent"', "Table ons_energy_data.absent does not exist"),
        ('SELECT * FROM "absent"."generation_data"', "Table absent.generation_data does not exist"),
        ('SELECT "absent" FROM "ons_energy_data"."generation_data"', "Column 'absent' does not exist"),
        ("SELEC 1", "line 1:1"),
        ("SELECT FROM WHERE", "line 1:1"),
        ('DELETE FROM "ons_energy_data"."generation_data"', "only SELECT"),
    ],
)
def test_a_bad_query_is_refused(write, query, sql, what):
    error = refused(lambda: query(sql))["Error"]
    assert error["Code"] == "ValidationException" and what in error["Message"]


def test_a_record_changes_only_with_a_higher_version(write, query):
    at = int(time.time() * 1000)
    put(write, multi(0, "itaipu", 1, at))
    put(write, multi(0, "itaipu", 1, at))
    answer = refused(lambda: put(write, multi(1, "itaipu", 5, at), multi(0, "itaipu", 2, at)))
    assert answer["Error"]["Code"] == "RejectedRecordsException"
    assert [r["RecordIndex"] for r in answer["RejectedRecords"]] == [1]
    put(write, {**multi(0, "itaipu", 2, at), "Version": 2})
    assert values(query("SELECT power FROM ons_energy_data.generation_data ORDER BY power")) == [["2.0"], ["5.0"]]


def test_endpoint_discovery_answers_with_this_server(cloud, client):
    for service in ("timestream-query", "timestream-write"):
        endpoint = client(service).describe_endpoints()["Endpoints"][0]
        assert f"http://{endpoint['Address']}" == cloud.endpoint
