"""The processes of one function version: reused, several at a time up to a cap, replaced when the function changes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .package import Launch
from .process import FunctionProcess

# Enough for a Map of forty steps to be quick, few enough for two cores. Further invocations wait.
PROCESSES_PER_FUNCTION = 8


class Pool:
    def __init__(self, log_directory: Path):
        self._log_directory = log_directory
        self._changed = threading.Condition()
        self._idle: list[FunctionProcess] = []
        self._busy: set[FunctionProcess] = set()
        self._starting = 0
        self._fingerprint = ""

    @contextmanager
    def process(self, launch: Launch) -> Iterator[FunctionProcess]:
        """Lends a process that was started like `launch`."""
        process = self._take(launch)
        try:
            yield process
        finally:
            self._give_back(process)

    def at_work(self) -> list[FunctionProcess]:
        """The processes that are on an invocation now, beginning with their start."""
        with self._changed:
            return [process for process in self._busy if process.at_work]

    def stop(self) -> None:
        with self._changed:
            processes = [*self._idle, *self._busy]
            self._idle.clear()
        for process in processes:
            process.kill()

    def _take(self, launch: Launch) -> FunctionProcess:
        with self._changed:
            if launch.fingerprint != self._fingerprint:
                self._fingerprint = launch.fingerprint
                for outdated in self._idle:
                    outdated.kill()
                self._idle.clear()
            while True:
                while self._idle:
                    process = self._idle.pop()
                    if process.alive:
                        self._busy.add(process)
                        return process
                if len(self._busy) + self._starting < PROCESSES_PER_FUNCTION:
                    self._starting += 1
                    break
                self._changed.wait()
        try:
            process = FunctionProcess(launch, self._log_directory)
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
        with self._changed:
            self._busy.add(process)
        return process

    def _give_back(self, process: FunctionProcess) -> None:
        with self._changed:
            self._busy.discard(process)
            if process.alive and process.launch.fingerprint == self._fingerprint:
                self._idle.append(process)
            else:
                process.kill()
            self._changed.notify()
