"""The log of API calls: who called what, on what, and how it ended.

One JSON object per line:

    seq          counts from 1, in the order in which the calls ended
    time         when the call began, ISO 8601 in UTC
    duration_ms
    service, operation   as botocore names them; operation is null when it cannot be told
    region
    status       HTTP status
    error        AWS error code, or null
    caller       operator | states | cloudformation | function | other
    function     the calling Lambda function, or null
    resource     the name, id or ARN that the call is about, where it is easy to tell, or null
    parameters   the names of the request's parameters. Never their values: they may be secrets.

`GET /_localcloud/calls` answers `{"calls": [...]}`; `?since=SEQ` and any of service, operation, function, caller,
resource and error narrow it.
"""

import datetime
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug import Request, Response

from . import request_facts
from .identities import caller_of, function_of
from .routes import json_response, route

KEPT_IN_MEMORY = 100_000
_FILTERS = ("service", "operation", "function", "caller", "resource", "error")

# Called with each recorded call and the session token of who made it, before that one hears the answer.
observers: list[Callable[[dict[str, Any], str | None], None]] = []

_current: "CallLog | None" = None


class CallLog:
    def __init__(self, path: Path):
        global _current
        self.path = path
        self._lock = threading.Lock()
        self._seq = 0
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT_IN_MEMORY)
        self._file = path.open("w", encoding="utf-8")
        _current = self

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._file.seek(0)
            self._file.truncate()

    def find(self, since: int = 0, **filters: str) -> list[dict[str, Any]]:
        """The calls after `since` whose fields equal the filters."""
        with self._lock:
            calls = list(self._calls)
        return [
            call
            for call in calls
            if call["seq"] > since and all(call[name] == value for name, value in filters.items())
        ]

    def record(self, application: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
        """Wraps moto's WSGI application."""

        def recorded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            facts = request_facts.read(environ)
            began = time.time()
            answer: dict[str, Any] = {"status": 500, "headers": []}

            def note(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                answer.update(status=int(status.split()[0]), headers=headers)
                return start_response(status, headers, *rest)

            body: Iterable[bytes] = ()
            try:
                body = application(environ, note)
                if answer["status"] >= 400:
                    body = [b"".join(body)]
                return body
            finally:
                if facts is not None:
                    call = self._append(facts, began, answer["status"], answer["headers"], body)
                    for observer in observers:
                        observer(call, environ.get("HTTP_X_AMZ_SECURITY_TOKEN"))

        return recorded

    def _append(
        self,
        facts: request_facts.RequestFacts,
        began: float,
        status: int,
        headers: list[tuple[str, str]],
        body: Any,
    ) -> dict[str, Any]:
        error = request_facts.error_code(headers, body) if status >= 400 else None
        call = {
            "time": datetime.datetime.fromtimestamp(began, datetime.timezone.utc).isoformat(timespec="milliseconds"),
            "duration_ms": round((time.time() - began) * 1000),
            "service": facts.service,
            "operation": facts.operation,
            "region": facts.region,
            "status": status,
            "error": error,
            "caller": caller_of(facts.access_key),
            "function": function_of(facts.access_key),
            "resource": facts.resource,
            "parameters": facts.parameters,
        }
        with self._lock:
            self._seq += 1
            call = {"seq": self._seq} | call
            self._calls.append(call)
            self._file.write(json.dumps(call) + "\n")
            self._file.flush()
        return call


@route("GET", "/_localcloud/calls")
def _list_calls(request: Request) -> Response:
    filters = {name: request.args[name] for name in _FILTERS if name in request.args}
    since = request.args.get("since", 0, type=int)
    return json_response({"calls": _current.find(since, **filters) if _current else []})
