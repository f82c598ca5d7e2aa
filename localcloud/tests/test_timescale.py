"""Time on a scale: what takes AWS long takes a fraction of it here, and functions are told."""

import datetime
import json
import time

import pytest

from localcloud import timescale
from localcloud.tests.support import eventually, invoke, python_function, role

REMAINING = "def handler(e, c): return c.get_remaining_time_in_millis()"


@pytest.fixture
def scale(monkeypatch):
    return lambda value: monkeypatch.setenv("BACKOUT_CLOUD_SCALE", str(value))


@pytest.fixture
def run(client):
    """`run(state)` runs a machine of one state and says how long it took, by the clock."""
    states = client("stepfunctions")

    def run(state, given=None):
        definition = {"StartAt": "Only", "States": {"Only": {**state, "End": True}}}
        machine = states.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role(client))
        began = time.monotonic()
        started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(given or {}))

        def ended():
            return states.describe_execution(executionArn=started["executionArn"])["status"] != "RUNNING"

        eventually(ended)
        return time.monotonic() - began

    return run


@pytest.mark.parametrize("text", ["", "0", "-3", "0.5", "1001", "nan", "inf", "fast"])
def test_a_scale_is_a_number_from_1_to_1000(text):
    with pytest.raises(ValueError, match="is no time scale: it is a number from 1"):
        timescale.parse(text)


def test_without_a_scale_time_is_real(monkeypatch):
    monkeypatch.delenv("BACKOUT_CLOUD_SCALE", raising=False)
    assert (timescale.scaled(60), timescale.function_timeout(60)) == (60, 60)


@pytest.mark.parametrize(
    ("configured", "lasts"),
    # No shorter than what a call of a function may take; what was shorter before stays.
    [(900, 90), (500, 50), (120, 40), (60, 40), (20, 20), (10, 10), (1, 1)],
)
def test_how_long_a_function_may_run(scale, configured, lasts):
    scale(10)
    assert timescale.function_timeout(configured) == lasts


def test_a_function_is_told_the_deadline_that_is_kept(client, scale):
    python_function(client, "asks", REMAINING, Timeout=500)
    assert 490_000 < invoke(client, "asks")["value"] <= 500_000
    scale(10)
    assert 40_000 < invoke(client, "asks")["value"] <= 50_000


def test_a_timeout_is_kept_on_the_scale_and_told_as_configured(client, scale, monkeypatch):
    monkeypatch.setattr(timescale, "SHORTEST_TIMEOUT_SECONDS", 0.1)
    python_function(client, "slow", "import time\ndef handler(e, c): time.sleep(60)", Timeout=30)
    scale(60)
    began = time.monotonic()
    answer = invoke(client, "slow")
    assert 0.5 <= time.monotonic() - began < 10
    assert answer["value"]["errorMessage"].endswith("Task timed out after 30.00 seconds")


def test_wait_states(run, scale):
    scale(100)
    assert 0.5 <= run({"Type": "Wait", "Seconds": 50}) < 5


def test_a_wait_until_a_time_ends_at_that_time(run, scale):
    scale(100)
    then = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).replace(microsecond=0)
    run({"Type": "Wait", "Timestamp": then.strftime("%Y-%m-%dT%H:%M:%SZ")})
    assert datetime.datetime.now(datetime.timezone.utc) >= then


def test_the_intervals_of_retry(client, run, scale):
    scale(100)
    arn = python_function(client, "fails", "def handler(e, c): raise ValueError('no')")
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 20, "MaxAttempts": 2, "BackoffRate": 2}]
    assert 0.6 <= run({"Type": "Task", "Resource": arn, "Retry": retry}) < 10


def test_schedules(client, scale, monkeypatch):
    invoked = []
    monkeypatch.setattr("localcloud.extensions.eventbridge_targets.invoke_arn_later", lambda *given: invoked.append(given))
    scale(100)
    function = python_function(client, "tick", "def handler(e, c): return e")
    rule = client("events").put_rule(Name="often", ScheduleExpression="rate(1 minute)")["RuleArn"]
    client("events").put_targets(Rule="often", Targets=[{"Id": "t", "Arn": function}])
    client("lambda").add_permission(
        FunctionName="tick", StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com", SourceArn=rule
    )
    eventually(lambda: len(invoked) >= 2, seconds=10)


def test_updates_and_deployments(scale, monkeypatch):
    from localcloud.extensions import _appconfig_rollout, _delays

    monkeypatch.delenv("LOCALCLOUD_LAMBDA_UPDATE_SECONDS", raising=False)
    scale(10)
    assert _delays.seconds("LAMBDA_UPDATE", 0.3) == pytest.approx(0.03)
    assert _appconfig_rollout.minute() == datetime.timedelta(seconds=6)
    monkeypatch.setenv("LOCALCLOUD_LAMBDA_UPDATE_SECONDS", "5")
    assert _delays.seconds("LAMBDA_UPDATE", 0.3) == 0.5
