"""Functions that are known only by their ARN, and their synchronous invocation, by API Gateway."""

import json
import re
from typing import Any, NamedTuple

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

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


def invoke_arn(arn: str, event: dict[str, Any]) -> Outcome:
    """A synchronous invocation. Raises `Throttled`."""
    from . import host

    return host.invoke(FunctionArn.parse(arn).function(), json.dumps(event).encode())

