"""Step Functions: StartExecution gives a name to an execution that has none, refuses a bad name and is atomic.

moto calls it `None`, takes any name, and lets two calls at the same time both start an execution of one name. Its
executions also outlive a reset of the cloud, and would go on calling; here they are stopped.
"""

import datetime
import re
import threading
import uuid
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.stepfunctions.exceptions import InvalidName
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

_INPUT_LIMIT = 262_144
# White space, brackets, wildcards, special and control characters are not allowed.
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")

_one_at_a_time = threading.Lock()


class _ValidationException(JsonRESTError):
    def __init__(self, message: str):
        super().__init__("ValidationException", message)


def install() -> None:
    start = StepFunctionsParserBackend.start_execution

    def start_execution(
        self: StepFunctionsParserBackend,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Any:
        if name is not None and not _NAME.fullmatch(name):
            raise InvalidName(f"Invalid Name: '{name}'")
        if execution_input is not None and len(execution_input.encode()) > _INPUT_LIMIT:
            raise _ValidationException(
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_INPUT_LIMIT}"
            )
        with _one_at_a_time:
            return start(self, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header)

    StepFunctionsParserBackend.start_execution = start_execution


def reset() -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    for account in stepfunctions_parser_backends.values():
        for backend in account.values():
            for execution in backend._get_executions(ExecutionStatus.RUNNING):
                execution.stop(now, error=None, cause="the cloud was reset")
