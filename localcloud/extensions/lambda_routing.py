"""Lambda: an alias routes only to published versions that exist, and only to another than its own."""

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend
from moto.awslambda.responses import LambdaResponse


def install() -> None:
    create, update = LambdaResponse.create_alias, LambdaResponse.update_alias

    def create_alias(self: LambdaResponse) -> Any:
        body = self.json_body
        _check(self.backend, self._get_param("FunctionName"), body.get("FunctionVersion"), body.get("RoutingConfig"))
        return create(self)

    def update_alias(self: LambdaResponse) -> Any:
        name, body = self._get_param("FunctionName"), self.json_body
        version = body.get("FunctionVersion") or self.backend.get_alias(self._get_param("Name"), name).function_version
        _check(self.backend, name, version, body.get("RoutingConfig"))
        return update(self)

    LambdaResponse.create_alias = create_alias
    LambdaResponse.update_alias = update_alias


def _check(backend: LambdaBackend, function_name: str, version: str | None, routing: dict[str, Any] | None) -> None:
    for other in (routing or {}).get("AdditionalVersionWeights") or {}:
        if "$LATEST" in (other, version):
            raise InvalidParameterValueException("$LATEST is not supported for an alias pointing to more than 1 version")
        if other == version:
            raise InvalidParameterValueException(
                f"Invalid function version {other}. Function version {other} is already included in routing configuration."
            )
        backend.get_function(function_name, other)  # raises when there is none
