"""The rules of composite alarms: `ALARM("a") AND NOT (OK(b) OR FALSE)`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*(?:(?P<mark>[()])|"(?P<quoted>[^"]*)"|(?P<word>[^\s()"]+))')
_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")

# Of an alarm's name or ARN, its state.
States = Callable[[str], str]
_Test = Callable[[States], bool]


class InvalidRule(ValueError):
    """The text is no rule; it says why."""


@dataclass(frozen=True)
class Rule:
    alarms: frozenset[str]
    """The names and ARNs that it names."""
    holds: _Test


def parse(text: str) -> Rule:
    """Raises `InvalidRule`."""
    reader = _Reader(text)
    test = reader.any_of()
    if reader.here is not None:
        raise InvalidRule(f"unexpected {reader.here!r}")
    return Rule(frozenset(reader.alarms), test)


class _Reader:
    def __init__(self, text: str):
        self.alarms: set[str] = set()
        self._tokens = [match[0].strip() for match in _TOKEN.finditer(text)]
        if _TOKEN.sub("", text).strip():
            raise InvalidRule("a quotation mark is missing")

    @property
    def here(self) -> str | None:
        return self._tokens[0] if self._tokens else None

    def _take(self) -> str:
        if not self._tokens:
            raise InvalidRule("it ends too early")
        return self._tokens.pop(0)

    def _expect(self, mark: str) -> None:
        if (found := self._take()) != mark:
            raise InvalidRule(f"{mark!r} was expected, not {found!r}")

    def any_of(self) -> _Test:
        first = self._all_of()
        if self.here != "OR":
            return first
        self._take()
        rest = self.any_of()
        return lambda states: first(states) or rest(states)

    def _all_of(self) -> _Test:
        first = self._one()
        if self.here != "AND":
            return first
        self._take()
        rest = self._all_of()
        return lambda states: first(states) and rest(states)

    def _one(self) -> _Test:
        token = self._take()
        if token == "NOT":
            inner = self._one()
            return lambda states: not inner(states)
        if token == "(":
            inner = self.any_of()
            self._expect(")")
            return inner
        if token in ("TRUE", "FALSE"):
            return lambda states: token == "TRUE"
        if token in _STATES:
            self._expect("(")
            alarm = self._take().strip('"')
            self._expect(")")
            self.alarms.add(alarm)
            return lambda states: states(alarm) == token
        raise InvalidRule(f"unexpected {token!r}")
