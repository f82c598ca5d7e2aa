"""Ends the cloud's child processes when the cloud has gone without ending them: killed, out of memory, crashed.

One small process per cloud reads at a pipe which process groups there are. Nobody can keep the kernel from closing the
pipe when the cloud has gone, and then it kills the groups that are left. It is run by the cloud as
`python reaper.py`; the cloud calls `watch` and `forget`.

A child that asked the kernel for a signal at its parent's death would be asking about the thread that started it, and
the threads of a server come and go.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import IO

_lock = threading.Lock()
_reaper: "subprocess.Popen[bytes] | None" = None


def watch(group: int) -> None:
    """`group` is to end with the cloud. It is the leader of a process group of its own."""
    _tell(f"+{group}\n")


def forget(group: int) -> None:
    """It has ended: its number may soon be another's."""
    _tell(f"-{group}\n")


def _tell(line: str) -> None:
    global _reaper
    with _lock:
        if _reaper is None:
            _reaper = _start()
        assert _reaper.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # somebody ended the reaper; the cloud can do without
            _reaper.stdin.write(line.encode())


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # whoever reads what the cloud prints is to see its end
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # what is sent to the cloud's own group must not reach it
    )


def _reap(lines: IO[str]) -> None:
    groups: set[int] = set()
    for line in lines:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    _reap(sys.stdin)
