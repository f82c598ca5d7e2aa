"""API Gateway: a deployment is a snapshot of the API, so an edit is live only after the next deployment.

`snapshot_of` gives what a deployment holds. `GetDeployment` embeds its summary. Resources are listed in pages, and with
their methods only when asked to, as on AWS.
"""

import copy
import json
from typing import Any

from moto.apigateway.exceptions import BadRequestException, DeploymentNotFoundException, StageStillActive
from moto.apigateway.models import APIGatewayBackend, Deployment, Resource, RestAPI
from moto.apigateway.responses import APIGatewayResponse
from moto.core.responses import TYPE_RESPONSE

from .apigateway_canaries import canary_of

# What a deployment holds of a resource: its path, its id, and its methods as `GetMethod` describes them.
Snapshot = list[dict[str, Any]]


def live_resources(api: RestAPI) -> Snapshot:
    """The resources as they stand now, by path."""
    resources = sorted(api.resources.values(), key=lambda resource: resource.get_path())
    return [
        {
            "path": resource.get_path(),
            "id": resource.id,
            "methods": {name: copy.deepcopy(method.to_json()) for name, method in resource.resource_methods.items()},
        }
        for resource in resources
    ]


def snapshot_of(api: RestAPI, stage_name: str) -> Snapshot:
    """What the stage serves."""
    return api.deployments[api.stages[stage_name].deployment_id].snapshot


def _summary(snapshot: Snapshot) -> dict[str, Any]:
    return {
        resource["path"]: {
            name: {"authorizationType": method["authorizationType"] or "NONE", "apiKeyRequired": method["apiKeyRequired"]}
            for name, method in resource["methods"].items()
        }
        for resource in snapshot
        if resource["methods"]
    }


def _create(original: Any) -> Any:
    def create(self: RestAPI, name: str, description: str, stage_variables: Any = None) -> Deployment:
        deployment = original(self, name, description, stage_variables)
        deployment.snapshot = live_resources(self)
        return deployment

    return create


def _get(self: RestAPI, deployment_id: str) -> Deployment:
    if deployment_id not in self.deployments:
        raise DeploymentNotFoundException()
    return self.deployments[deployment_id]


def _delete(self: RestAPI, deployment_id: str) -> Deployment:
    deployment = self.get_deployment(deployment_id)
    if any(deployment_id in (stage.deployment_id, (canary_of(stage) or {}).get("deploymentId")) for stage in self.stages.values()):
        raise StageStillActive()
    return self.deployments.pop(deployment_id)


def _create_stage(original: Any) -> Any:
    def create(self: APIGatewayBackend, function_id: str, stage_name: str, deploymentId: str, **more: Any) -> Any:
        if deploymentId not in self.get_rest_api(function_id).deployments:
            raise BadRequestException("Deployment id does not exist")
        return original(self, function_id, stage_name, deploymentId, **more)

    return create


def _describe(deployment: Deployment) -> dict[str, Any]:
    described = {"id": deployment.id, "createdDate": deployment.created_date}
    if deployment.description:
        described["description"] = deployment.description
    return described


def _respond_get(self: APIGatewayResponse) -> str:
    deployment = self.backend.get_deployment(self._get_param("restapi_id"), self._get_param("deployment_id"))
    described = _describe(deployment)
    if "apisummary" in self.querystring.get("embed", []):
        described["apiSummary"] = _summary(deployment.snapshot)
    return json.dumps(described)


def _respond_create(original: Any) -> Any:
    def create(self: APIGatewayResponse) -> TYPE_RESPONSE:
        _, _, body = original(self)
        deployment = self.backend.get_deployment(self._get_param("restapi_id"), json.loads(body)["id"])
        return 201, {"status": 201}, json.dumps(_describe(deployment))

    return create


def _page(response: APIGatewayResponse, items: list[dict[str, Any]]) -> str:
    """One page by `limit` (25 unless given, 500 at most) and `position`."""
    start = int(response.querystring.get("position", ["0"])[0])
    limit = min(int(response.querystring.get("limit", ["25"])[0]), 500)
    page: dict[str, Any] = {"item": items[start : start + limit]}
    if start + limit < len(items):
        page["position"] = str(start + limit)
    return json.dumps(page)


def _respond_list(self: APIGatewayResponse) -> str:
    deployments = self.backend.get_deployments(self._get_param("restapi_id"))
    return _page(self, [_describe(deployment) for deployment in deployments])


def _resource(response: APIGatewayResponse, resource: Resource) -> dict[str, Any]:
    described = resource.to_dict()
    if "methods" not in response.querystring.get("embed", []) and "resourceMethods" in described:
        described["resourceMethods"] = {name: {} for name in described["resourceMethods"]}
    return described


def _respond_resources(self: APIGatewayResponse) -> str:
    resources = self.backend.get_resources(self._get_param("restapi_id"))
    return _page(self, [_resource(self, resource) for resource in resources])


def _respond_resource(self: APIGatewayResponse) -> str:
    resource = self.backend.get_resource(self._get_param("restapi_id"), self._get_param("resource_id"))
    return json.dumps(_resource(self, resource))


def _respond_stages(self: APIGatewayResponse) -> str:
    wanted = self.querystring.get("deploymentId", [None])[0]
    stages = self.backend.get_stages(self._get_param("restapi_id"))
    return json.dumps({"item": [stage.to_json() for stage in stages if wanted in (None, stage.deployment_id)]})


def install() -> None:
    DeploymentNotFoundException.code = 404
    RestAPI.create_deployment = _create(RestAPI.create_deployment)
    RestAPI.get_deployment = _get
    RestAPI.delete_deployment = _delete
    APIGatewayBackend.create_stage = _create_stage(APIGatewayBackend.create_stage)
    APIGatewayResponse.create_deployment = _respond_create(APIGatewayResponse.create_deployment)
    APIGatewayResponse.get_deployment = _respond_get
    APIGatewayResponse.get_deployments = _respond_list
    APIGatewayResponse.get_resources = _respond_resources
    APIGatewayResponse.get_resource = _respond_resource
    APIGatewayResponse.get_stages = _respond_stages
