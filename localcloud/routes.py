"""HTTP routes of our own, on the port that moto serves.

    @route("POST", r"/_localcloud/things/(?P<name>[^/]+)")
    def set_thing(request: Request, name: str) -> Response: ...

The pattern must match the whole percent-decoded path. A request that matches no route goes to moto.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from werkzeug import Request, Response

Handler = Callable[..., Response]

_routes: list[tuple[frozenset[str] | None, re.Pattern[str], Handler]] = []


def route(methods: str | None, pattern: str) -> Callable[[Handler], Handler]:
    """Registers a handler for the space-separated `methods`, or for every method when None."""

    def register(handler: Handler) -> Handler:
        allowed = frozenset(methods.split()) if methods else None
        _routes.append((allowed, re.compile(pattern), handler))
        return handler

    return register


def find(method: str, path: str) -> Callable[[Request], Response] | None:
    """The handler of a request, with the pattern's groups bound; None when the request is moto's."""
    for methods, pattern, handler in _routes:
        if methods is not None and method not in methods:
            continue
        match = pattern.fullmatch(path)
        if match:
            groups = match.groupdict()
            return lambda request: handler(request, **groups)
    return None


def json_response(value: Any, status: int = 200) -> Response:
    """A response with `value` as JSON; datetimes and the like as strings."""
    return Response(json.dumps(value, default=str), status=status, content_type="application/json")
