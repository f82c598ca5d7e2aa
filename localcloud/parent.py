"""Tells when the process that started this one is gone: a killed test must not leave its cloud behind."""

import os
import threading
import time
from collections.abc import Callable

_LOOK_SECONDS = 0.25


def when_gone(parent: int, then: Callable[[], None]) -> None:
    """Calls `then` once, from a thread of its own, when `parent`, by which this process was started, has ended.

    `parent` is what `os.getppid()` said at the start. A process without a parent of its own (1) is never told.
    """
    if parent == 1:
        return

    def look() -> None:
        # An orphan is given another parent at once. A signal at the parent's death would be one at the death of the
        # thread that started this process, and it is not to be had everywhere.
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        then()

    threading.Thread(target=look, name="parent", daemon=True).start()
