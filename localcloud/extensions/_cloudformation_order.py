"""In which order the resources of a template are made."""

import re
from collections.abc import Iterator
from typing import Any

_IN_SUB = re.compile(r"\$\{(?!!)([^}.]+)")


def dependency_order(resources: dict[str, Any]) -> list[str]:
    """Logical ids, each after those it refers to (Ref, Fn::GetAtt, Fn::Sub, DependsOn). A cycle is cut anywhere."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or name not in resources:
            return
        seen.add(name)
        for other in _references(resources[name]):
            visit(other)
        order.append(name)

    for name in resources:
        visit(name)
    return order


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key == "Ref" and isinstance(item, str):
            yield item
        elif key == "Fn::GetAtt":
            yield item[0] if isinstance(item, list) else item.partition(".")[0]
        elif key == "Fn::Sub":
            yield from _IN_SUB.findall(item if isinstance(item, str) else item[0])
            yield from _references(item)
        elif key == "DependsOn":
            yield from [item] if isinstance(item, str) else item
        else:
            yield from _references(item)
