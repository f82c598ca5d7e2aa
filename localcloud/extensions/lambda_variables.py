"""Lambda: environments of more than 4 KB, and with names that Lambda keeps for itself, are refused."""

import json
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction

_LIMIT = 4096
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_RESERVED = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
}
_PREFIX = "Lambda was unable to configure your environment variables because the environment variables you have provided "


def install() -> None:
    create, update = LambdaBackend.create_function, LambdaFunction.update_configuration

    def create_function(self: LambdaBackend, spec: dict[str, Any]) -> LambdaFunction:
        _check(spec)
        return create(self, spec)

    def update_configuration(self: LambdaFunction, updates: dict[str, Any]) -> Any:
        _check(updates)
        return update(self, updates)

    LambdaBackend.create_function = create_function
    LambdaFunction.update_configuration = update_configuration


def _check(configuration: dict[str, Any]) -> None:
    variables = (configuration.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(_RESERVED & set(variables))
    if reserved:
        raise InvalidParameterValueException(
            f"{_PREFIX}contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _LIMIT:
        # AWS repeats them all, so whoever shows its message shows them, too.
        raise InvalidParameterValueException(f"{_PREFIX}exceeded the 4KB limit. String measured: {measured}")
