"""Step Functions: an execution ends once. StopExecution aborts it at once and for good, with the error and the cause.

What a task has running when its execution is stopped goes on, as on AWS, but it no longer changes the execution. moto
drops error and cause, lets the execution run until its task has ended and calls it failed if the task then fails. It
also fails when it is told to stop an execution that has only just begun, and knows no stop date of a timeout.
"""

import datetime
import threading
import time
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.responses import StepFunctionResponse

# An execution's interpreter has a state to stop a moment after the execution has begun.
_BEGIN_SECONDS = 2.0

# Called with each execution that has ended, once, whichever way it ended.
listeners: list[Callable[[Execution], None]] = []

_lock = threading.RLock()


def install() -> None:
    terminated = BaseExecutionWorkerCommunication.terminated
    describe = StepFunctionResponse.describe_execution

    def terminate(self: BaseExecutionWorkerCommunication) -> None:
        with _lock:
            if self.execution.exec_status != ExecutionStatus.RUNNING:
                return  # it was aborted meanwhile
            terminated(self)
        _tell(self.execution)

    def described(self: StepFunctionResponse) -> ActionResult:
        answer = describe(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if execution.stop_date is not None:
            answer.result["stopDate"] = execution.stop_date
        return answer

    BaseExecutionWorkerCommunication.terminated = terminate
    Execution.stop = _stop
    StepFunctionResponse.stop_execution = _respond_stop
    StepFunctionResponse.describe_execution = described
    Environment.set_error = _unless_stopped(Environment.set_error)
    Environment.set_timed_out = _unless_stopped(Environment.set_timed_out)


def _stop(self: Execution, stop_date: datetime.datetime, error: str | None, cause: str | None) -> None:
    with _lock:
        if self.exec_status != ExecutionStatus.RUNNING:
            return
        self.exec_status = ExecutionStatus.ABORTED
        self.stop_date = stop_date
        self.error, self.cause = error or None, cause or None
    _tell(self)
    deadline = time.monotonic() + _BEGIN_SECONDS
    while not _has_begun(self) and time.monotonic() < deadline:
        time.sleep(0.005)
    if _has_begun(self):
        self.exec_worker.stop(stop_date=stop_date, error=error, cause=cause)


def _has_begun(execution: Execution) -> bool:
    return execution.exec_worker is not None and execution.exec_worker.env is not None


def _tell(execution: Execution) -> None:
    for listener in listeners:
        listener(execution)


def _respond_stop(self: StepFunctionResponse) -> ActionResult:
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    now = datetime.datetime.now(datetime.timezone.utc)
    execution.stop(now, self._get_param("error"), self._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def _unless_stopped(original: Any) -> Any:
    """A task that fails after its execution was aborted does not make it a failed one."""

    def change(self: Environment, *args: Any, **kwargs: Any) -> None:
        if not isinstance(self.program_state(), ProgramStopped):
            original(self, *args, **kwargs)

    return change
