"""Where the output of functions goes: CloudWatch Logs in moto, and `logs/<function>.log` in the cloud's directory."""

import json
import threading
import time
import uuid
from pathlib import Path

from moto.logs.models import logs_backends

from .package import Launch

_TAIL_BYTES = 4096
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


class LogStream:
    """One process's stream."""

    def __init__(self, launch: Launch, directory: Path):
        date = time.strftime("%Y/%m/%d", time.gmtime())
        self.name = f"{date}/[{launch.version}]{uuid.uuid4().hex}"
        self._launch = launch
        self._lock = threading.Lock()
        self._tail = b""
        directory.mkdir(parents=True, exist_ok=True)
        self._file = (directory / f"{launch.function_name}.log").open("a", encoding="utf-8")

    def write(self, line: str) -> None:
        with self._lock:
            self._tail = (self._tail + line.encode() + b"\n")[-_TAIL_BYTES:]
            if self._file.closed:
                return
            self._file.write(line + "\n")
            self._file.flush()
            self._write_to_moto(line)

    def write_output(self, line: str) -> None:
        """A line of the function's own. With the format JSON, Lambda takes away what is below the application's level.

        What does not say its level and its time is INFO.
        """
        least = self._launch.env.get("AWS_LAMBDA_LOG_LEVEL", _LEVELS[0])
        if _LEVELS.index(_level_of(line)) >= _LEVELS.index(least):
            self.write(line)

    def write_all(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def start_tail(self) -> None:
        with self._lock:
            self._tail = b""

    def tail(self) -> bytes:
        """The last 4 KB since `start_tail`."""
        with self._lock:
            return self._tail

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _write_to_moto(self, line: str) -> None:
        group = self._launch.log_group
        backend = logs_backends[self._launch.account_id][self._launch.region]
        # Each time, because whoever deletes the group meanwhile gets a new one with the next line, as on AWS.
        backend.ensure_log_group(group)
        if self.name not in backend.groups[group].streams:
            backend.create_log_stream(group, self.name)
        # CloudWatch Logs refuses empty messages.
        backend.put_log_events(group, self.name, [{"timestamp": int(time.time() * 1000), "message": line or " "}])


def _level_of(line: str) -> str:
    try:
        record = json.loads(line)
    except ValueError:
        return "INFO"
    level = str(record.get("level", "")).upper() if isinstance(record, dict) and "timestamp" in record else ""
    return level if level in _LEVELS else "INFO"
