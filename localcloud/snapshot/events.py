"""EventBridge: buses, and their rules with the targets by their ids."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.events.models import events_backends

from .plain import document, plain, regional


def resources() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(events_backends):
        for bus_name, bus in list(backend.event_buses.items()):
            # The default bus is there without anybody's doing.
            if bus_name != "default" or bus.policy:
                yield named(bus_name), lambda bus=bus: _bus(bus)
            for name, rule in list(bus.rules.items()):
                yield named(f"{bus_name}/{name}"), lambda backend=backend, rule=rule: _rule(backend, rule)


def _bus(bus: Any) -> dict[str, Any]:
    return plain(bus, "rules", "statements") | {"policy": document(bus.policy)}


def _rule(backend: Any, rule: Any) -> dict[str, Any]:
    return plain(rule, "targets", "event_pattern", "created_by", "name", "event_bus_name") | {
        "event_pattern": document(rule.event_pattern.dump()),
        "targets": {target["Id"]: plain(target) for target in rule.targets},
        "tags": backend.tagger.get_tag_dict_for_resource(rule.arn),
    }
