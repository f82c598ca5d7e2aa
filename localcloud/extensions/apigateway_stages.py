"""API Gateway: the stage's method settings, patched as AWS patches them, and its deployment.

The settings of a method are removed as a whole (`remove /*/*`); `remove` of a single setting is refused. A throttle of
-1 is not one: what stands above it counts. Settings that were never given have AWS's defaults, and a redeployment keeps them all.
"""

import copy
from typing import Any

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import APIGatewayBackend, RestAPI, Stage

from . import apigateway_canaries

_STAGE_PATHS = (
    "/deploymentId",
    "/description",
    "/cacheClusterEnabled",
    "/cacheClusterSize",
    "/clientCertificateId",
    "/accessLogSettings",
    "/accessLogSettings/destinationArn",
    "/accessLogSettings/format",
    "/tracingEnabled",
)
_REMOVABLE = ("/accessLogSettings",)
_METHOD_PATHS = {
    "metrics/enabled",
    "logging/loglevel",
    "logging/dataTrace",
    "throttling/burstLimit",
    "throttling/rateLimit",
    "caching/enabled",
    "caching/ttlInSeconds",
    "caching/dataEncrypted",
    "caching/requireAuthorizationForCacheControl",
    "caching/unauthorizedCacheControlHeaderStrategy",
}
_LOG_LEVELS = ("OFF", "ERROR", "INFO")
_NUMBERS = {"throttling/burstLimit": int, "throttling/rateLimit": float, "caching/ttlInSeconds": int}


def _default_method_settings(self: Stage) -> dict[str, Any]:
    # The throttle of an account, which a method has unless its settings say otherwise.
    return {
        "metricsEnabled": False,
        "dataTraceEnabled": False,
        "throttlingBurstLimit": 5000,
        "throttlingRateLimit": 10000.0,
        "cachingEnabled": False,
        "cacheTtlInSeconds": 300,
        "cacheDataEncrypted": False,
        "requireAuthorizationForCacheControl": True,
        "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    }


def _check(stage: Stage, api: RestAPI, operation: dict[str, Any]) -> None:
    """Raises `BadRequestException` for an operation that AWS refuses."""
    op, path = operation["op"], operation["path"]
    if op not in ("add", "remove", "replace", "move", "copy", "test"):
        raise BadRequestException(f"Invalid patch operation '{op}'")
    if path in _STAGE_PATHS and op not in ("replace", "remove" if path in _REMOVABLE else "replace"):
        raise BadRequestException(f"Invalid patch path  '{path}' specified for op '{op}'. Must be: [replace]")
    if path == "/deploymentId" and operation.get("value") not in api.deployments:
        raise BadRequestException("Deployment id does not exist")
    if path in _STAGE_PATHS or path.startswith("/variables/"):
        return
    # /{resourcePath}/{httpMethod}[/{setting}], the slashes of the resource path escaped as ~1
    resource, _, rest = path.removeprefix("/").partition("/")
    method, _, setting = rest.partition("/")
    if not path.startswith("/") or not resource or not method or (setting and setting not in _METHOD_PATHS):
        raise BadRequestException(f"Invalid method setting path: {path}")
    if op == "remove" and (setting or f"{resource}/{method}" not in stage.method_settings):
        raise BadRequestException(
            f"Cannot remove method setting {path.removeprefix('/')} because there is no method setting for this method"
        )
    if not setting and op != "remove":
        raise BadRequestException(f"Invalid method setting path: {path}")
    if setting == "logging/loglevel" and operation.get("value") not in _LOG_LEVELS:
        raise BadRequestException(f"Invalid value '{operation.get('value')}' for {path}: it is one of {', '.join(_LOG_LEVELS)}")
    if setting in _NUMBERS:
        try:
            _NUMBERS[setting](operation.get("value"))
        except (TypeError, ValueError):
            raise BadRequestException(f"Invalid value '{operation.get('value')}' for {path}") from None


def _promotion(stage: Stage, operation: dict[str, Any]) -> dict[str, Any]:
    """A `copy` of the canary's deployment or variables, as the replacement that it is; any other operation itself."""
    canary = apigateway_canaries.canary_of(stage)
    if operation["op"] != "copy" or operation["path"] != "/deploymentId":
        return operation
    if operation.get("from") != "/canarySettings/deploymentId" or not canary:
        raise BadRequestException("Invalid copy: the stage has no canary to copy from")
    return {"op": "replace", "path": "/deploymentId", "value": canary.get("deploymentId")}


def _update_stage(self: APIGatewayBackend, function_id: str, stage_name: str, patch_operations: Any) -> Stage:
    api = self.get_rest_api(function_id)
    # All operations or none: they are applied to a copy.
    stage = copy.deepcopy(self.get_stage(function_id, stage_name))
    for operation in patch_operations or []:
        if apigateway_canaries.is_canary_path(operation["path"]):
            apigateway_canaries.patch(api, stage, operation)
            continue
        operation = _promotion(stage, operation)
        _check(stage, api, operation)
        path = operation["path"].removeprefix("/")
        if operation["op"] == "remove" and path in stage.method_settings:
            del stage.method_settings[path]
        else:
            stage.apply_operations([operation])
    api.stages[stage_name] = stage
    return stage


def _create_deployment(original: Any) -> Any:
    def create(self: RestAPI, name: str, description: str, stage_variables: Any = None) -> Any:
        existing = self.stages.get(name) if name else None
        deployment = original(self, name, description, stage_variables)
        if existing is not None:
            # moto makes a new stage; AWS points the one that is there to the new deployment.
            existing.deployment_id = deployment.id
            existing.variables = existing.variables | (stage_variables or {})
            self.stages[name] = existing
        return deployment

    return create


def install() -> None:
    Stage._get_default_method_settings = _default_method_settings
    APIGatewayBackend.update_stage = _update_stage
    RestAPI.create_deployment = _create_deployment(RestAPI.create_deployment)
