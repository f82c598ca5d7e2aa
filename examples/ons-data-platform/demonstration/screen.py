"""What is shown: plain lines, with a little colour where standard output is a terminal."""

import os
import sys
import textwrap
import time

_WIDTH = 110
_BEGAN = time.monotonic()


class DemonstrationFailed(Exception):
    """The demonstration cannot go on, or did not show what it is to show; the text says why."""


def heading(text: str) -> None:
    """A new chapter, with the time since the beginning."""
    seconds = int(time.monotonic() - _BEGAN)
    say("")
    say(f"{_styled('1', f'== {text}')} {_styled('2', f'[{seconds // 60}:{seconds % 60:02}]')}")


def say(text: str) -> None:
    print(text, flush=True)


def explain(text: str) -> None:
    """A few sentences, wrapped."""
    for line in textwrap.wrap(textwrap.dedent(text), _WIDTH, initial_indent="   ", subsequent_indent="   ", break_on_hyphens=False):
        say(line)


def good(text: str) -> None:
    say(f"   {_styled('32', '✓')} {text}")


def bad(text: str) -> None:
    say(f"   {_styled('31', '✗')} {text}")


def table(rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell; the last one is not padded."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        say(("   " + "  ".join([*cells, row[-1]])).rstrip())


def error(text: str) -> None:
    print(f"\n{_styled('31;1', 'The demonstration failed:')} {text}", file=sys.stderr, flush=True)


def _styled(code: str, text: str) -> str:
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain else f"\033[{code}m{text}\033[0m"
