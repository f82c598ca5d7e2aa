"""Lambda functions: what `$LATEST` is, its aliases, policies, limits and event sources."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.awslambda.models import lambda_backends

from ..lambda_host.event_invoke_configs import configs_of
from .plain import plain, regional

_NOT_STATE = (
    "DockerModel__docker_client",
    "code",  # where it was uploaded from; its digest is there
    "code_bytes",
    "code_digest",
    "code_or_config_updated",
    "event_invoke_config",
    "function_arn",
    "logs_backend",
    "policy",
    "publish",
    "revision",
    "version",
)
_NOT_STATE_OF_CONFIGS = ("LastModified", "FunctionArn")


def resources() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(lambda_backends):
        for name in list(backend._lambdas._functions):
            yield named(name), lambda backend=backend, name=name: _function(backend, name)


def _function(backend: Any, name: str) -> dict[str, Any]:
    latest = backend._lambdas._get_latest(name)
    aliases = list(backend._lambdas._aliases.get(latest.function_arn, {}).values())
    sources = [source for source in list(backend._event_source_mappings.values()) if _is_of(source, name)]
    return {
        "configuration": plain(latest, *_NOT_STATE),
        "policy": _policy(latest),
        "aliases": {
            alias.name: plain(alias, "revision_id", "policy", "name") | {"policy": _policy(alias)} for alias in aliases
        },
        "event_invoke_configs": {
            qualifier: {key: value for key, value in plain(config).items() if key not in _NOT_STATE_OF_CONFIGS}
            for (function, qualifier), config in list(configs_of(backend).items())
            if function == name
        },
        "event_sources": {
            source.event_source_arn: plain(source, "uuid", "event_source_arn") for source in sources
        },
    }


def _is_of(source: Any, function_name: str) -> bool:
    return source.function_arn.partition(":function:")[2].partition(":")[0] == function_name


def _policy(target: Any) -> dict[str, Any]:
    """The statements, by their ids."""
    policy = vars(target).get("policy")
    # A copy of a function holds the policy of the original until it is asked for its own.
    if policy is None or policy.parent is not target:
        return {}
    return {statement["Sid"]: statement for statement in plain(policy.statements)}
