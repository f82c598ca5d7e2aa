"""Timestream: SQL over the records that were written, and endpoint discovery that answers with this server.

A query runs in an in-memory SQLite that holds the tables it names. Not every function of Timestream is there; what is
not understood is refused with `ValidationException`, never answered wrongly.
"""

import json
import re
import sqlite3
import time
import uuid
from typing import Any

from moto.timestreamwrite.models import TimestreamTable, TimestreamWriteBackend
from moto.timestreamwrite.responses import TimestreamWriteResponse

from . import _timestream_sql as dialect
from ._model import error
from .timestream_write import nanoseconds

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}")
_SQLITE_TYPES = {"BIGINT": "INTEGER", "BOOLEAN": "INTEGER", "DOUBLE": "REAL"}
_DEFAULT_PAGE = 1000


def _column_value(kind: str, text: str) -> Any:
    if kind == "BIGINT":
        return int(text)
    if kind == "DOUBLE":
        return float(text)
    if kind == "BOOLEAN":
        return int(text.lower() == "true")
    if kind == "TIMESTAMP":
        # A measure of this type is given in milliseconds.
        return dialect.timestamp(int(text) * 10**6)
    return text


def _row(record: dict[str, Any], types: dict[str, str]) -> dict[str, Any]:
    """A record as a row. Adds the columns that it brings to `types`."""
    row: dict[str, Any] = {"time": dialect.timestamp(nanoseconds(record)), "measure_name": record["MeasureName"]}
    measures = record.get("MeasureValues") or []
    if (record.get("MeasureValueType") or "DOUBLE") != "MULTI":
        kind = record.get("MeasureValueType") or "DOUBLE"
        measures = [{"Name": f"measure_value::{kind.lower()}", "Type": kind, "Value": record["MeasureValue"]}]
    for dimension in record["Dimensions"]:
        types.setdefault(dimension["Name"], "VARCHAR")
        row[dimension["Name"]] = dimension["Value"]
    for measure in measures:
        types.setdefault(measure["Name"], measure["Type"])
        row[measure["Name"]] = _column_value(measure["Type"], measure["Value"])
    return row


class _Session:
    """One query: the tables that it names, and the types of their columns."""

    def __init__(self, backend: TimestreamWriteBackend):
        self.backend = backend
        self.types: dict[str, str] = {}
        self.loaded: set[str] = set()
        self.db = sqlite3.connect(":memory:")
        for name, (arity, function) in dialect.functions(time.time_ns()).items():
            self.db.create_function(name, arity, function, deterministic=True)

    def table(self, database: str, table: str, position: str) -> str:
        """Loads a table, and gives the name that it has here."""
        name = f"{database}.{table}"
        if name not in self.loaded:
            found = self.backend.databases.get(database)
            if found is None or table not in found.tables:
                raise dialect.SqlError(f"{position}: Table {name} does not exist")
            self._load(name, found.tables[table])
            self.loaded.add(name)
        return name

    def _load(self, name: str, table: TimestreamTable) -> None:
        types = {"time": "TIMESTAMP", "measure_name": "VARCHAR"}
        rows = [_row(record, types) for record in list(table.records)]
        columns = ", ".join(f"{dialect.bracket(column)} {_SQLITE_TYPES.get(kind, 'TEXT')}" for column, kind in types.items())
        self.db.execute(f"CREATE TABLE {dialect.bracket(name)} ({columns})")
        places = ", ".join("?" for _ in types)
        self.db.executemany(
            f"INSERT INTO {dialect.bracket(name)} VALUES ({places})",
            [[row.get(column) for column in types] for row in rows],
        )
        self.types |= types

    def run(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The expressions of the columns, as SQLite names them, and the rows."""
        try:
            cursor = self.db.execute(dialect.translate(sql, self.table))
            return [column[0] for column in cursor.description], cursor.fetchall()
        except sqlite3.Error as problem:
            raise dialect.SqlError(f"line 1:1: {_reason(str(problem))}") from problem


def _reason(problem: str) -> str:
    column = re.fullmatch(r"no such column: (.*)", problem)
    if column:
        return f"Column '{column[1]}' does not exist"
    table = re.fullmatch(r"no such table: (.*)", problem)
    return f"Table {table[1]} does not exist" if table else problem


def _type(expression: str, values: list[Any], types: dict[str, str]) -> str:
    """The type of a result column: that of the table's column, or else that of its values, or else of its expression."""
    if expression in types:
        return types[expression]
    for value in values:
        if isinstance(value, float):
            return "DOUBLE"
        if isinstance(value, int):
            return "INTEGER" if expression.isdigit() else "BIGINT"
        if isinstance(value, str):
            return "TIMESTAMP" if _TIMESTAMP.fullmatch(value) else "VARCHAR"
    inner = re.fullmatch(r"(?:max|min)\s*\(\s*\[?([^\]()]+?)\]?\s*\)", expression, re.I)
    if inner:
        return types.get(inner[1], "VARCHAR")
    return "DOUBLE" if re.match(r"(avg|sum)\s*\(", expression, re.I) else "VARCHAR"


def _name(expression: str, index: int) -> str:
    """A column that is an expression without a name has a number."""
    return expression if re.fullmatch(r"[A-Za-z_]\w*(::\w+)?", expression) else f"_col{index}"


def _datum(value: Any, kind: str) -> dict[str, Any]:
    if value is None:
        return {"NullValue": True}
    if kind == "BOOLEAN":
        return {"ScalarValue": "true" if value else "false"}
    return {"ScalarValue": repr(value) if isinstance(value, float) else str(value)}


def _query(self: TimestreamWriteResponse) -> str:
    session = _Session(self.timestreamwrite_backend)
    try:
        expressions, rows = session.run(self._get_param("QueryString"))
    except dialect.SqlError as problem:
        raise error("ValidationException", str(problem)) from problem
    finally:
        session.db.close()
    kinds = [_type(name, [row[i] for row in rows], session.types) for i, name in enumerate(expressions)]
    start = int(self._get_param("NextToken") or 0)
    end = start + int(self._get_param("MaxRows") or _DEFAULT_PAGE)
    result: dict[str, Any] = {
        "QueryId": uuid.uuid4().hex.upper(),
        "Rows": [{"Data": [_datum(value, kind) for value, kind in zip(row, kinds)]} for row in rows[start:end]],
        "ColumnInfo": [
            {"Name": _name(name, index), "Type": {"ScalarType": kinds[index]}} for index, name in enumerate(expressions)
        ],
        "QueryStatus": {"ProgressPercentage": 100.0, "CumulativeBytesScanned": 0, "CumulativeBytesMetered": 10000000},
    }
    if end < len(rows):
        result["NextToken"] = str(end)
    return json.dumps(result)


def _describe_endpoints(self: TimestreamWriteResponse) -> str:
    address = self.normalized_request.host
    return json.dumps({"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]})


def install() -> None:
    # Both services have one target prefix, so moto answers the queries with the class of the writes.
    TimestreamWriteResponse.query = _query
    TimestreamWriteResponse.describe_endpoints = _describe_endpoints
