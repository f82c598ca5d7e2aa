"""API Gateway: the data plane. Stages answer at `/restapis/<api>/<stage>/_user_request_/<path>`.

A request is answered from the deployment that its stage, or its canary, points to, throttled by the stage's settings, and given to the
method's integration (`AWS_PROXY` to Lambda, `MOCK`) if the function's resource policy allows that. Execution logs go to
CloudWatch Logs as the stage's logging level says: INFO writes every request, ERROR only those that the gateway itself
had to fail, OFF (the default) nothing. The lines are a selection of those that AWS writes, in its words: none says
`ERROR`. As on AWS, throttled requests are not logged.
"""

import copy
import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any

from moto.apigateway.models import APIGatewayBackend, RestAPI, Stage, apigateway_backends
from moto.logs.models import logs_backends
from werkzeug import Request, Response

from ..lambda_host.by_arn import invoke_arn
from ..lambda_host.outcome import Throttled
from ..routes import json_response, route
from ..settings import ACCOUNT_ID
from . import _apigateway_proxy, _apigateway_throttle, apigateway_canaries
from ._apigateway_routing import Match, find
from ._apigateway_throttle import admit, method_settings
from .lambda_policy import allows_invoke

_FUNCTION_URI = re.compile(r"arn:[^:]+:apigateway:[^:]+:lambda:path/2015-03-31/functions/(?P<arn>[^/]+)/invocations")
_integrations = ThreadPoolExecutor(max_workers=128, thread_name_prefix="integration")


class _Failed(Exception):
    """The integration could not answer: what the client is told, and the lines of the log."""

    def __init__(self, status: int, message: str, *log: str):
        super().__init__(*log)
        self.status, self.message, self.log = status, message, log


def _find_api(api_id: str) -> tuple[APIGatewayBackend, RestAPI] | None:
    for backend in list(apigateway_backends[ACCOUNT_ID].values()):
        if api_id in backend.apis:
            return backend, backend.apis[api_id]
    return None


def _key_admits(backend: APIGatewayBackend, api: RestAPI, stage: Stage, value: str | None) -> bool:
    """Whether `value` is an enabled key of a usage plan that covers the stage."""
    keys = {key.id for key in backend.keys.values() if key.value == value and key.enabled}
    return any(
        keys & set(backend.usage_plan_keys.get(plan.id, {}))
        for plan in backend.usage_plans.values()
        if any(covered.get("apiId") == api.id and covered.get("stage") == stage.name for covered in plan.api_stages)
    )


def _with_stage_variables(uri: str, stage: Stage) -> str:
    return re.sub(r"\$\{stageVariables\.(\w+)\}", lambda found: str(stage.variables.get(found[1], "")), uri)


def _invoke(request: Request, api: RestAPI, stage: Stage, match: Match, path: str, request_id: str) -> Response:
    integration = match.method["methodIntegration"]
    target = _FUNCTION_URI.fullmatch(_with_stage_variables(integration["uri"], stage))
    if target is None:
        raise _Failed(500, "Internal server error", "Execution failed due to configuration error: Invalid endpoint address")
    resource = match.resource["path"].removeprefix("/")
    source = f"arn:aws:execute-api:{api.region_name}:{api.account_id}:{api.id}/{stage.name}/{request.method}/{resource}"
    if not allows_invoke(target["arn"], "apigateway.amazonaws.com", source, api.account_id):
        raise _Failed(
            500,
            "Internal server error",
            "Execution failed due to configuration error: Invalid permissions on Lambda function",
        )
    event = _apigateway_proxy.event(request, api, stage, match, path, request_id)
    running = _integrations.submit(invoke_arn, target["arn"], event)
    try:
        outcome = running.result(timeout=int(integration["timeoutInMillis"] or 29000) / 1000)
    except TookTooLong:
        raise _Failed(504, "Endpoint request timed out", "Execution failed due to a timeout error") from None
    except Throttled:
        raise _Failed(
            500,
            "Internal server error",
            "Lambda invocation failed with status: 429.",
            "Execution failed due to configuration error: Rate Exceeded.",
        ) from None
    if outcome.failed:
        raise _Failed(
            502,
            "Internal server error",
            "Lambda execution failed with status 200 due to customer function error: "
            + str(json.loads(outcome.payload).get("errorMessage")),
        )
    try:
        return _apigateway_proxy.response(outcome.payload)
    except _apigateway_proxy.MalformedResponse:
        raise _Failed(
            502,
            "Internal server error",
            "Execution failed due to configuration error: Malformed Lambda proxy response",
        ) from None


