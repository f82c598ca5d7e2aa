"""API Gateway: a stage's canary, which has a share of the requests answered by another deployment.

Set with the stage, with a deployment (which is then the canary's and not the stage's) or by patches; promoted by a
`copy` of its deployment; ended by `remove /canarySettings`. moto drops the settings in silence.
"""

import json
import random
from typing import Any

from moto.apigateway.exceptions import BadRequestException
from moto.apigateway.models import RestAPI, Stage
from moto.apigateway.responses import APIGatewayResponse
from moto.core.responses import TYPE_RESPONSE

_PATH = "/canarySettings"
_PARTS = {"percentTraffic", "deploymentId", "useStageCache"}


def install() -> None:
    to_json, create_stage, create_deployment = (
        Stage.to_json,
        APIGatewayResponse.create_stage,
        APIGatewayResponse.create_deployment,
    )

    def described(self: Stage) -> dict[str, Any]:
        canary = canary_of(self)
        return to_json(self) | ({"canarySettings": canary} if canary else {})

    def with_stage(self: APIGatewayResponse) -> TYPE_RESPONSE:
        given = self._get_param("canarySettings")
        api = self.backend.get_rest_api(self.path.split("/")[2])
        settings = _settings(api, given) if given else None
        status, headers, body = create_stage(self)
        stage = api.stages[self._get_param("stageName")]
        if settings is None:
            return status, headers, body
        stage.canary_settings = settings
        return status, headers, json.dumps(stage.to_json())

    def with_deployment(self: APIGatewayResponse) -> TYPE_RESPONSE:
        given, name = self._get_param("canarySettings"), self._get_param("stageName")
        if not given:
            return create_deployment(self)
        api = self.backend.get_rest_api(self._get_param("restapi_id"))
        stage = api.stages.get(name)
        if stage is None:
            raise BadRequestException("Cannot create a canary deployment for a stage that does not exist")
        settings = _settings(api, given)
        serving, variables = stage.deployment_id, dict(stage.variables)
        answer = create_deployment(self)
        stage = api.stages[name]
        stage.canary_settings = settings | {"deploymentId": stage.deployment_id}
        stage.deployment_id, stage.variables = serving, variables
        return answer

    Stage.to_json = described
    APIGatewayResponse.create_stage = with_stage
    APIGatewayResponse.create_deployment = with_deployment


def canary_of(stage: Stage) -> dict[str, Any] | None:
    """The canary's settings; None without one."""
    return getattr(stage, "canary_settings", None)


def serving(stage: Stage) -> tuple[str, dict[str, Any]]:
    """The deployment that answers the request that comes now, and the stage variables that it sees."""
    canary = canary_of(stage)
    if canary and "deploymentId" in canary and random.uniform(0, 100) < canary["percentTraffic"]:
        return canary["deploymentId"], stage.variables | canary.get("stageVariableOverrides", {})
    return str(stage.deployment_id), stage.variables


def is_canary_path(path: str) -> bool:
    return path == _PATH or path.startswith(f"{_PATH}/")


def patch(api: RestAPI, stage: Stage, operation: dict[str, Any]) -> None:
    """One operation on the canary. Raises `BadRequestException` for one that AWS refuses."""
    op, path, value = operation["op"], operation["path"], operation.get("value")
    canary = canary_of(stage)
    if path == _PATH:
        if op != "remove":
            raise BadRequestException(f"Invalid patch path  '{path}' specified for op '{op}'")
        vars(stage).pop("canary_settings", None)  # as if it had never been there
        return
    part, _, name = path.removeprefix(f"{_PATH}/").partition("/")
    settings = dict(canary or {})
    if part == "stageVariableOverrides" and name:
        overrides = dict(settings.get(part, {}))
        if op == "remove":
            overrides.pop(name, None)
        else:
            overrides[name] = value
        settings[part] = overrides
    elif part in _PARTS and not name and op == "replace":
        settings[part] = _typed(part, value)
    else:
        raise BadRequestException(f"Invalid patch path  '{path}' specified for op '{op}'")
    stage.canary_settings = _settings(api, settings)


def _typed(part: str, value: Any) -> Any:
    if part == "useStageCache":
        return str(value).lower() == "true"
    if part == "deploymentId":
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadRequestException(f"Invalid value '{value}' for {_PATH}/{part}") from None


def _settings(api: RestAPI, given: dict[str, Any]) -> dict[str, Any]:
    settings = {"percentTraffic": 0.0, "useStageCache": False} | given
    if not 0 <= settings["percentTraffic"] <= 100:
        raise BadRequestException("Canary percentTraffic must be between 0.0 and 100.0")
    if "deploymentId" in settings and settings["deploymentId"] not in api.deployments:
        raise BadRequestException("Deployment id does not exist")
    return settings
