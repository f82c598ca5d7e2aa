"""Asynchronous invocation: tried again when the function fails, then handed to its on-failure destination."""

import datetime
import json
import logging
import threading
import time
import uuid
from typing import Any

from ..timescale import scaled
from .by_arn import FunctionArn
from .destinations import send
from .event_invoke_configs import config_of
from .outcome import Outcome, Throttled

# Lambda waits one minute, then two. Tests and demonstrations cannot.
RETRY_DELAYS_SECONDS = [0.3, 0.6]
_THROTTLED_PAUSE_SECONDS = 0.2

_log = logging.getLogger(__name__)


def invoke_later(function: Any, event: bytes, request_id: str, qualifier: str | None = None) -> None:
    """Returns at once. What the event becomes is seen in the function's log and at its destinations.

    `function` is the version to run, `qualifier` the one that was asked for: it chooses the configuration.
    """
    threading.Thread(
        target=_run, args=(function, event, request_id, qualifier), name=f"event-{function.function_name}", daemon=True
    ).start()


def invoke_arn_later(arn: str, event: dict[str, Any]) -> None:
    """For services that know a function only by its ARN: SNS, CloudWatch, and destinations.

    With the retries and destinations of the version or alias that `arn` names.
    """
    target = FunctionArn.parse(arn)
    invoke_later(target.function(), json.dumps(event).encode(), str(uuid.uuid4()), target.qualifier)


def _run(function: Any, event: bytes, request_id: str, qualifier: str | None) -> None:
    from . import host

    generation = host.generation
    config = config_of(function, qualifier)
    retries = config.get("MaximumRetryAttempts", 2)
    oldest = time.monotonic() + scaled(config.get("MaximumEventAgeInSeconds", 21600))
    attempt = 0
    condition = "RetriesExhausted"
    outcome = Outcome(b"null", failed=True)
    while host.generation == generation:
        try:
            outcome = host.invoke(function, event, request_id)
        except Throttled:
            # Lambda keeps a throttled event in its queue; it does not count as an attempt.
            if time.monotonic() > oldest:
                condition = "EventAgeExceeded"
                break
            time.sleep(scaled(_THROTTLED_PAUSE_SECONDS))
            continue
        attempt += 1
        if not outcome.failed or attempt > retries:
            break
        time.sleep(scaled(RETRY_DELAYS_SECONDS[min(attempt, len(RETRY_DELAYS_SECONDS)) - 1]))
    if host.generation != generation:
        return  # the cloud was emptied meanwhile
    name = "OnFailure" if outcome.failed else "OnSuccess"
    target = config.get("DestinationConfig", {}).get(name, {}).get("Destination")
    if not target:
        return
    condition = condition if outcome.failed else "Success"
    record = _record(function, event, request_id, outcome, attempt, condition, qualifier)
    try:
        send(target, record, invoke_arn_later)
    except Exception:
        _log.exception("the %s destination %s of %s failed", name, target, function.function_name)


def _record(
    function: Any, event: bytes, request_id: str, outcome: Outcome, attempts: int, condition: str, qualifier: str | None
) -> dict[str, Any]:
    version = str(function.version)
    arn = function.function_arn.removesuffix(f":{version}")
    response_context: dict[str, Any] = {"statusCode": 200, "executedVersion": version}
    if outcome.failed:
        response_context["functionError"] = "Unhandled"
    return {
        "version": "1.0",
        "timestamp": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{arn}:{qualifier or '$LATEST'}",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(event),
        "responseContext": response_context,
        "responsePayload": json.loads(outcome.payload or b"null"),
    }
