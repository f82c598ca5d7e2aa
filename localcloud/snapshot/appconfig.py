"""AppConfig: applications with their profiles and environments, and the content that is deployed in each."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.appconfig.models import appconfig_backends

from ..extensions.appconfig import FEATURE_FLAGS
from ..extensions.appconfig_deployments import deployed_version
from .plain import document, plain, regional

# Kept by AppConfig itself in each flag.
_TIMES = frozenset(("_createdAt", "_updatedAt"))
# The last of all clients to be served a new version, and the first.
_LAST, _FIRST = 99.999, 0.0


def resources() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(appconfig_backends):
        for identifier, application in list(backend.applications.items()):
            yield named(identifier), lambda backend=backend, application=application: _application(backend, application)
        for identifier, strategy in list(backend.strategies.items()):
            yield named(f"strategy/{identifier}"), lambda strategy=strategy: plain(strategy, "id")


def _application(backend: Any, application: Any) -> dict[str, Any]:
    environments = list(backend.environments.get(application.id, {}).values())
    for environment in environments:
        backend.advance_deployments(environment)
    profiles = list(application.config_profiles.values())
    return {
        "name": application.name,
        "description": application.description,
        "tags": _tags(backend, application),
        "profiles": {
            profile.id: plain(profile, "id", "application_id", "config_versions") | {"tags": _tags(backend, profile)}
            for profile in profiles
        },
        "environments": {
            environment.id: {
                "name": environment.name,
                "description": environment.description,
                "tags": _tags(backend, environment),
                "monitors": sorted(environment.monitors, key=lambda monitor: monitor["AlarmArn"]),
                "deployed": {profile.id: _deployed(environment, profile, _LAST) for profile in profiles},
                "being_deployed": {
                    profile.id: _deployed(environment, profile, _FIRST)
                    for profile in profiles
                    if deployed_version(environment, profile, _FIRST) != deployed_version(environment, profile, _LAST)
                },
            }
            for environment in environments
        },
    }


def _deployed(environment: Any, profile: Any, share: float) -> Any:
    """The configuration that a client at `share` per cent of all clients is served; None when there is none."""
    number = deployed_version(environment, profile, share)
    version = profile.config_versions.get(int(number)) if number and number.isdigit() else None
    if version is None:
        return None
    content = document(version.content)
    if profile._type == FEATURE_FLAGS:
        content = _without_times(content)
    return {"content": content, "content_type": version.content_type}


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key not in _TIMES}
    if isinstance(value, list):
        return [_without_times(item) for item in value]
    return value


def _tags(backend: Any, resource: Any) -> dict[str, str]:
    return backend.tagger.get_tag_dict_for_resource(resource.arn)
