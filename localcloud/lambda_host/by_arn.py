"""Invocations by services that know a function only by its ARN: SNS, CloudWatch, API Gateway."""

import json
import re
import uuid
from typing import Any, NamedTuple

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from .asynchronous import invoke_later
from .outcome import Outcome

_ARN = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>\d+):function:(?P<name>[^:]+)(:(?P<qualifier>[^:]+))?"
)


class FunctionArn(NamedTuple):
    region: str
    account: str
    name: str
    qualifier: str | None

    @staticmethod
    def parse(arn: str) -> "FunctionArn":
        """Raises `ValueError` for anything else than a function's ARN."""
        match = _ARN.fullmatch(arn)
        if match is None:
            raise ValueError(f"not the ARN of a function: {arn}")
        return FunctionArn(match["region"], match["account"], match["name"], match["qualifier"])

    def function(self) -> LambdaFunction:
        """The version that the ARN names. Raises moto's `UnknownFunctionException`."""
        return get_backend(self.account, self.region).get_function(self.name, self.qualifier)


def invoke_arn_later(arn: str, event: dict[str, Any]) -> None:
    """An asynchronous invocation, with the retries and destinations of the version or alias that `arn` names."""
    target = FunctionArn.parse(arn)
    invoke_later(target.function(), json.dumps(event).encode(), str(uuid.uuid4()), target.qualifier)


def invoke_arn(arn: str, event: dict[str, Any]) -> Outcome:
    """A synchronous invocation. Raises `Throttled`."""
    from . import host

    return host.invoke(FunctionArn.parse(arn).function(), json.dumps(event).encode())

