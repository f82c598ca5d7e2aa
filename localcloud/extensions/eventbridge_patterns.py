"""EventBridge: event patterns that AWS refuses are refused, and so are names and cron expressions.

With the reasons that AWS gives, but without the place in the pattern that it adds. moto takes any operator.
"""

import ipaddress
import json
import re
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventPatternParser, EventsBackend, Rule

_CRON = re.compile(r"cron\((?:[^\s()]+ ){5}[^\s()]+\)")
_COMPARISONS = {"<", "<=", "=", ">=", ">"}
_ANYTHING_BUT = {"prefix", "suffix", "equals-ignore-case", "wildcard"}


def install() -> None:
    put_rule = EventsBackend.put_rule

    def put(self: EventsBackend, name: str, *args: Any, **kwargs: Any) -> Rule:
        expression = kwargs.get("scheduled_expression") or ""
        if expression.startswith("cron") and not _CRON.fullmatch(expression):
            raise JsonRESTError("ValidationException", "Parameter ScheduleExpression is not valid.")
        return put_rule(self, name, *args, **kwargs)

    EventsBackend.put_rule = put
    EventPatternParser.parse = _parse


def _refuse(reason: str) -> InvalidEventPatternException:
    return InvalidEventPatternException(reason=reason)


def _parse(self: EventPatternParser) -> dict[str, Any]:
    if not self.pattern:
        return {}
    try:
        pattern = json.loads(self.pattern)
    except ValueError:
        raise _refuse("Invalid JSON") from None
    if not isinstance(pattern, dict):
        raise _refuse("Filter is not an object")
    _check_fields(pattern)
    return pattern


def _check_fields(pattern: dict[str, Any]) -> None:
    if not pattern:
        raise _refuse("Empty objects are not allowed")
    for name, value in pattern.items():
        if isinstance(value, dict):
            _check_fields(value)
        elif not isinstance(value, list):
            raise _refuse(f'"{name}" must be an object or an array')
        elif not value:
            raise _refuse("Empty arrays are not allowed")
        elif name == "$or" and all(isinstance(one, dict) for one in value):
            for one in value:
                _check_fields(one)
        else:
            for one in value:
                _check_value(one)


def _check_value(value: Any) -> None:
    if isinstance(value, dict):
        _check_match(value)
    elif isinstance(value, list):
        raise _refuse("Match value must be String, number, true, false, or null")


def _check_match(match: dict[str, Any]) -> None:
    if len(match) != 1:
        raise _refuse("Only one key allowed in match expression")
    ((kind, value),) = match.items()
    if kind not in _MATCHES:
        raise _refuse(f"Unrecognized match type {kind}")
    _MATCHES[kind](kind, value)


def _affix(kind: str, value: Any) -> None:
    if isinstance(value, dict):  # of any case
        if set(value) != {"equals-ignore-case"}:
            raise _refuse(f"Unsupported {kind} pattern: {next(iter(value), '')}")
        value = value["equals-ignore-case"]
    if not isinstance(value, str):
        raise _refuse(f"{kind} match pattern must be a string")


def _text(kind: str, value: Any) -> None:
    if not isinstance(value, str):
        raise _refuse(f"{kind} match pattern must be a string")


def _wildcard(kind: str, value: Any) -> None:
    _text(kind, value)
    if "**" in value:
        raise _refuse(f"Consecutive wildcard characters at pos {value.index('**') + 1}")


def _exists(kind: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise _refuse("exists match pattern must be either true or false.")


def _numeric(kind: str, value: Any) -> None:
    if not isinstance(value, list):
        raise _refuse("Value of numeric must be an array.")
    if len(value) not in (2, 4):
        raise _refuse("Too few or too many elements in a numeric match")
    for comparison, number in zip(value[::2], value[1::2], strict=True):
        if comparison not in _COMPARISONS:
            raise _refuse(f"Unrecognized numeric range operator: {comparison}")
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise _refuse(f"Value of {comparison} must be numeric")


def _cidr(kind: str, value: Any) -> None:
    try:
        ipaddress.ip_network(value, strict=False)
    except (ValueError, TypeError):
        raise _refuse(f"Malformed CIDR: {value}") from None


def _anything_but(kind: str, value: Any) -> None:
    if isinstance(value, dict):
        if len(value) != 1:
            raise _refuse("Only one key allowed in match expression")
        ((inner, values),) = value.items()
        if inner not in _ANYTHING_BUT:
            raise _refuse(f"Unsupported anything-but pattern: {inner}")
        for one in values if isinstance(values, list) else [values]:
            _MATCHES[inner](inner, one)
        return
    values = value if isinstance(value, list) else [value]
    if not values:
        raise _refuse("Empty arrays are not allowed")
    if any(isinstance(one, bool) or not isinstance(one, str | int | float) for one in values):
        raise _refuse("Inside anything but list, start|null|boolean is not supported.")


_MATCHES = {
    "prefix": _affix,
    "suffix": _affix,
    "equals-ignore-case": _text,
    "wildcard": _wildcard,
    "exists": _exists,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
