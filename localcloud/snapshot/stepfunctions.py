"""Step Functions: state machines with their aliases, and activities."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from .plain import plain, regional

_NOT_STATE = (
    "aliases",
    "executions",
    "latest_version",
    "latest_version_number",
    "name",
    "revision_id",
    "revisions",
    "sm_type",
    "state_machine_arn",
    "versions",
)


def resources() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(stepfunctions_parser_backends):
        for machine in list(backend.state_machines):
            yield named(machine.name), lambda machine=machine: _machine(machine)
        for arn in list(backend.activities):
            yield named(f"activity/{arn.rpartition(':')[2]}"), lambda: {}


def _machine(machine: Any) -> dict[str, Any]:
    aliases = list(machine.aliases.values() if isinstance(machine.aliases, dict) else machine.aliases)
    return plain(machine, *_NOT_STATE, documents=["definition"]) | {
        "aliases": {alias.name: plain(alias, "name") for alias in aliases}
    }
