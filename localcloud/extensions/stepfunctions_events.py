"""Step Functions: the default event bus is told when an execution begins and when it ends.

"Step Functions Execution Status Change" from `aws.states`, for RUNNING, SUCCEEDED, FAILED, TIMED_OUT and ABORTED, and
for standard workflows only. Dates are milliseconds since 1970. Input and output are left out when their escaped texts
are larger than 248 KiB together: the input first, and the output when it alone is. moto tells nobody. AWS may deliver
such an event twice and in any order; here each is delivered once.
"""

import datetime
import json
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import Execution

from ..lambda_host import host
from .eventbridge_targets import emit
from .stepfunctions_ends import listeners

_LIMIT = 248 * 1024
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def install() -> None:
    start = Execution.start

    def start_and_tell(self: Execution) -> None:
        self.cloud_generation = host.generation
        # Told first, because the execution may end before `start` returns.
        self.exec_status = ExecutionStatus.RUNNING
        _tell(self, ExecutionStatus.RUNNING)
        start(self)

    Execution.start = start_and_tell
    listeners.append(lambda execution: _tell(execution, execution.exec_status))


def _tell(execution: Execution, status: ExecutionStatus) -> None:
    if execution.state_machine.type == "EXPRESS" or execution.cloud_generation != host.generation:
        return  # express workflows tell nobody, and neither do executions of a cloud that was emptied
    emit(
        execution.account_id,
        execution.region_name,
        "aws.states",
        "Step Functions Execution Status Change",
        [execution.exec_arn],
        detail_of(execution, status),
    )


def detail_of(execution: Execution, status: ExecutionStatus) -> dict[str, Any]:
    """The event's detail."""
    ended = status != ExecutionStatus.RUNNING
    machine, given = execution.state_machine, execution.execution_input
    output = None
    if status == ExecutionStatus.SUCCEEDED:
        output = to_json_str(execution.output, separators=(",", ":"))
    output_included = output is not None and _size(output) <= _LIMIT
    input_included = _size(given) + (_size(output) if output_included else 0) <= _LIMIT
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": getattr(machine, "source_arn", machine.arn),
        "stateMachineVersionArn": machine.arn if hasattr(machine, "source_arn") else None,
        "stateMachineAliasArn": None,
        "name": execution.name,
        "status": status.value,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date) if ended else None,
        "input": given if input_included else None,
        "inputDetails": {"included": input_included},
        "output": output if output_included else None,
        "outputDetails": {"included": output_included} if output is not None else None,
        "error": execution.error if ended else None,
        "cause": execution.cause if ended else None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": _why_not(status),
    }


def _why_not(status: ExecutionStatus) -> str:
    if status == ExecutionStatus.RUNNING:
        return "Execution is RUNNING and cannot be redriven"
    if status == ExecutionStatus.SUCCEEDED:
        return "Execution is SUCCEEDED and cannot be redriven"
    return "The local cloud redrives no execution"


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())


def _milliseconds(time: datetime.datetime) -> int:
    return (time - _EPOCH) // datetime.timedelta(milliseconds=1)
