"""The Lambda Runtime API (2018-06-01) for one process. Each process has a port of its own, which tells them apart."""

import json
import queue
import re
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..settings import HOST
from .outcome import Outcome

_PREFIX = "/2018-06-01/runtime"
_ANSWER = re.compile(rf"{_PREFIX}/invocation/(?P<id>[^/]+)/(?P<kind>response|error)")


@dataclass
class Invocation:
    request_id: str
    event: bytes
    function_arn: str
    deadline_ms: int
    trace_id: str
    future: "Future[Outcome]" = field(default_factory=Future)


class RuntimeApi:
    """`ready` is set at the process's first `/next`, or when it reports that it cannot start (`init_error`)."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.init_error: bytes | None = None
        self._waiting: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: Invocation | None = None
        self._http = _Listener((HOST, 0), _handler_of(self))
        self.address = f"{HOST}:{self._http.server_port}"
        threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 60}, name="runtime-api", daemon=True
        ).start()

    def offer(self, invocation: Invocation) -> None:
        self._waiting.put(invocation)

    def close(self) -> None:
        """Ends the server and what waits in it. Does not wait for it."""
        self._waiting.put(None)
        threading.Thread(target=self._shut_down, daemon=True).start()

    def _shut_down(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def next(self) -> Invocation | None:
        self.ready.set()
        self._current = self._waiting.get()
        return self._current

    def finish(self, request_id: str, outcome: Outcome) -> bool:
        """False for an answer to something else than the invocation in progress."""
        current = self._current
        if current is None or current.request_id != request_id or current.future.done():
            return False
        self._current = None
        current.future.set_result(outcome)
        return True

    def fail_init(self, error: bytes) -> None:
        self.init_error = error
        self.ready.set()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def shutdown(self) -> None:
        # serve_forever looks at its flag only when a connection comes or its poll ends: knock.
        knock = threading.Timer(0.01, self._knock)
        knock.start()
        super().shutdown()

    def _knock(self) -> None:
        try:
            socket.create_connection(self.server_address[:2], timeout=1).close()
        except OSError:
            pass  # it has ended already

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the process went away in the middle of an exchange; its exit is seen where it is waited for


def _handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            if self.path != f"{_PREFIX}/invocation/next":
                return self._answer(404, b"{}")
            invocation = api.next()
            if invocation is None:
                self.close_connection = True
                return None
            return self._answer(
                200,
                invocation.event,
                {
                    "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                    "Lambda-Runtime-Trace-Id": invocation.trace_id,
                },
            )

        def do_POST(self) -> None:
            body = self._body()
            if self.path == f"{_PREFIX}/init/error":
                api.fail_init(body)
                return self._accepted()
            answer = _ANSWER.fullmatch(self.path)
            if answer is None:
                return self._answer(404, b"{}")
            if api.finish(answer["id"], Outcome(body, failed=answer["kind"] == "error")):
                return self._accepted()
            return self._answer(400, b'{"errorType": "InvalidRequestID"}')

        def _accepted(self) -> None:
            self._answer(202, json.dumps({"status": "OK"}).encode())

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass  # trailers
            return b"".join(parts)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
