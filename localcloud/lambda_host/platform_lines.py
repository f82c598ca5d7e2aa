"""What Lambda itself writes to a function's log around an invocation, in the format that the function chose."""

import datetime
import json
from typing import Any

from .package import Launch


def started(launch: Launch, request_id: str) -> list[str]:
    if _json(launch):
        return [_record("platform.start", {"requestId": request_id, "version": launch.version})]
    return [f"START RequestId: {request_id} Version: {launch.version}"]


def ended(launch: Launch, request_id: str, took_ms: float, failed: bool) -> list[str]:
    memory = launch.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    billed = int(took_ms) + 1
    if _json(launch):
        metrics = {"durationMs": round(took_ms, 3), "billedDurationMs": billed, "memorySizeMB": int(memory)}
        status = "error" if failed else "success"
        return [_record("platform.report", {"requestId": request_id, "metrics": metrics, "status": status})]
    return [
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: {took_ms:.2f} ms\tBilled Duration: {billed} ms"
        f"\tMemory Size: {memory} MB",
    ]


def _json(launch: Launch) -> bool:
    return launch.env["AWS_LAMBDA_LOG_FORMAT"] == "JSON"


def _record(kind: str, record: dict[str, Any]) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    time = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
    return json.dumps({"time": time, "type": kind, "record": record})
