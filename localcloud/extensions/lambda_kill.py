"""Lambda: `kill -9` of a function in the middle of an invocation. For tests; AWS has no such API.

`POST /_localcloud/functions/<name>/kill` kills the processes of the function, of all its versions, that are on an
invocation now, and answers `{"killed": 2}`. Those that wait for work live on.

With the body `{"on": {"operation": "UpdateStage"}}` it arms: the next time that the function has had that operation
carried out, the process that asked for it is killed before it hears the answer, once. `service`, `resource` and
`error` narrow it further, with the values of the call log; a call that was refused counts only if `error` says so.
The answer is `{"killed": 0, "armed": [{"operation": "UpdateStage"}]}`, all that is armed for the function.
`GET` of the same path answers the same: nothing is armed any more once it went off. `DELETE` disarms.

The invocation fails with `Runtime.ExitError`, and the next one gets a new process, as on AWS.
"""

import threading
from typing import Any

from werkzeug import Request, Response

from ..calls import observers
from ..lambda_host import host
from ..routes import json_response, route

_PATH = r"/_localcloud/functions/(?P<name>[^/]+)/kill"
_NARROWING = frozenset(("operation", "service", "resource", "error"))

_lock = threading.Lock()
# By function name, in the order in which they were armed.
_armed: dict[str, list[dict[str, str]]] = {}


def install() -> None:
    observers.append(_kill_if_armed)


def reset() -> None:
    with _lock:
        _armed.clear()


@route("POST", _PATH)
def _kill(request: Request, name: str) -> Response:
    body = request.get_json(silent=True, force=True) if request.get_data() else {}
    if not isinstance(body, dict) or not set(body) <= {"on"}:
        return json_response({"message": 'the body must be empty or {"on": {"operation": "..."}}'}, 400)
    if "on" not in body:
        return json_response({"killed": sum(process.crash() for process in host.at_work(name))})
    on = body["on"]
    if not isinstance(on, dict) or "operation" not in on or not set(on) <= _NARROWING:
        return json_response({"message": f"`on` has `operation`, and only {', '.join(sorted(_NARROWING))}"}, 400)
    with _lock:
        _armed.setdefault(name, []).append(on)
    return _list(request, name)


@route("GET", _PATH)
def _list(request: Request, name: str) -> Response:
    with _lock:
        return json_response({"killed": 0, "armed": list(_armed.get(name, []))})


@route("DELETE", _PATH)
def _disarm(request: Request, name: str) -> Response:
    with _lock:
        _armed.pop(name, None)
    return _list(request, name)


def _kill_if_armed(call: dict[str, Any], session_token: str | None) -> None:
    name = call["function"]
    if name is None or not _goes_off(name, call):
        return
    for process in host.at_work(name):
        if process.session_token == session_token:
            process.crash()


def _goes_off(name: str, call: dict[str, Any]) -> bool:
    """Whether this call is one that is armed for; it is disarmed then."""
    with _lock:
        armed = _armed.get(name, [])
        for on in armed:
            if all(call[key] == value for key, value in ({"error": None} | on).items()):
                armed.remove(on)
                return True
        return False
