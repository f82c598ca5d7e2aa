"""Timestream's SQL in terms of SQLite's.

Times are text of one width (`2026-11-20 10:00:00.000000000`), so that they compare as times and show what they are.
Durations (`1h`) become nanoseconds, `"db"."table"` one name, and what stands in double quotes an identifier, never the
string that SQLite would make of an unknown one.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

_UNITS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}
_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<duration>\d+(?:ns|us|ms|s|m|h|d)\b)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<operator>::|[<>!]=|<>|\|\|)
      | (?P<other>.)""",
    re.X | re.S,
)
_CLAUSES = {"select", "distinct", "from", "join", "on", "where", "and", "or", "by", "having", "then", "else", "over"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class SqlError(Exception):
    """The query cannot be run; says where and why, as Timestream does."""


class Token(NamedTuple):
    kind: str
    text: str
    at: int

    @property
    def name(self) -> str:
        return self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text


def timestamp(nanoseconds: int) -> str:
    """`YYYY-MM-DD hh:mm:ss.nnnnnnnnn`, UTC."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}.{rest:09d}"


def nanoseconds(text: str) -> int:
    """The nanoseconds since 1970 of a timestamp, with as many decimals as it has. Raises `ValueError`."""
    whole, _, decimals = text.strip().replace("T", " ").removesuffix("Z").partition(".")
    form = "%Y-%m-%d %H:%M:%S" if " " in whole else "%Y-%m-%d"
    moment = datetime.strptime(whole, form).replace(tzinfo=timezone.utc)
    return int((moment - _EPOCH).total_seconds()) * 10**9 + int((decimals or "0").ljust(9, "0")[:9])


def bracket(name: str) -> str:
    """An identifier that SQLite takes for nothing else."""
    if "]" in name:
        raise SqlError(f"line 1:1: identifier {name} is not supported")
    return f"[{name}]"


def position(sql: str, at: int) -> str:
    line = sql.count("\n", 0, at) + 1
    return f"line {line}:{at - (sql.rfind(chr(10), 0, at) + 1) + 1}"


def tokens(sql: str) -> list[Token]:
    """The tokens of a query, without space and comments."""
    found = (Token(str(m.lastgroup), m.group(), m.start()) for m in _TOKEN.finditer(sql))
    return [token for token in found if token.kind != "space"]


def _is(token: Token, text: str) -> bool:
    return token.kind in ("word", "other") and token.text.lower() == text


def translate(sql: str, table: Callable[[str, str, str], str]) -> str:
    """The query for SQLite. `table(database, table, position)` gives the name that a table has there, or raises."""
    items = tokens(sql)
    if not items or not (_is(items[0], "select") or _is(items[0], "with")):
        raise SqlError("line 1:1: only SELECT statements are supported")
    out: list[str] = []
    depth: list[str] = []
    at = 0
    while at < len(items):
        token = items[at]
        after = [item.text.lower() for item in items[at + 1 : at + 5]]
        following = items[at + 2] if at + 2 < len(items) else None
        identifier = token.kind in ("word", "quoted")
        if token.kind == "word" and token.text.lower() == "now" and after[:3] == ["(", ")", "-"] and _duration(items, at + 4):
            out.append(f"ago({_nanoseconds_of(items[at + 4])})")
            at += 5
        elif token.kind == "word" and token.text.lower() == "timestamp" and at + 1 < len(items) and items[at + 1].kind == "string":
            out.append(f"'{_literal(items[at + 1], sql)}'")
            at += 2
        elif identifier and after[:1] == ["::"] and following is not None:
            out.append(bracket(f"{token.name}::{following.name}"))
            at += 3
        elif identifier and after[:1] == ["."] and following is not None and _in_from(items, at):
            out.append(bracket(table(token.name, following.name, position(sql, token.at))))
            at += 3
        elif token.kind == "duration":
            if not depth or depth[-1] not in ("ago", "bin"):
                raise SqlError(f"{position(sql, token.at)}: the local cloud knows intervals only in ago(), bin() and now() - ")
            out.append(str(_nanoseconds_of(token)))
            at += 1
        else:
            if token.text == "(":
                depth.append(items[at - 1].text.lower() if at and items[at - 1].kind == "word" else "")
            elif token.text == ")" and depth:
                depth.pop()
            out.append(bracket(token.name) if token.kind == "quoted" else token.text)
            at += 1
    return " ".join(out)


def _in_from(items: list[Token], at: int) -> bool:
    """Whether a table is named here: after FROM or JOIN, or after a comma of a FROM list."""
    back = at - 1
    while back > 0 and items[back].text == ",":
        # Over the table before the comma, which may have a database and an alias.
        back -= 1
        while back > 0 and _of_table(items[back]):
            back -= 1
    return back >= 0 and _begins_from(items[back])


def _of_table(token: Token) -> bool:
    if token.kind == "word":
        return token.text.lower() not in _CLAUSES
    return token.kind == "quoted" or token.text == "."


def _begins_from(token: Token) -> bool:
    return _is(token, "from") or _is(token, "join")


def _duration(items: list[Token], at: int) -> bool:
    return at < len(items) and items[at].kind == "duration"


def _nanoseconds_of(token: Token) -> int:
    number = token.text.rstrip("nsumhd")
    return int(number) * _UNITS[token.text[len(number) :]]


def _literal(token: Token, sql: str) -> str:
    try:
        return timestamp(nanoseconds(token.text[1:-1]))
    except ValueError:
        raise SqlError(f"{position(sql, token.at)}: '{token.text[1:-1]}' is not a valid timestamp literal") from None


def functions(now: int) -> dict[str, tuple[int, Callable[..., Any]]]:
    """Timestream's functions that SQLite lacks: arity and implementation. `now` is in nanoseconds."""
    return {
        "now": (0, lambda: timestamp(now)),
        "ago": (1, lambda interval: timestamp(now - interval)),
        "bin": (2, lambda time, size: None if time is None else timestamp(nanoseconds(time) // size * size)),
        "from_milliseconds": (1, lambda value: timestamp(int(value) * 10**6)),
        "from_nanoseconds": (1, lambda value: timestamp(int(value))),
        "from_iso8601_timestamp": (1, lambda text: timestamp(nanoseconds(text))),
        "to_milliseconds": (1, lambda time: None if time is None else nanoseconds(time) // 10**6),
        "to_nanoseconds": (1, lambda time: None if time is None else nanoseconds(time)),
    }
