"""Definitions that Step Functions refuses: on creation, on update and when it is asked."""

import json

import pytest

from localcloud.tests.test_model_constraints import ROLE, refusal

PASS = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}


def machine(start, **states):
    return json.dumps({"StartAt": start, "States": states})


def missing(target, at):
    return f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {at}"


def unreachable(name, at=""):
    return f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {at}/States/{name}'


NO_END = "MISSING_END_STATE: Workflow has no terminal state"
REFUSED = {
    "a StartAt that leads nowhere": (machine("B", A=PASS), f"{missing('B', '/StartAt')}, {unreachable('A')}"),
    "a Next that leads nowhere": (
        machine("A", A={"Type": "Pass", "Next": "B"}),
        f"{missing('B', '/States/A/Next')}, {NO_END}",
    ),
    "a Catch that leads nowhere": (
        machine("A", A={**TASK, "End": True, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}),
        missing("B", "/States/A/Catch[0]/Next"),
    ),
    "choices that lead nowhere": (
        machine("A", A={"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "C"}], "Default": "B"}, C=PASS),
        missing("B", "/States/A/Default"),
    ),
    "a state that nothing leads to": (machine("A", A=PASS, B=PASS), unreachable("B")),
    "a loop without an end": (machine("A", A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}), NO_END),
    "an item processor of its own": (
        machine("A", A={"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "A", "States": {"B": PASS}}}),
        f"{missing('A', '/States/A/ItemProcessor/StartAt')}, {unreachable('B', '/States/A/ItemProcessor')}",
    ),
    "branches of their own": (
        machine("A", A={"Type": "Parallel", "End": True, "Branches": [{"StartAt": "B", "States": {"C": PASS}}]}),
        f"{missing('B', '/States/A/Branches[0]/StartAt')}, {unreachable('C', '/States/A/Branches[0]')}",
    ),
}
# Where the sentence is another than AWS's, only its beginning counts.
UNREADABLE = {
    "no JSON": ("{", "INVALID_JSON_DESCRIPTION: "),
    "no object": ("[]", "SCHEMA_VALIDATION_FAILED: "),
    "nothing": ("{}", "SCHEMA_VALIDATION_FAILED: "),
    "a type that does not exist": (machine("A", A={"Type": "Pas", "End": True}), "SCHEMA_VALIDATION_FAILED: "),
    "neither Next nor End": (machine("A", A={"Type": "Pass"}), "SCHEMA_VALIDATION_FAILED: "),
    "a task without a resource": (machine("A", A={"Type": "Task", "End": True}), "SCHEMA_VALIDATION_FAILED: "),
    "a resource that is no ARN": (machine("A", A={"Type": "Task", "Resource": "f", "End": True}), "SCHEMA_VALIDATION_FAILED: "),
}


@pytest.fixture
def states(client):
    return client("stepfunctions")


@pytest.fixture
def arn(states):
    return states.create_state_machine(name="good", definition=machine("A", A=PASS), roleArn=ROLE)["stateMachineArn"]


@pytest.mark.parametrize(("definition", "said"), REFUSED.values(), ids=REFUSED)
def test_what_leads_nowhere(states, arn, definition, said):
    expected = ("InvalidDefinition", 400, f"Invalid State Machine Definition: '{said}'")
    assert refusal(lambda: states.create_state_machine(name="bad", definition=definition, roleArn=ROLE)) == expected
    assert refusal(lambda: states.update_state_machine(stateMachineArn=arn, definition=definition)) == expected
    assert states.describe_state_machine(stateMachineArn=arn)["definition"] == machine("A", A=PASS)


@pytest.mark.parametrize(("definition", "begins"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_definition(states, arn, definition, begins):
    for call in (
        lambda: states.create_state_machine(name="bad", definition=definition, roleArn=ROLE),
        lambda: states.update_state_machine(stateMachineArn=arn, definition=definition),
    ):
        code, status, message = refusal(call)
        assert (code, status) == ("InvalidDefinition", 400)
        assert message.startswith(f"Invalid State Machine Definition: '{begins}")


def test_asking_whether_a_definition_is_valid(states):
    good = states.validate_state_machine_definition(definition=machine("A", A=PASS))
    assert (good["result"], good["diagnostics"]) == ("OK", [])
    bad = states.validate_state_machine_definition(definition=machine("A", A={"Type": "Pass", "Next": "NOPE"}))
    assert bad["result"] == "FAIL"
    assert bad["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "MISSING_TRANSITION_TARGET",
            "message": "Missing 'Next' target: NOPE",
            "location": "/States/A/Next",
        },
        {"severity": "ERROR", "code": "MISSING_END_STATE", "message": "Workflow has no terminal state"},
    ]


def test_the_interpreters_other_errors_have_their_codes_too(states, arn):
    send = states.send_task_success
    assert refusal(lambda: send(taskToken="nobody's", output="{}"))[0] in ("InvalidToken", "TaskDoesNotExist")
