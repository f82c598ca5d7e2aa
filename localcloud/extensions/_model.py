"""What extensions share that answer operations from the public service models."""

from collections.abc import Sequence
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse


class ModelledResponse(BaseResponse):
    """Requests parsed and answers serialized by the botocore model. Operations are methods that return `ActionResult`."""

    def __init__(self, service_name: str):
        super().__init__(service_name=service_name)
        self.automated_parameter_parsing = True

    def param(self, name: str, default: Any = None) -> Any:
        """A parameter by its name in the model, wherever the model puts it."""
        return self._get_param(name, default)

    def serialized(self, action_result: ActionResult) -> Any:
        status, headers, body = super().serialized(action_result)
        # moto writes the protocol's own type over the one that an answer carries as a header.
        result = action_result.result
        if isinstance(result, dict) and isinstance(body, bytes) and result.get("ContentType"):
            headers["Content-Type"] = result["ContentType"]
        return status, headers, body

    def page(self, items: Sequence[dict[str, Any]], member: str = "Items") -> ActionResult:
        """One page of `items`, by the request's MaxResults and NextToken."""
        start = int(self.param("NextToken") or 0)
        end = start + int(self.param("MaxResults") or 50)
        result: dict[str, Any] = {member: list(items[start:end])}
        if end < len(items):
            result["NextToken"] = str(end)
        return ActionResult(result)


class ModelledError(ServiceException):
    """An error of the service's model; its HTTP status comes from there, extra members are attributes."""


def error(code: str, message: str) -> ModelledError:
    """To be raised by an operation."""
    return ModelledError(code, message)
