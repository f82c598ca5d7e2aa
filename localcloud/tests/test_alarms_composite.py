"""Composite alarms follow the alarms of their rule."""

import json

import pytest

from localcloud.extensions._alarm_rules import InvalidRule, parse
from localcloud.tests.support import eventually
from localcloud.tests.test_alarms import messages, topic  # noqa: F401
from localcloud.tests.test_model_constraints import refusal


@pytest.fixture
def watch(client):
    return client("cloudwatch")


@pytest.fixture
def pair(watch):
    """Two metric alarms, `a` and `b`."""
    for name in "ab":
        watch.put_metric_alarm(
            AlarmName=name,
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )


def composite(watch, name="both"):
    return watch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]


def set_state(watch, name, value):
    watch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="because")


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ('ALARM("a") AND OK(b)', True),
        ("ALARM(a) AND ALARM(b)", False),
        ("ALARM(b) OR ALARM(a)", True),
        ("NOT ALARM(a)", False),
        ("NOT (ALARM(b) OR INSUFFICIENT_DATA(a))", True),
        ("ALARM(b) AND ALARM(a) OR TRUE", True),
        ("FALSE", False),
    ],
)
def test_rules(rule, holds):
    states = {"a": "ALARM", "b": "OK"}
    assert parse(rule).holds(states.__getitem__) is holds


@pytest.mark.parametrize("rule", ["", "ALARM(a", "ALARM a", "ALARM(a) ALARM(b)", "AND", "GOOD(a)", "ALARM()", 'ALARM("a)'])
def test_what_is_no_rule(rule):
    with pytest.raises(InvalidRule):
        parse(rule)


def test_it_follows_its_alarms_and_tells_so(cloud, watch, pair, topic):  # noqa: F811
    watch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(a) AND ALARM(b)", AlarmActions=[topic])
    described = composite(watch)
    assert (described["AlarmRule"], described["StateValue"]) == ("ALARM(a) AND ALARM(b)", "OK")
    set_state(watch, "a", "ALARM")
    assert composite(watch)["StateValue"] == "OK"
    set_state(watch, "b", "ALARM")
    assert composite(watch)["StateValue"] == "ALARM"
    message = json.loads(eventually(lambda: messages(cloud, topic))[0]["message"])
    assert (message["AlarmName"], message["NewStateValue"]) == ("both", "ALARM")
    assert (message["AlarmRule"], "Trigger" in message) == ("ALARM(a) AND ALARM(b)", False)
    set_state(watch, "a", "OK")
    assert composite(watch)["StateValue"] == "OK"


def test_one_may_follow_another(watch, pair):
    watch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(a)")
    watch.put_composite_alarm(AlarmName="above", AlarmRule="NOT OK(both)")
    set_state(watch, "a", "ALARM")
    assert composite(watch, "above")["StateValue"] == "ALARM"


def test_they_are_described_only_when_asked_for(watch, pair):
    watch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(a)")
    plain = watch.describe_alarms()
    assert [alarm["AlarmName"] for alarm in plain["MetricAlarms"]] == ["a", "b"]
    assert plain["CompositeAlarms"] == []
    assert watch.describe_alarms(AlarmNames=["both"])["CompositeAlarms"] == []
    asked = watch.describe_alarms(AlarmTypes=["CompositeAlarm"])
    assert ([alarm["AlarmName"] for alarm in asked["CompositeAlarms"]], asked["MetricAlarms"]) == (["both"], [])


def test_alarms_that_do_not_exist(watch, pair):
    put = watch.put_composite_alarm
    assert refusal(lambda: put(AlarmName="both", AlarmRule="ALARM(a) OR OK(gone)")) == (
        "ValidationError",
        400,
        "Could not save the composite alarm as alarms [gone] in the alarm rule do not exist",
    )
    assert refusal(lambda: put(AlarmName="both", AlarmRule="ALARM(a"))[:2] == ("ValidationError", 400)
    assert watch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []
