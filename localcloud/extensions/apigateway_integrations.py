"""API Gateway: `UpdateIntegration`, and the defaults that AWS gives an integration."""

import copy
import json
import re
from typing import Any

from moto.apigateway.exceptions import BadRequestException, InvalidArn, InvalidIntegrationArn, NotFoundException
from moto.apigateway.models import APIGatewayBackend, Integration, Resource
from moto.apigateway.responses import APIGatewayResponse

# Patch path, attribute of moto's integration, type of its value.
_FIELDS: dict[str, tuple[str, type]] = {
    "/uri": ("uri", str),
    "/httpMethod": ("http_method", str),
    "/credentials": ("credentials", str),
    "/passthroughBehavior": ("passthrough_behaviour", str),
    "/contentHandling": ("content_handling", str),
    "/timeoutInMillis": ("timeout_in_millis", int),
    "/cacheNamespace": ("cache_namespace", str),
    "/connectionType": ("connection_type", str),
}
_MAPS = {"/requestParameters/": "request_parameters", "/requestTemplates/": "request_templates"}
_ARN = re.compile(r"arn:[^:]+:apigateway:[^:]*:[^:]*:.+")
_ARN_OF_ACTION = re.compile(r"arn:[^:]+:apigateway:[^:]+:[^:]+:(path|action)/.+")


def _unescape(pointer: str) -> str:
    return pointer.replace("~1", "/").replace("~0", "~")


def _patch(integration: Integration, operation: dict[str, Any]) -> None:
    op, path, value = operation["op"], operation["path"], operation.get("value")
    if path in _FIELDS and op == "replace":
        attribute, kind = _FIELDS[path]
        setattr(integration, attribute, kind(value))
        return
    if path == "/cacheKeyParameters" and op in ("add", "remove"):
        kept = [parameter for parameter in integration.cache_key_parameters if parameter != value]
        integration.cache_key_parameters = [*kept, value] if op == "add" else kept
        return
    for prefix, attribute in _MAPS.items():
        if path.startswith(prefix) and op in ("add", "replace", "remove"):
            key = _unescape(path.removeprefix(prefix))
            entries = dict(getattr(integration, attribute) or {})
            if op == "remove":
                entries.pop(key, None)
            else:
                entries[key] = value
            setattr(integration, attribute, entries)
            return
    valid = ", ".join([*_FIELDS, "/cacheKeyParameters", *(f"{prefix}{{name}}" for prefix in _MAPS)])
    raise BadRequestException(f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{valid}]")


def _check(integration: Integration) -> None:
    if integration.integration_type in ("AWS", "AWS_PROXY"):
        if not _ARN.fullmatch(integration.uri or ""):
            raise InvalidArn()
        if not _ARN_OF_ACTION.fullmatch(integration.uri):
            raise InvalidIntegrationArn()


def _method(backend: APIGatewayBackend, api_id: str, resource_id: str, http_method: str) -> Any:
    method = backend.get_method(api_id, resource_id, http_method)
    if method.method_integration is None:
        not_found = NotFoundException("Invalid Integration identifier specified")
        not_found.code = 404
        raise not_found
    return method


def _respond_update(self: APIGatewayResponse) -> str:
    method = _method(
        self.backend, self._get_param("restapi_id"), self._get_param("resource_id"), self._get_param("http_method")
    )
    integration = copy.deepcopy(method.method_integration)
    for operation in self._get_param("patchOperations") or []:
        _patch(integration, operation)
    _check(integration)
    method.method_integration = integration
    return json.dumps(integration.to_json())


def _respond_get(self: APIGatewayResponse) -> str:
    method = _method(
        self.backend, self._get_param("restapi_id"), self._get_param("resource_id"), self._get_param("http_method")
    )
    return json.dumps(method.method_integration.to_json())


def _with_defaults(original: Any) -> Any:
    def add(self: Resource, *args: Any, **kwargs: Any) -> Integration:
        integration = original(self, *args, **kwargs)
        integration.passthrough_behaviour = integration.passthrough_behaviour or "WHEN_NO_MATCH"
        integration.timeout_in_millis = integration.timeout_in_millis or 29000
        integration.cache_namespace = integration.cache_namespace or self.id
        return integration

    return add


def install() -> None:
    Resource.add_integration = _with_defaults(Resource.add_integration)
    APIGatewayResponse.update_integration = _respond_update
    APIGatewayResponse.get_integration = _respond_get
