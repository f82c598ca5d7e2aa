"""Step Functions: a definition that AWS refuses is refused, with its error and in its form.

`CreateStateMachine`, `UpdateStateMachine` and `ValidateStateMachineDefinition` look alike: at the JSON, at each state
(moto's parser, whose sentences differ from AWS's), and at where the transitions lead. moto says an error without a
code, takes transitions that lead nowhere and cannot validate. Not checked: JSONata expressions, which AWS parses here.
"""

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser import api
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse


@dataclass(frozen=True)
class Problem:
    code: str
    message: str
    location: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" at {self.location}" if self.location else "")


def problems(definition: str) -> list[Problem]:
    """All that is wrong with a definition, in AWS's order; of what cannot be read, the first."""
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return [Problem("INVALID_JSON_DESCRIPTION", str(error))]
    try:
        AmazonStateLanguageParser.parse(definition)
    except ASLParserException as error:
        return [Problem("SCHEMA_VALIDATION_FAILED", str(error).removeprefix("ASLParserException "))]
    except Exception as error:  # whatever its parser stumbles over is in the definition
        return [Problem("SCHEMA_VALIDATION_FAILED", "; ".join(map(str, error.args)) or type(error).__name__)]
    return list(_transitions(machine, ""))


def _transitions(machine: dict[str, Any], at: str) -> Iterator[Problem]:
    """Of a machine, a branch or an item processor: transitions stay inside it."""
    states: dict[str, Any] = machine.get("States") or {}
    targets = {f"{at}/StartAt": machine.get("StartAt")}
    for name, state in states.items():
        here = f"{at}/States/{name}"
        if state["Type"] not in ("Choice", "Succeed", "Fail") and "Next" not in state and not state.get("End"):
            yield Problem("SCHEMA_VALIDATION_FAILED", "One of the fields [End, Next] is required", here)
        targets |= _targets_of(state, here)
        for key in ("ItemProcessor", "Iterator"):
            if key in state:
                yield from _transitions(state[key], f"{here}/{key}")
        for number, branch in enumerate(state.get("Branches") or []):
            yield from _transitions(branch, f"{here}/Branches[{number}]")
    for place, target in targets.items():
        # The word is `Next` wherever it stands.
        if target not in states:
            yield Problem("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", place)
    if not any(state.get("End") or state["Type"] in ("Succeed", "Fail") for state in states.values()):
        yield Problem("MISSING_END_STATE", "Workflow has no terminal state")
        return
    for name in states:
        if name not in targets.values():
            yield Problem("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', f"{at}/States/{name}")


def _targets_of(state: dict[str, Any], here: str) -> dict[str, str]:
    targets = {f"{here}/{key}": state[key] for key in ("Next", "Default") if key in state}
    for key in ("Choices", "Catch"):
        for number, one in enumerate(state.get(key) or []):
            if "Next" in one:
                targets[f"{here}/{key}[{number}]/Next"] = one["Next"]
    return targets


def _validate_definition(definition: str) -> None:
    found = problems(definition)
    if found:
        raise api.InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, found))}'")


def _respond_validate(self: StepFunctionResponse) -> ActionResult:
    found = problems(self._get_param("definition"))
    diagnostics = [
        {"severity": "ERROR", "code": one.code, "message": one.message, "location": one.location} for one in found
    ]
    return ActionResult({"result": "FAIL" if found else "OK", "diagnostics": diagnostics, "truncated": False})


def install() -> None:
    StepFunctionsParserBackend._validate_definition = staticmethod(_validate_definition)
    StepFunctionResponse.validate_state_machine_definition = _respond_validate
    for _, kind in inspect.getmembers(api, inspect.isclass):
        # The interpreter's errors name their code where moto's answers do not look for it.
        if issubclass(kind, AWSError) and "code" in vars(kind):
            kind.TYPE, kind.STATUS = kind.code, kind.status_code
