"""How an invocation ended."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`payload` is what the function answered, or the error object that Lambda answers in its place."""

    payload: bytes
    failed: bool
    log_tail: bytes = b""

    @staticmethod
    def error(kind: str, message: str, log_tail: bytes = b"") -> "Outcome":
        payload = json.dumps({"errorType": kind, "errorMessage": message}).encode()
        return Outcome(payload, failed=True, log_tail=log_tail)


class Throttled(Exception):
    """The function's reserved concurrency is used up."""
