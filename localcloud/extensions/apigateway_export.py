"""API Gateway: `GetExport` of a stage, from the deployment that the stage serves."""

import json
from datetime import datetime, timezone
from typing import Any

import yaml
from moto.apigateway.exceptions import BadRequestException, StageNotFoundException
from moto.apigateway.models import RestAPI
from moto.apigateway.responses import APIGatewayResponse
from moto.core.responses import TYPE_RESPONSE

from .apigateway_deployments import snapshot_of

_JSON, _YAML = "application/json", "application/yaml"


def _integration(integration: dict[str, Any]) -> dict[str, Any]:
    """The `x-amazon-apigateway-integration` of an integration; what is as AWS has it by default is left out."""
    exported = {
        "type": integration["type"].lower(),
        "httpMethod": integration["httpMethod"],
        "uri": integration["uri"],
        "passthroughBehavior": (integration["passthroughBehavior"] or "WHEN_NO_MATCH").lower(),
        "credentials": integration["credentials"],
        "requestParameters": integration["requestParameters"],
        "requestTemplates": integration["requestTemplates"],
        "contentHandling": integration["contentHandling"],
        "connectionType": integration["connectionType"],
        "cacheKeyParameters": integration["cacheKeyParameters"],
    }
    if integration["timeoutInMillis"] != 29000:
        exported["timeoutInMillis"] = integration["timeoutInMillis"]
    responses = {
        response.get("selectionPattern") or "default": {
            key: value for key, value in response.items() if key != "selectionPattern" and value
        }
        for response in (integration["integrationResponses"] or {}).values()
    }
    if responses:
        exported["responses"] = responses
    return {key: value for key, value in exported.items() if value}


def _operation(method: dict[str, Any], extensions: set[str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "responses": {
            code: {"description": f"{code} response"} for code in sorted(method["methodResponses"])
        }
    }
    if method["operationName"]:
        operation["operationId"] = method["operationName"]
    if method["apiKeyRequired"]:
        operation["security"] = [{"api_key": []}]
    if extensions & {"integrations", "apigateway"} and method["methodIntegration"]:
        operation["x-amazon-apigateway-integration"] = _integration(method["methodIntegration"])
    return operation


def _paths(api: RestAPI, stage_name: str, extensions: set[str]) -> dict[str, Any]:
    def name(http_method: str) -> str:
        return "x-amazon-apigateway-any-method" if http_method == "ANY" else http_method.lower()

    return {
        resource["path"]: {
            name(http_method): _operation(method, extensions)
            for http_method, method in sorted(resource["methods"].items())
        }
        for resource in snapshot_of(api, stage_name)
        if resource["methods"]
    }


def _document(api: RestAPI, stage_name: str, export_type: str, extensions: set[str]) -> dict[str, Any]:
    host = f"{api.id}.execute-api.{api.region_name}.amazonaws.com"
    deployed = api.deployments[api.stages[stage_name].deployment_id].created_date
    version = datetime.fromtimestamp(deployed, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    info = {"title": api.name, "version": version}
    paths = _paths(api, stage_name, extensions)
    if export_type == "swagger":
        where = {"host": host, "basePath": f"/{stage_name}", "schemes": ["https"]}
        return {"swagger": "2.0", "info": info, **where, "paths": paths}
    server = {"url": f"https://{host}/{{basePath}}", "variables": {"basePath": {"default": stage_name}}}
    return {"openapi": "3.0.1", "info": info, "servers": [server], "paths": paths, "components": {}}


def _respond(self: APIGatewayResponse) -> TYPE_RESPONSE:
    api = self.backend.get_rest_api(self._get_param("restapi_id"))
    stage_name, export_type = self._get_param("stage_name"), self._get_param("export_type")
    if stage_name not in api.stages:
        raise StageNotFoundException()
    if export_type not in ("oas30", "swagger"):
        raise BadRequestException(f"No API exporter for type '{export_type}'")
    extensions = {part for value in self.querystring.get("extensions", []) for part in value.split(",")}
    document = _document(api, stage_name, export_type, extensions)
    accepted = _YAML if _YAML in self.headers.get("Accept", "") else _JSON
    body = yaml.safe_dump(document, sort_keys=False) if accepted == _YAML else json.dumps(document, indent=2)
    suffix = "yaml" if accepted == _YAML else "json"
    headers = {
        "Content-Type": accepted,
        "Content-Disposition": f'attachment; filename="{export_type}_{document["info"]["version"]}.{suffix}"',
    }
    return 200, headers, body


def install() -> None:
    StageNotFoundException.code = 404
    APIGatewayResponse.get_export = _respond
