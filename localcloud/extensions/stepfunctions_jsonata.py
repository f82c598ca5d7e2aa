"""Step Functions: JSONata.

moto's interpreter parses JSONata expressions but has nothing to evaluate them with, and would hand over variables as
source text, unescaped. Here jsonata-python evaluates them and the variables are bound as values.
"""

import datetime
from typing import Any

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.component.intrinsic.jsonata import get_intrinsic_functions_declarations
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from . import _jsonata_functions

# What moto declares in JSONata itself, and what it leaves out.
_DECLARED = {"$partition", "$range"}


def install() -> None:
    StringJSONata._eval_body = _evaluate
    StringVariableSample._eval_body = _evaluate


def _evaluate(self: StringJSONata | StringVariableSample, env: Environment) -> None:
    try:
        result = evaluate(self.expression, _bindings(env))
    except JException as error:
        raise _failure(env, f"The JSONata expression '{self.expression}' threw an error: {error}") from error
    if result is None:
        raise _failure(env, f"The JSONata expression '{self.expression}' returned nothing (undefined).")
    try:
        env.stack.append(_plain(result))
    except TypeError as error:
        cause = f"The JSONata expression '{self.expression}' returned an unsupported result type."
        raise _failure(env, cause) from error


def evaluate(expression: str, bindings: dict[str, Any]) -> Any:
    """The value of `expression`; None when it is undefined, `Utils.NULL_VALUE` when it is null.

    Raises `JException` for whatever is wrong with the expression.
    """
    declarations = get_intrinsic_functions_declarations({name for name in _DECLARED if name in expression})
    jsonata = Jsonata(f"({declarations}{expression})" if declarations else expression)
    jsonata.set_output_convert_nulls(False)
    for name, function in _jsonata_functions.FUNCTIONS.items():
        jsonata.register_lambda(name, function)
    return jsonata.evaluate(None, bindings)


def _bindings(env: Environment) -> dict[str, Any]:
    states = {
        name: value
        for name, value in env.states._states_data.items()
        # Absent until a task has ended, and then `undefined` rather than null.
        if value is not None or name not in ("result", "errorOutput")
    }
    states["context"] = _as_text(states["context"])
    store = env.variable_store
    return {"states": states} | store._outer_scope | store._inner_scope


def _as_text(value: Any) -> Any:
    """A copy with times as Step Functions writes them in the context object: `2026-01-31T12:00:00.000Z`."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, datetime.datetime):
        in_utc = value.astimezone(datetime.timezone.utc)
        return in_utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{in_utc.microsecond // 1000:03d}Z"
    return value


def _plain(value: Any) -> Any:
    """A copy in the types that JSON knows; whole numbers without a decimal point, as JSONata writes them."""
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str | int | float | bool):
        return value
    raise TypeError(type(value))


def _failure(env: Environment, cause: str) -> FailureEventException:
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    return FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(
                evaluationFailedEventDetails=EvaluationFailedEventDetails(cause=cause, error=name.error_name)
            ),
        )
    )
