"""The definition, interpreted, with stubs for the functions: what is called, in which order, and how it ends."""

import json
from copy import deepcopy
from datetime import datetime

import pytest

from .conftest import HOSTS, Machine

OK = {"ok": True, "outcome": "Completed", "run_id": "run-1", "report": "reports/run-1.json"}
HALTED = {"ok": False, "outcome": "Halted", "error": "Backout.Halted", "cause": "step a failed", "run_id": "run-1"}
FINISH = {"next": "finish"}


def stage(*steps):
    return {"next": "stage", "steps": [{"step": s, "function": f, "issue": 1, "attempt": 0} for s, f in steps]}


def answers(advance, conclude=OK, prepare=None, **steps):
    return {"prepare": [prepare or {"next": "advance"}], "advance": advance, "conclude": [conclude]} | steps


def done():
    return [{"status": "done"}]


def test_a_run_goes_through_its_stages_and_succeeds(machine):
    stages = [stage(("a", "flag"), ("b", "version")), stage(("c", "traffic")), FINISH]
    end = machine.run(answers(stages, a=done(), b=done(), c=done()))
    assert end["status"] == "SUCCEEDED"
    assert json.loads(end["output"]) == {"run_id": "run-1", "outcome": "Completed", "report": "reports/run-1.json"}
    assert len(machine.calls(end, "advance")) == 3


def test_every_function_gets_its_payload(machine):
    end = machine.run(answers([stage(("a", "flag")), FINISH], a=done()))
    run, request = end["name"], json.loads(end["input"])
    [prepared] = machine.calls(end, "prepare")
    execution = prepared["execution"]
    assert execution["arn"] == end["executionArn"]
    # Python 3.10 does not read the Z.
    assert datetime.fromisoformat(execution["started_at"].replace("Z", "+00:00")).year >= 2026
    assert prepared == {"request": request, "run": run, "execution": execution}
    assert machine.calls(end, "advance") == [{"run": run}] * 2
    assert machine.calls(end, "a") == [{"run": run, "step": "a", "issue": 1, "attempt": 0}]
    assert machine.calls(end, "conclude") == [{"run": run, "execution": execution, "request": request, "fault": None}]


def invoked(machine, end):
    """The functions that were invoked, by their names."""
    scheduled = [e["taskScheduledEventDetails"] for e in machine.history(end) if "taskScheduledEventDetails" in e]
    arns = [json.loads(details["parameters"])["FunctionName"] for details in scheduled]
    return [arn.split(":function:")[1].split(":")[0].rsplit("-", 1)[1] for arn in arns]


@pytest.mark.parametrize("function", HOSTS)
def test_a_step_goes_to_its_function(machine, function):
    end = machine.run(answers([stage(("a", function)), FINISH], a=done()))
    assert invoked(machine, end) == ["prepare", "advance", function, "advance", "conclude"]


def test_a_function_that_is_added_is_one_entry_of_the_map(running_cloud, definition):
    grown = deepcopy(definition)
    grown["States"]["Prepare"]["Assign"]["functions"]["restore"] = "${Restore}"
    machine = Machine(running_cloud, "grown", grown, ["restore"])
    end = machine.run(answers([stage(("a", "restore"), ("b", "flag")), FINISH], a=done(), b=done()))
    assert end["status"] == "SUCCEEDED"
    assert sorted(invoked(machine, end)) == ["advance", "advance", "conclude", "flag", "prepare", "restore"]


def test_a_pending_step_is_asked_again_with_its_attempt(machine):
    pending = [{"status": "pending", "attempt": n, "wait_seconds": 0.5} for n in (1, 2)]
    end = machine.run(answers([stage(("a", "flag")), FINISH], a=pending + done()))
    assert end["status"] == "SUCCEEDED"
    assert [call["attempt"] for call in machine.calls(end, "a")] == [0, 1, 2]
    assert [call["issue"] for call in machine.calls(end, "a")] == [1, 1, 1]


def test_a_lost_step_disturbs_neither_its_neighbour_nor_the_run(machine):
    slow = [{"status": "pending", "attempt": 1, "wait_seconds": 1}, {"status": "done"}]
    end = machine.run(answers([stage(("a", "flag"), ("b", "traffic")), FINISH], a=[{"raise": "Crash"}], b=slow))
    assert end["status"] == "SUCCEEDED"
    assert len(machine.calls(end, "a")) == 1, "whether to try again is for advance to say"
    assert len(machine.calls(end, "b")) == 2


