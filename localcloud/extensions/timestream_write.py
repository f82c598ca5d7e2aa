"""Timestream: `WriteRecords` with common attributes, record versions, and the rejection of what contradicts a record."""

import time
from typing import Any

from moto.core.responses import ActionResult
from moto.timestreamwrite.models import TimestreamTable
from moto.timestreamwrite.responses import TimestreamWriteResponse

from ._model import error

NANOSECONDS = {"NANOSECONDS": 1, "MICROSECONDS": 10**3, "MILLISECONDS": 10**6, "SECONDS": 10**9}


def nanoseconds(record: dict[str, Any]) -> int:
    """The time of a record since 1970. Raises `ValueError` when it has none."""
    return int(record["Time"]) * NANOSECONDS[record.get("TimeUnit") or "MILLISECONDS"]


def _complete(record: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """The record with the common attributes that it does not override; dimensions are joined."""
    dimensions = {d["Name"]: d for d in [*common.get("Dimensions", []), *record.get("Dimensions", [])]}
    return {**common, **record, "Dimensions": list(dimensions.values())}


def _identity(record: dict[str, Any]) -> tuple[Any, ...]:
    dimensions = tuple(sorted((d["Name"], d["Value"]) for d in record["Dimensions"]))
    return dimensions, record["MeasureName"], nanoseconds(record)


def _values(record: dict[str, Any]) -> tuple[Any, ...]:
    return record.get("MeasureValue"), record.get("MeasureValues"), record.get("MeasureValueType")


def _problem(record: dict[str, Any], existing: dict[str, Any] | None) -> str | None:
    if not record.get("MeasureName"):
        return "The record has no measure name."
    if existing is None:
        return None
    version, known = record.get("Version", 1), existing.get("Version", 1)
    if version < known or (version == known and _values(record) != _values(existing)):
        return (
            "A record already exists with the same time, dimensions, measure name, and record version. "
            "A higher record version must be specified in order to update the measure value."
        )
    return None


def _ingest(table: TimestreamTable, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stores what can be stored and returns the rejections, in the shape of `RejectedRecord`."""
    known = {_identity(record): record for record in table.records}
    rejected = []
    for index, record in enumerate(records):
        try:
            identity = _identity(record)
        except (KeyError, ValueError):
            rejected.append({"RecordIndex": index, "Reason": "The record timestamp or measure name is missing."})
            continue
        problem = _problem(record, known.get(identity))
        if problem is None:
            known[identity] = record
        else:
            existing = known[identity].get("Version", 1) if identity in known else None
            rejected.append({"RecordIndex": index, "Reason": problem, "ExistingVersion": existing})
    table.records = list(known.values())
    return rejected


def _respond(self: TimestreamWriteResponse) -> ActionResult:
    common = self._get_param("CommonAttributes") or {}
    database = self.timestreamwrite_backend.describe_database(self._get_param("DatabaseName"))
    table = database.describe_table(self._get_param("TableName"))
    records = [_complete(record, common) for record in self._get_param("Records")]
    if len(records) > 100:
        raise error("ValidationException", "Records: must contain at most 100 records")
    rejected = _ingest(table, records)
    if rejected:
        refusal = error("RejectedRecordsException", "One or more records have been rejected. See RejectedRecords for details.")
        refusal.RejectedRecords = rejected
        raise refusal
    count = len(records)
    return ActionResult({"RecordsIngested": {"Total": count, "MemoryStore": count, "MagneticStore": 0}})


def install() -> None:
    TimestreamWriteResponse.write_records = _respond
