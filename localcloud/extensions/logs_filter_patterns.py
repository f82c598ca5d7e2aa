"""CloudWatch Logs: filter patterns of terms, where moto lets everything through that begins with neither letter nor quote.

    ERROR timeout               both are in the message
    "status: 502"               this phrase is in the message
    ERROR -retried              the first is in the message, the second is not
    ?"status: 502" ?timeout     at least one is in the message

Terms are case-sensitive and match inside words. As on AWS, `?` terms have no effect beside others. Patterns for JSON,
space-delimited fields and regular expressions are refused, so that no answer here is one that AWS would not give.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend

_TERM = re.compile(r'(?P<sign>[-?]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))(?=\s|$)', re.DOTALL)
_UNSUPPORTED = {"{": "JSON", "[": "space-delimited", "%": "regular expression"}


@dataclass(frozen=True)
class Pattern:
    """The terms of a pattern. Without any, everything matches."""

    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def matches(self, message: str) -> bool:
        """Whether an event with this message is found."""
        if any(term in message for term in self.excluded):
            return False
        if self.required or self.excluded:
            return all(term in message for term in self.required)
        return not self.optional or any(term in message for term in self.optional)


@lru_cache(maxsize=256)
def parse(pattern: str | None) -> Pattern:
    """Reads a filter pattern. Raises `InvalidParameterException` for what is none, or is none of terms."""
    rest = (pattern or "").strip()
    if rest[:1] in _UNSUPPORTED:
        kind = _UNSUPPORTED[rest[0]]
        raise InvalidParameterException(f"The local cloud does not support {kind} filter patterns: {pattern}")
    terms: dict[str, list[str]] = {"": [], "-": [], "?": []}
    while rest:
        found = _TERM.match(rest)
        if found is None:
            raise InvalidParameterException(f"Invalid filter pattern, at: {rest}")
        terms[found["sign"]].append(_term(found["phrase"], found["word"]))
        rest = rest[found.end() :].lstrip()
    return Pattern(tuple(terms[""]), tuple(terms["-"]), tuple(terms["?"]))


def _term(phrase: str | None, word: str | None) -> str:
    if word is None:
        return re.sub(r"\\(.)", r"\1", phrase or "", flags=re.DOTALL)
    wrong = re.search(r"\W", word, re.ASCII)
    if wrong:
        raise InvalidParameterException(f"Invalid character(s) in term '{wrong[0]}'")
    return word


def install() -> None:
    search = LogsBackend.filter_log_events

    def filter_log_events(self: LogsBackend, *args: Any, **kwargs: Any) -> Any:
        # moto reads the pattern once for each event: without events it would not refuse a wrong one.
        parse(kwargs["filter_pattern"] if "filter_pattern" in kwargs else args[6])
        return search(self, *args, **kwargs)

    LogsBackend.filter_log_events = filter_log_events
    models.EventMessageFilter = parse