@pytest.mark.parametrize(
    "strange",
    [
        None,
        "text",
        [1],
        {},
        {"status": "pending"},
        {"status": "pending", "attempt": 1, "wait_seconds": "soon"},
        {"status": "pending", "wait_seconds": 1},
        {"status": "pending", "attempt": 1, "wait_seconds": -3},
    ],
)
def test_a_strange_answer_of_a_step_does_not_fail_the_map(machine, strange):
    slow = [{"status": "pending", "attempt": 1, "wait_seconds": 1}, {"status": "done"}]
    stages = [stage(("a", "flag"), ("b", "traffic")), FINISH]
    end = machine.run(answers(stages, a=[strange, {"status": "done"}], b=slow))
    assert end["status"] == "SUCCEEDED"
    assert len(machine.calls(end, "b")) == 2
    assert "MapStateFailed" not in [event["type"] for event in machine.history(end)]


def test_a_strange_answer_is_not_taken_for_the_one_before_it(machine):
    pending = {"status": "pending", "attempt": 1, "wait_seconds": 0}
    end = machine.run(answers([stage(("a", "flag")), FINISH], a=[pending, {}]))
    assert end["status"] == "SUCCEEDED"
    assert len(machine.calls(end, "a")) == 2


def test_a_step_of_an_unknown_function_does_not_fail_the_map(machine):
    end = machine.run(answers([stage(("a", "teleport"), ("b", "flag")), FINISH], b=done()))
    assert end["status"] == "SUCCEEDED"
    assert len(machine.calls(end, "b")) == 1


def test_an_empty_stage_passes(machine):
    assert machine.run(answers([stage(), FINISH]))["status"] == "SUCCEEDED"


def test_a_pause_comes_back_to_advance(machine):
    end = machine.run(answers([{"next": "pause", "seconds": 1}, FINISH]))
    assert end["status"] == "SUCCEEDED"
    assert len(machine.calls(end, "advance")) == 2


def test_a_refused_run_is_concluded_at_once(machine):
    refused = HALTED | {"error": "Backout.Refused", "cause": "unknown plan"}
    end = machine.run(answers([FINISH], refused, prepare={"next": "conclude"}))
    assert (end["status"], end["error"], end["cause"]) == ("FAILED", "Backout.Refused", "unknown plan")
    assert machine.calls(end, "advance") == []


def test_an_unsuccessful_run_fails_with_the_error_that_conclude_names(machine):
    end = machine.run(answers([FINISH], HALTED))
    assert (end["status"], end["error"], end["cause"]) == ("FAILED", "Backout.Halted", "step a failed")


def test_an_answer_that_is_not_known_is_concluded_as_a_fault(machine):
    end = machine.run(answers([{"next": "dance"}], HALTED))
    [concluded] = machine.calls(end, "conclude")
    assert concluded["fault"]["Error"] == "Backout.UnexpectedAnswer"
    assert "dance" in concluded["fault"]["Cause"]


def test_an_advance_that_fails_once_is_tried_again(impatient_machine):
    end = impatient_machine.run(answers([{"raise": "LedgerUnreachable"}, FINISH]))
    assert end["status"] == "SUCCEEDED"


@pytest.mark.parametrize("function", ["prepare", "advance"])
def test_the_last_failure_of_a_function_is_concluded(impatient_machine, function):
    end = impatient_machine.run(answers([FINISH], HALTED) | {function: [{"raise": "LedgerUnreachable"}]})
    assert end["error"] == "Backout.Halted"
    assert len(impatient_machine.calls(end, function)) == 2
    [concluded] = impatient_machine.calls(end, "conclude")
    assert concluded["fault"]["Error"] == "LedgerUnreachable"


def test_a_conclude_that_fails_for_good_is_named(impatient_machine):
    end = impatient_machine.run(answers([FINISH]) | {"conclude": [{"raise": "LedgerUnreachable"}]})
    assert (end["status"], end["error"]) == ("FAILED", "Backout.NotConcluded")
    assert "LedgerUnreachable" in end["cause"]
    assert len(impatient_machine.calls(end, "conclude")) == 2


def test_a_step_that_is_done_at_once_costs_eleven_events_and_a_poll_nine(machine):
    def events(*, steps=1, polls=0):
        names = [f"s{n}" for n in range(steps)]
        script = [{"status": "pending", "attempt": n + 1, "wait_seconds": 0} for n in range(polls)] + done()
        replies = answers([stage(*((name, "flag") for name in names)), FINISH], **{name: script for name in names})
        return len(machine.history(machine.run(replies)))

    one, two, polled = events(), events(steps=2), events(polls=1)
    print(f"\na run of one step: {one} events; one step more: {two - one}; a poll: {polled - one}")
    assert two - one == 11
    assert polled - one == 9
