"""What the definition of the state machine promises, read off the definition."""

import re

from .conftest import HOSTS

# Failures of Lambda itself, after which the same invocation may be sent again.
LAMBDA_FAILURES = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
}
RUN_STATES = {"Prepare", "Advance", "Conclude"}


def iteration(definition):
    return definition["States"]["RunStage"]["ItemProcessor"]["States"]


def tasks(definition):
    states = definition["States"] | iteration(definition)
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def test_the_definition_has_the_tasks_of_the_design(definition):
    assert set(tasks(definition)) == RUN_STATES | {"Act"}


def test_every_task_of_the_run_invokes_a_function_named_like_it(definition):
    for name, task in tasks(definition).items():
        assert task["Resource"] == "arn:${Partition}:states:::lambda:invoke"
        if name in RUN_STATES:
            assert task["Arguments"]["FunctionName"] == "${" + name + "}"


def test_every_task_retries_failures_of_lambda_with_jitter_and_a_bound(definition):
    for name, task in tasks(definition).items():
        retried = {error for retrier in task["Retry"] for error in retrier["ErrorEquals"]}
        assert LAMBDA_FAILURES <= retried or "States.ALL" in retried, name
        for retrier in task["Retry"]:
            assert retrier["JitterStrategy"] == "FULL", name
            assert retrier["MaxDelaySeconds"] <= 60, name
            assert retrier["MaxAttempts"] >= 3, name


def test_no_task_lets_an_error_out(definition):
    for name, task in tasks(definition).items():
        assert [catcher["ErrorEquals"] for catcher in task["Catch"]] == [["States.ALL"]], name


def test_what_an_action_answers_with_an_error_is_not_retried_by_the_machine(definition):
    for name in set(tasks(definition)) - RUN_STATES:
        retried = {error for retrier in tasks(definition)[name]["Retry"] for error in retrier["ErrorEquals"]}
        assert retried == LAMBDA_FAILURES, name


def test_a_lambda_that_is_throttled_is_waited_for_longer_than_an_incident_may_hold_the_concurrency(definition):
    for name, task in tasks(definition).items():
        first = task["Retry"][0]
        if first["ErrorEquals"] == ["States.ALL"]:
            assert name == "Conclude"
            continue
        assert first["ErrorEquals"] == ["Lambda.TooManyRequestsException"], name
        waits = [min(2**attempt, first["MaxDelaySeconds"]) for attempt in range(first["MaxAttempts"])]
        assert sum(waits) / 2 > 8 * 60, "full jitter halves the delays on average"


def test_conclude_is_tried_for_long_because_it_releases_the_lock(definition):
    [retrier] = definition["States"]["Conclude"]["Retry"]
    delays, delay = 0, retrier["IntervalSeconds"]
    for _ in range(retrier["MaxAttempts"]):
        delays += min(delay, retrier["MaxDelaySeconds"])
        delay *= retrier["BackoffRate"]
    assert retrier["ErrorEquals"] == ["States.ALL"]
    assert delays / 2 > 15 * 60, "full jitter halves the delays on average"


def test_no_iteration_can_fail(definition):
    states = iteration(definition)
    assert "Fail" not in {state["Type"] for state in states.values()}
    for name, state in states.items():
        if state["Type"] == "Choice":
            assert "Default" in state, name


def test_every_function_that_hosts_actions_is_one_entry_of_the_map(definition):
    assert definition["States"]["Prepare"]["Assign"]["functions"] == {host: "${" + host.capitalize() + "}" for host in HOSTS}
    assert tasks(definition)["Act"]["Arguments"]["FunctionName"] == "{% $lookup($functions, $states.input.function) %}"


def test_every_state_is_reached(definition):
    for states, start in (
        (definition["States"], definition["StartAt"]),
        (iteration(definition), definition["States"]["RunStage"]["ItemProcessor"]["StartAt"]),
    ):
        nexts = {start}
        for state in states.values():
            nexts |= {state.get("Next"), state.get("Default")} - {None}
            nexts |= {branch["Next"] for branch in state.get("Choices", []) + state.get("Catch", [])}
        assert nexts == set(states)


def test_a_task_outlasts_its_function_by_little(definition, template):
    default = template["Globals"]["Function"]["Timeout"]
    for name, task in tasks(definition).items():
        invoked = [name] if name in RUN_STATES else [host.capitalize() for host in HOSTS]
        timeout = max(template["Resources"][f"{it}Function"]["Properties"].get("Timeout", default) for it in invoked)
        assert timeout < task["TimeoutSeconds"] <= timeout + 15, name


def test_every_substitution_is_given_and_used(definition, template):
    used = set(re.findall(r"\$\{(\w+)\}", str(definition)))
    assert used == set(template["Resources"]["StateMachine"]["Properties"]["DefinitionSubstitutions"])