def _mock(integration: dict[str, Any]) -> Response:
    template = (integration["requestTemplates"] or {}).get("application/json") or "{}"
    wanted = str(json.loads(template).get("statusCode", 200))
    answer = (integration["integrationResponses"] or {}).get(wanted)
    if answer is None:
        raise _Failed(500, "Internal server error", "Execution failed due to configuration error: No match for output mapping")
    body = (answer["responseTemplates"] or {}).get("application/json") or ""
    return Response(body, status=int(wanted), content_type="application/json")


def _integrate(request: Request, api: RestAPI, stage: Stage, match: Match, path: str, request_id: str) -> Response:
    integration = match.method["methodIntegration"]
    if integration and integration["type"] == "AWS_PROXY":
        return _invoke(request, api, stage, match, path, request_id)
    if integration and integration["type"] == "MOCK":
        return _mock(integration)
    kind = integration["type"] if integration else "none"
    raise _Failed(500, "Internal server error", f"Execution failed: the local cloud has no integration of type {kind}")


def _log(api: RestAPI, stage: Stage, request_id: str, lines: list[str]) -> None:
    backend = logs_backends[api.account_id][api.region_name]
    group, stream = f"API-Gateway-Execution-Logs_{api.id}/{stage.name}", request_id.replace("-", "")
    backend.ensure_log_group(group)
    backend.ensure_log_stream(group, stream)
    now = int(time.time() * 1000)
    backend.put_log_events(group, stream, [{"timestamp": now, "message": f"({request_id}) {line}"} for line in lines])


def _answer(request: Request, api: RestAPI, stage: Stage, match: Match, path: str, request_id: str) -> Response:
    begun = [
        f"Starting execution for request: {request_id}",
        f"HTTP Method: {request.method}, Resource Path: {match.resource['path']}",
    ]
    failures: tuple[str, ...] = ()
    try:
        response = _integrate(request, api, stage, match, path, request_id)
    except _Failed as failed:
        response = json_response({"message": failed.message}, failed.status)
        response.headers["x-amzn-ErrorType"] = "InternalServerErrorException"
        failures = failed.log
    level = method_settings(stage, match.resource["path"], match.method["httpMethod"]).get("loggingLevel", "OFF")
    completed = f"Method completed with status: {response.status_code}"
    if level == "INFO":
        _log(api, stage, request_id, [*begun, *failures, completed])
    elif level == "ERROR" and failures:
        _log(api, stage, request_id, [*failures, completed])
    return response


@route(None, r"/restapis/(?P<api_id>[^/]+)/(?P<stage_name>[^/]+)/_user_request_(?P<path>/.*)?")
def _user_request(request: Request, api_id: str, stage_name: str, path: str | None) -> Response:
    path = path or "/"
    request_id = str(uuid.uuid4())
    found = _find_api(api_id)
    if found is None or stage_name not in found[1].stages:
        return _refuse(403, "Forbidden", "ForbiddenException", request_id)
    backend, api = found
    stage = copy.copy(api.stages[stage_name])
    stage.deployment_id, stage.variables = apigateway_canaries.serving(stage)
    match = find(api.deployments[stage.deployment_id].snapshot, request.method, path)
    if match is None:
        return _refuse(403, "Missing Authentication Token", "MissingAuthenticationTokenException", request_id)
    if not admit(api.id, stage, match.resource["path"], match.method["httpMethod"]):
        return _refuse(429, "Too Many Requests", "TooManyRequestsException", request_id)
    if match.method["apiKeyRequired"] and not _key_admits(backend, api, stage, request.headers.get("x-api-key")):
        return _refuse(403, "Forbidden", "ForbiddenException", request_id)
    response = _answer(request, api, stage, match, path, request_id)
    response.headers["x-amzn-RequestId"] = request_id
    return response


def _refuse(status: int, message: str, error_type: str, request_id: str) -> Response:
    response = json_response({"message": message}, status)
    response.headers["x-amzn-RequestId"] = request_id
    response.headers["x-amzn-ErrorType"] = error_type
    return response


def install() -> None:
    # moto's own data plane answers only inside its decorators; its list of mocks would grow with each deployment.
    RestAPI.update_integration_mocks = lambda self, stage_name: None


def reset() -> None:
    _apigateway_throttle.reset()
