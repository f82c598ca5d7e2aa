"""What `load.py` and `producer.py` share: how long they run, and when they stop."""

import argparse
import signal
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_SECONDS = 3600.0
LONGEST_SECONDS = 86400.0
# A cloud that nobody hears from for so long was stopped.
SILENT_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=float, default=DEFAULT_SECONDS, help=f"how long to run (default {DEFAULT_SECONDS:g}, most {LONGEST_SECONDS:g})"
    )
    parser.add_argument("--stop-file", type=Path, help="stop as soon as this file exists")


class Stop:
    """True after SIGTERM or SIGINT, when the stop file is there, when the time is over, or when the cloud has gone away.

    It installs the signal handlers, so it is made in the main thread; it may be used from all.
    """

    def __init__(self, seconds: float = DEFAULT_SECONDS, file: Path | None = None):
        self._deadline = time.monotonic() + min(seconds, LONGEST_SECONDS)
        self._file = file
        self._heard_at = time.monotonic()
        self._signalled = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._signalled.set())

    def __bool__(self) -> bool:
        now = time.monotonic()
        return (
            self._signalled.is_set()
            or now >= self._deadline
            or now - self._heard_at >= SILENT_SECONDS
            or (self._file is not None and self._file.exists())
        )

    def heard(self) -> None:
        """The cloud has answered, whatever it said."""
        self._heard_at = time.monotonic()

    def wait(self, seconds: float) -> None:
        """Waits so long, or until it is time to stop."""
        until = time.monotonic() + seconds
        while not self and (left := until - time.monotonic()) > 0:
            self._signalled.wait(min(left, 0.2))


def require_loopback(url: str | None) -> None:
    """Practice traffic must never reach a real platform; raises SystemExit when it would."""
    if not url or urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SystemExit(f"refusing to run against {url or 'AWS'}: this is for a local cloud only (set AWS_ENDPOINT_URL)")
