"""Step Functions: Wait states and the intervals of Retry last as long as the time scale says.

Not scaled: a Wait until a `Timestamp`, since the clock runs as always, and the timeouts of tasks and executions, which
are there for what is lost.
"""

import datetime
import time
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment

from ..timescale import scaled


def install() -> None:
    WaitFunction._wait_interval = _wait
    Timestamp._get_wait_seconds = _until
    # The module's only use of it is the pause before another attempt.
    retrier_decl.time = SimpleNamespace(sleep=_sleep)


def _sleep(seconds: float) -> None:
    time.sleep(scaled(seconds))


def _until(self: Timestamp, env: Environment) -> float:
    """The seconds that are left. moto's are whole ones, and of the local time zone."""
    self.string.eval(env=env)
    text = env.stack.pop()
    then = self._from_timestamp_string(text)
    if then is None:
        raise FailureEventException(self._create_failure_event(env, text))
    return (then.replace(tzinfo=datetime.timezone.utc) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def _wait(self: Any, env: Environment, wait_seconds: float) -> None:
    """Until the time is over or the execution has ended. moto's own counts whole seconds."""
    ends = time.monotonic() + (wait_seconds if isinstance(self, Timestamp) else scaled(wait_seconds))
    while env.is_running() and (left := ends - time.monotonic()) > 0:
        env.program_state_event.wait(left)
