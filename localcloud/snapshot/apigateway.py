"""REST APIs: the working copy, and for each stage what it serves and how."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.apigateway.models import apigateway_backends

from ..extensions.apigateway_deployments import Snapshot, live_resources
from .plain import plain, regional

_API = ("id", "default", "deployments", "resources", "root_resource_id", "stages")
_STAGE = ("name", "deployment_id", "cache_cluster_status")


def resources() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(apigateway_backends):
        for identifier, api in list(backend.apis.items()):
            yield named(identifier), lambda api=api: _api(api)
        for identifier, plan in list(backend.usage_plans.items()):
            keys = backend.usage_plan_keys.get(identifier, {})
            yield named(f"usage-plan/{identifier}"), lambda plan=plan, keys=keys: plain(plan) | {"keys": plain(keys)}
        for identifier, key in list(backend.keys.items()):
            yield named(f"api-key/{identifier}"), lambda key=key: plain(key, "value")
        for name, domain in list(backend.domain_names.items()):
            mappings = backend.base_path_mappings.get(name, {})
            yield (
                named(f"domain-name/{name}"),
                lambda domain=domain, mappings=mappings: plain(domain) | {"mappings": plain(mappings)},
            )


def _api(api: Any) -> dict[str, Any]:
    return {
        "api": plain(api, *_API, documents=["policy"]),
        "resources": _by_path(live_resources(api)),
        "stages": {
            name: plain(stage, *_STAGE, documents=["policy"]) | {"live": _live(api, stage)}
            for name, stage in list(api.stages.items())
        },
    }


def _live(api: Any, stage: Any) -> Any:
    deployment = api.deployments.get(stage.deployment_id)
    return None if deployment is None else _by_path(deployment.snapshot)


def _by_path(snapshot: Snapshot) -> dict[str, Any]:
    return {resource["path"]: plain(resource["methods"]) for resource in snapshot}
