"""From moto's objects to JSON that is the same whenever the state is the same."""

import datetime
import decimal
import enum
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.base_backend import BaseBackend

from ..settings import ACCOUNT_ID, REGION

# Attributes of objects at any depth that are no state: where they are, and when they were made and changed.
_NEVER = frozenset(
    (
        "account_id",
        "backend",
        "create_date",
        "created_at",
        "created_date",
        "created_on",
        "creation_date",
        "creation_time",
        "last_modified",
        "last_modified_date",
        "last_modified_time",
        "last_updated_date",
        "last_updated_time",
        "partition",
        "region",
        "region_name",
        "update_date",
        "updated_on",
    )
)
# And of a resource itself: its ARN tells no more than its name, the others are notes of CloudFormation's.
_NOT_OF_RESOURCES = frozenset(("arn", "cf_resource_type", "logical_resource_id"))
_LEFT_OUT = object()


def plain(value: Any, *without: str, documents: Iterable[str] = ()) -> Any:
    """`value` as JSON. Of an object, all attributes but those named `without`; times, locks and backends are left out.

    The texts of its attributes named in `documents` are JSON, and are compared as such.
    """
    if hasattr(value, "__dict__") and not isinstance(value, dict | list | str | enum.Enum):
        return _attributes(value, _NOT_OF_RESOURCES.union(without), frozenset(documents), (id(value),))
    found = _plain(value, ())
    return None if found is _LEFT_OUT else found


def document(text: Any) -> Any:
    """The object or list of a JSON text; anything else as it is."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if not isinstance(text, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict | list) else text


def digest(content: str | bytes) -> dict[str, str]:
    """Stands for a content that is large or secret."""
    return {"sha256": hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()}


def regional(backends: Any) -> Iterator[tuple[Callable[[str], str], Any]]:
    """Each region's backend with the function that gives a resource there its name."""
    for region, backend in sorted(list(backends[ACCOUNT_ID].items())):
        yield (lambda name, region=region: name if region == REGION else f"{name}@{region}"), backend


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return digest(value)
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.datetime | BaseBackend | type) or callable(value) or id(value) in above:
        return _LEFT_OUT
    above = (*above, id(value))
    if isinstance(value, dict):
        items = [(str(key), _plain(item, above)) for key, item in list(value.items())]
        return {key: item for key, item in items if item is not _LEFT_OUT}
    if isinstance(value, list | tuple):
        found = [_plain(item, above) for item in value]
        return [item for item in found if item is not _LEFT_OUT]
    if isinstance(value, set | frozenset):
        found = [_plain(item, above) for item in list(value)]
        return sorted((item for item in found if item is not _LEFT_OUT), key=json.dumps)
    if not hasattr(value, "__dict__"):
        return _LEFT_OUT
    return _attributes(value, frozenset(), frozenset(), above)


def _attributes(
    value: Any, without: frozenset[str], documents: frozenset[str], above: tuple[int, ...]
) -> dict[str, Any]:
    attributes = {}
    for name, item in list(vars(value).items()):
        name = name.lstrip("_")
        if name in without or name in _NEVER:
            continue
        attribute = _plain(document(item) if name in documents else item, above)
        if attribute is not _LEFT_OUT:
            attributes[name] = attribute
    return attributes
