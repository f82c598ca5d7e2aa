"""The host of all functions."""

import json
import threading
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from .outcome import Outcome, Throttled
from .package import UnusablePackage, launch_of
from .pool import Pool
from .process import FunctionProcess


class LambdaHost:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[str, Pool] = {}
        self._in_flight: Counter[tuple[str, str, str]] = Counter()
        self._endpoint = ""
        self._directory = Path()
        self._bin_dir: Path | None = None
        self.generation = 0

    def configure(self, endpoint: str, directory: Path, bin_dir: Path | None) -> None:
        """`endpoint` is the cloud's URL; packages and logs go below `directory`; `bin_dir` holds our own binaries."""
        self._endpoint = endpoint
        self._directory = directory.resolve()
        self._bin_dir = bin_dir

    def invoke(self, function: Any, event: bytes, request_id: str | None = None) -> Outcome:
        """Runs a function of moto's (`LambdaFunction`, of the wanted version) and waits for its answer.

        Raises `Throttled` when its reserved concurrency is used up.
        """
        request_id = request_id or str(uuid.uuid4())
        key = (function.account_id, function.region, function.function_name)
        self._enter(key, function.reserved_concurrency)
        try:
            return self._run(function, event, request_id)
        finally:
            with self._lock:
                self._in_flight[key] -= 1

    def at_work(self, function_name: str) -> list[FunctionProcess]:
        """The processes of all versions of the function that are on an invocation now."""
        with self._lock:
            pools = list(self._pools.values())
        working = [process for pool in pools for process in pool.at_work()]
        return [process for process in working if process.launch.function_name == function_name]

    def stop_all(self) -> None:
        """Ends every process. Invocations that are under way fail, retries that wait are dropped."""
        with self._lock:
            self.generation += 1
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.stop()

    def _run(self, function: Any, event: bytes, request_id: str) -> Outcome:
        try:
            launch = launch_of(function, self._endpoint, self._directory, self._bin_dir)
            with self._pool(launch.function_arn).process(launch) as process:
                return process.invoke(event, request_id, launch.function_arn)
        except (UnusablePackage, OSError, json.JSONDecodeError, KeyError) as error:
            return Outcome.error("Runtime.InvalidEntrypoint", f"RequestId: {request_id} Error: {error}")

    def _pool(self, function_arn: str) -> Pool:
        with self._lock:
            if function_arn not in self._pools:
                self._pools[function_arn] = Pool(self._directory / "logs")
            return self._pools[function_arn]

    def _enter(self, key: tuple[str, str, str], reserved: Any) -> None:
        with self._lock:
            if reserved is not None and self._in_flight[key] >= int(reserved):
                raise Throttled
            self._in_flight[key] += 1
