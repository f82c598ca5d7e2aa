"""What a service's public model says of the values of a request, and how AWS words a refusal by it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def problems(value: Any, shape: Shape, at: str = "") -> Iterator[str]:
    """What is wrong with `value`, in AWS's words. What the shape does not know, or is of another type, passes."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from problems(value[name], member, f"{at}.{_camel(name)}" if at else _camel(name))
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _sized(value, len(value), shape, at)
        for number, item in enumerate(value, 1):
            yield from problems(item, shape.member, f"{at}.{number}.member")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        if any(not _matches(shape.key.metadata.get("pattern"), key) for key in value):
            pattern = shape.key.metadata["pattern"]
            yield (
                f"Value at '{at}' failed to satisfy constraint: Map keys must satisfy constraint: "
                f"[Member must satisfy regular expression pattern: {pattern}]"
            )
        for key, item in value.items():
            yield from problems(item, shape.value, f"{at}.{key}.member")
    elif isinstance(value, str) and shape.type_name == "string":
        yield from _text(value, shape, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, shape, at)


def summary(found: list[str]) -> str:
    """All problems in one message."""
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"


def _text(value: str, shape: Shape, at: str) -> Iterator[str]:
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield f"{_shown(value, shape, at)} Member must satisfy enum value set: [{', '.join(enum)}]"
        return
    yield from _sized(value, len(value), shape, at)
    pattern = shape.metadata.get("pattern")
    if not _matches(pattern, value):
        yield f"{_shown(value, shape, at)} Member must satisfy regular expression pattern: {pattern}"


def _sized(value: Any, size: int, shape: Shape, at: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"{_shown(value, shape, at)} Member must have length greater than or equal to {least}"
    if most is not None and size > most:
        yield f"{_shown(value, shape, at)} Member must have length less than or equal to {most}"


def _number(value: float, shape: Shape, at: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield f"{_shown(value, shape, at)} Member must have value greater than or equal to {least}"
    if most is not None and value > most:
        yield f"{_shown(value, shape, at)} Member must have value less than or equal to {most}"


def _shown(value: Any, shape: Shape, at: str) -> str:
    # A long or sensitive value is not repeated.
    long = not isinstance(value, str | int | float) or (isinstance(value, str) and len(value) > 256)
    what = "Value" if long or shape.metadata.get("sensitive") else f"Value '{value}'"
    return f"{what} at '{at}' failed to satisfy constraint:"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _matches(pattern: str | None, value: str) -> bool:
    compiled = _compiled(pattern) if pattern else None
    return compiled is None or compiled.fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """None for one that Python does not understand, as `\\p{L}` of Java."""
    try:
        return re.compile(pattern)
    except re.error:
        return None
