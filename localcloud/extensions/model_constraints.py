"""EventBridge, Lambda and Step Functions refuse values that their public models exclude.

Lengths, ranges, patterns and lists of values, as AWS does before it looks at anything else: moto takes any, and the
SDKs check few of them. Not checked: what stands in the path or the query of a request.
"""

import json
from collections.abc import Iterator
from typing import Any

from botocore.model import OperationNotFoundError
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.events.responses import EventsHandler
from moto.stepfunctions.responses import StepFunctionResponse

from ._constraints import problems, summary
from ._model import error

_SERVICES = {EventsHandler: "events", LambdaResponse: "lambda", StepFunctionResponse: "stepfunctions"}


def install() -> None:
    call = BaseResponse.call_action

    def checked(self: BaseResponse) -> Any:
        service = _SERVICES.get(type(self))
        found = list(_problems(self, service)) if service else []
        if found:
            return self.serialized(ActionResult(error("ValidationException", summary(found))))
        return call(self)

    BaseResponse.call_action = checked


def _problems(response: BaseResponse, service: str) -> Iterator[str]:
    try:
        shape = get_service_model(service).operation_model(response._get_action()).input_shape
        if shape is None or "payload" in shape.serialization:
            return  # the payload of an invocation is anything
        given = json.loads(response.body or "{}")
    except (OperationNotFoundError, ValueError):
        return  # moto's to refuse
    yield from problems(given, shape)
