"""The configurations of asynchronous invocation, one per function and qualifier, kept with moto's Lambda backend."""

from typing import Any

from moto.awslambda.models import LambdaBackend
from moto.awslambda.utils import get_backend

Configs = dict[tuple[str, str], dict[str, Any]]


def configs_of(backend: LambdaBackend) -> Configs:
    """By function name and qualifier (`$LATEST` when none). They go when the backend is reset."""
    return vars(backend).setdefault("_event_invoke_configs", {})


def config_of(function: Any, qualifier: str | None) -> dict[str, Any]:
    """The configuration for an invocation of `function` through `qualifier`; empty for the defaults."""
    backend = get_backend(function.account_id, function.region)
    return configs_of(backend).get((function.function_name, qualifier or "$LATEST"), {})
