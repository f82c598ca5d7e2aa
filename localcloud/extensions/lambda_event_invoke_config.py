"""Lambda: the configuration of asynchronous invocation, for each qualifier its own, with partial updates.

moto keeps one per function, and an update of it changes nothing that is read.
"""

import time
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult, TYPE_RESPONSE

from ..lambda_host.event_invoke_configs import configs_of

_DEFAULTS = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21600}


def install() -> None:
    LambdaResponse.put_function_event_invoke_config = _put
    LambdaResponse.update_function_event_invoke_config = _update
    LambdaResponse.get_function_event_invoke_config = _get
    LambdaResponse.delete_function_event_invoke_config = _delete
    LambdaResponse.list_function_event_invoke_configs = _list


def _put(self: LambdaResponse) -> ActionResult:
    return ActionResult(_store(self, _DEFAULTS | self.json_body))


def _update(self: LambdaResponse) -> ActionResult:
    key, _ = _key(self)
    return ActionResult(_store(self, configs_of(self.backend).get(key, dict(_DEFAULTS)) | self.json_body))


def _get(self: LambdaResponse) -> ActionResult:
    key, arn = _key(self)
    return ActionResult(_existing(self, key, arn))


def _delete(self: LambdaResponse) -> TYPE_RESPONSE:
    key, arn = _key(self)
    _existing(self, key, arn)
    del configs_of(self.backend)[key]
    return 204, {}, ""


def _list(self: LambdaResponse) -> ActionResult:
    (name, _), _ = _key(self)
    found = [config for (function, _), config in configs_of(self.backend).items() if function == name]
    return ActionResult({"FunctionEventInvokeConfigs": found})


def _store(self: LambdaResponse, config: dict[str, Any]) -> dict[str, Any]:
    key, arn = _key(self)
    EventInvokeConfig(arn, "", config)  # moto's validation
    stored = config | {"FunctionArn": arn, "LastModified": time.time()}
    configs_of(self.backend)[key] = stored
    return stored


def _existing(self: LambdaResponse, key: tuple[str, str], arn: str) -> dict[str, Any]:
    config = configs_of(self.backend).get(key)
    if config is None:
        raise UnknownEventConfig(arn)
    return config


def _key(self: LambdaResponse) -> tuple[tuple[str, str], str]:
    """Function name and qualifier, and the ARN that names both. Raises `UnknownFunctionException`."""
    in_path = unquote(self.path.partition("/functions/")[2].partition("/event-invoke-config")[0])
    name, _, own = in_path.rpartition(":function:")[2].partition(":")
    qualifier = (self.querystring.get("Qualifier") or [None])[0] or own or "$LATEST"
    function = self.backend.get_function(name, None if qualifier == "$LATEST" else qualifier)
    unqualified = function.function_arn.removesuffix(f":{function.version}")
    return (function.function_name, qualifier), f"{unqualified}:{qualifier}"
