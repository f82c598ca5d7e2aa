"""Plays a demonstration, and says how it ended."""

import signal
import sys
from collections.abc import Callable

from . import screen


def play(story: Callable[[], None]) -> int:
    """Its exit code. What it has started is stopped whatever ends it, a signal too."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        screen.heading("An AWS on this machine")
        story()
    except screen.DemonstrationFailed as failed:
        screen.error(str(failed))
        return 1
    except KeyboardInterrupt:
        screen.say("\nStopped, and everything that was started with it.")
        return 130
    return 0
