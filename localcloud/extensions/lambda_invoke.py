"""Lambda: invocations run the function's code, in the version or alias that was asked for.

moto runs functions in Docker, ignores `Qualifier` and answers `Event` only when the function has ended.
"""

import base64
import json
import uuid
from typing import Any
from urllib.parse import unquote

from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.core.exceptions import JsonRESTError

from ..lambda_host import host
from ..lambda_host.asynchronous import invoke_later
from ..lambda_host.outcome import Throttled

_SYNCHRONOUS_LIMIT = 6 * 1024 * 1024
_ASYNCHRONOUS_LIMIT = 1024 * 1024


class _Throttling(JsonRESTError):
    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


class _InvalidContent(JsonRESTError):
    code = 400

    def __init__(self, error: ValueError) -> None:
        super().__init__(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        )


class _TooLarge(JsonRESTError):
    code = 413

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            "RequestEntityTooLargeException",
            f"{size} byte payload is too large for the RequestResponse invocation type (limit {limit} bytes)",
        )


def install() -> None:
    enrich = LambdaResponse._enrich_response

    def enrich_but_keep_request_id(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        own = headers.get("x-amzn-requestid")
        headers, body = enrich(headers, body)
        return headers | ({"x-amzn-requestid": own} if own else {}), body

    LambdaResponse._enrich_response = staticmethod(enrich_but_keep_request_id)
    LambdaResponse.invoke = _invoke
    LambdaFunction.invoke = _invoke_for_a_service


def _invoke(self: LambdaResponse) -> tuple[int, dict[str, str], bytes]:
    kind = self.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
    name = unquote(self.path.rsplit("/", 2)[-2])
    qualifier = (self.querystring.get("Qualifier") or [None])[0]
    function = self.backend.get_function(name, qualifier)
    event = self.raw_body if isinstance(self.raw_body, bytes) else self.raw_body.encode()
    event = event or b"{}"
    _check(event, _ASYNCHRONOUS_LIMIT if kind == "Event" else _SYNCHRONOUS_LIMIT)
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-requestid": request_id, "content-type": "application/json"}
    if kind == "DryRun":
        return _empty(204, headers)
    if kind == "Event":
        invoke_later(function, event, request_id, qualifier or _qualifier_in(name))
        return _empty(202, headers)
    try:
        outcome = host.invoke(function, event, request_id)
    except Throttled:
        raise _Throttling from None
    headers["X-Amz-Executed-Version"] = str(function.version)
    if outcome.failed:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        headers["X-Amz-Log-Result"] = base64.b64encode(outcome.log_tail).decode()
    payload = outcome.payload
    if len(payload) > _SYNCHRONOUS_LIMIT:
        headers["X-Amz-Function-Error"] = "Unhandled"
        payload = json.dumps(
            {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            }
        ).encode()
    return 200, headers, payload


def _empty(status: int, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    # moto takes the status from this header.
    return status, headers | {"status": str(status)}, b""


def _qualifier_in(name: str) -> str | None:
    """The qualifier of `function:qualifier` or of a qualified ARN."""
    after_function = name.rpartition(":function:")[2]
    return after_function.partition(":")[2] or None


def _check(event: bytes, limit: int) -> None:
    if len(event) > limit:
        raise _TooLarge(len(event), limit)
    try:
        json.loads(event)
    except ValueError as error:
        raise _InvalidContent(error) from None


def _invoke_for_a_service(
    self: LambdaFunction, body: str | bytes, request_headers: Any, response_headers: Any
) -> bytes:
    """What moto's other services call. The ones that we use deliver asynchronously and do not look at the answer."""
    event = body.encode() if isinstance(body, str) else body
    invoke_later(self, event or b"{}", str(uuid.uuid4()))
    return b""
