"""One process of a function: an execution environment, as Lambda calls it."""

import os
import signal
import subprocess
import threading
import time
import uuid
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

from ..timescale import function_timeout
from . import platform_lines, reaper
from .environment import new_trace_id, process_environment
from .logs import LogStream
from .outcome import Outcome
from .package import Launch
from .runtime_api import Invocation, RuntimeApi

# Lambda allows 10 s. This machine may be building something at the same time.
INIT_SECONDS = 30


class FunctionProcess:
    """Takes one invocation at a time. After `invoke` it may be dead: ask `alive`."""

    def __init__(self, launch: Launch, log_directory: Path):
        self.launch = launch
        self._api = RuntimeApi()
        self._log = LogStream(launch, log_directory)
        self._exited = threading.Event()
        self._lock = threading.Lock()
        self._in_flight: Invocation | None = None
        self._crashed = False
        self.at_work = False
        self.session_token = f"local-{uuid.uuid4().hex}"
        self._process = subprocess.Popen(
            launch.command,
            cwd=launch.folder,
            env=process_environment(launch.env, self._api.address, self._log.name, self.session_token),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, killed as a whole; Ctrl-C in the terminal does not reach it
        )
        reaper.watch(self._process.pid)
        for target in (self._copy_output, self._watch):
            threading.Thread(target=target, name=f"{launch.function_name}-{target.__name__}", daemon=True).start()

    @property
    def alive(self) -> bool:
        return not self._exited.is_set() and not self._crashed

    def invoke(self, event: bytes, request_id: str, invoked_arn: str) -> Outcome:
        """Waits for the process to be ready, then for its answer, at most the function's timeout."""
        self.at_work = True
        try:
            return self._invoke(event, request_id, invoked_arn)
        finally:
            self.at_work = False

    def crash(self) -> bool:
        """Kills the process in the middle of its work and waits until it is gone. False if it had ended before.

        Its invocation fails as one whose process died by itself.
        """
        self._crashed = True
        if self._exited.is_set():
            return False
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self._exited.wait()
        return True

    def _invoke(self, event: bytes, request_id: str, invoked_arn: str) -> Outcome:
        self._log.start_tail()
        if not self._api.ready.wait(INIT_SECONDS):
            self.kill()
            return self._error("Sandbox.Timedout", request_id, f"Task timed out after {INIT_SECONDS:.2f} seconds")
        if self._api.init_error is not None:
            self.kill()
            return Outcome(self._api.init_error, failed=True, log_tail=self._log.tail())
        timeout = function_timeout(self.launch.timeout_seconds)
        began = time.time()
        invocation = Invocation(
            request_id, event, invoked_arn, int((began + timeout) * 1000), new_trace_id(began)
        )
        self._log.write_all(platform_lines.started(self.launch, request_id))
        outcome = self._await(invocation, timeout)
        took = (time.time() - began) * 1000
        self._log.write_all(platform_lines.ended(self.launch, request_id, took, outcome.failed))
        return Outcome(outcome.payload, outcome.failed, self._log.tail())

    def kill(self) -> None:
        """Ends the process at once, with all that it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended by itself
        self._api.close()

    def _await(self, invocation: Invocation, timeout: float) -> Outcome:
        with self._lock:
            if self._exited.is_set():
                return self._exit_error(invocation.request_id)
            self._in_flight = invocation
        self._api.offer(invocation)
        try:
            return invocation.future.result(timeout)
        except FutureTimeout:
            self.kill()
            self._exited.wait()
            return self._error("Sandbox.Timedout", invocation.request_id, self._timed_out())
        finally:
            with self._lock:
                self._in_flight = None

    def _timed_out(self) -> str:
        # As it is configured, whatever the time scale.
        return f"Task timed out after {self.launch.timeout_seconds:.2f} seconds"

    def _exit_error(self, request_id: str) -> Outcome:
        code = self._process.returncode
        if code == 0:
            how = "Runtime exited without providing a reason"
        elif code < 0:
            how = f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        else:
            how = f"Runtime exited with error: exit status {code}"
        return self._error("Runtime.ExitError", request_id, how)

    def _error(self, kind: str, request_id: str, message: str) -> Outcome:
        self._log.write(f"{request_id} {message}")
        return Outcome.error(kind, f"RequestId: {request_id} Error: {message}", self._log.tail())

    def _copy_output(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.write_output(line.decode(errors="replace").rstrip("\r\n"))
        self._log.close()

    def _watch(self) -> None:
        self._process.wait()
        reaper.forget(self._process.pid)
        with self._lock:
            self._exited.set()
            invocation = self._in_flight
        self._api.ready.set()
        self._api.close()
        if invocation is not None and not invocation.future.done():
            try:
                invocation.future.set_result(self._exit_error(invocation.request_id))
            except Exception:  # it was answered between the two lines; that answer stands
                pass
