"""Rules with a rate fire again and again, while they are enabled and as long as the cloud is there."""

import time

import pytest
from botocore.exceptions import ClientError

from localcloud.extensions import eventbridge_schedules
from localcloud.tests.support import eventually, python_function


@pytest.fixture
def fired(client, monkeypatch):
    """A minute lasts 0.1 s. `fired()` is what the function `tick` was invoked with so far."""
    monkeypatch.setitem(eventbridge_schedules._SECONDS, "minute", 0.1)
    invoked = []
    monkeypatch.setattr(
        "localcloud.extensions.eventbridge_targets.invoke_arn_later", lambda arn, event: invoked.append(event)
    )
    python_function(client, "tick", "def handler(e, c): return e")
    return lambda: invoked


def schedule(client, expression="rate(1 minute)", **target):
    events = client("events")
    arn = events.put_rule(Name="often", ScheduleExpression=expression)["RuleArn"]
    function = client("lambda").get_function_configuration(FunctionName="tick")["FunctionArn"]
    events.put_targets(Rule="often", Targets=[{"Id": "t", "Arn": function, **target}])
    client("lambda").add_permission(
        FunctionName="tick",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    return arn


def quiet(fired):
    """Whether nothing fires any more."""
    before = len(fired())
    time.sleep(0.35)
    return len(fired()) == before


def test_it_fires_first_after_one_interval_and_then_again(client, fired):
    began = time.monotonic()
    arn = schedule(client, "rate(3 minutes)")
    eventually(fired)
    assert time.monotonic() - began >= 0.3
    eventually(lambda: len(fired()) >= 2)
    event = fired()[0]
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == [arn]
    assert event["id"] != fired()[1]["id"]


def test_a_target_with_an_input_gets_that(client, fired):
    schedule(client, Input='{"do": "this"}')
    assert eventually(fired)[0] == {"do": "this"}


def test_disabling_stops_it_and_enabling_begins_anew(client, fired):
    schedule(client)
    eventually(fired)
    client("events").disable_rule(Name="often")
    assert quiet(fired)
    before = len(fired())
    client("events").enable_rule(Name="often")
    eventually(lambda: len(fired()) > before)


def test_putting_it_disabled_stops_it(client, fired):
    schedule(client)
    eventually(fired)
    client("events").put_rule(Name="often", ScheduleExpression="rate(1 minute)", State="DISABLED")
    assert quiet(fired)


def test_deleting_stops_it(client, fired):
    schedule(client)
    eventually(fired)
    client("events").remove_targets(Rule="often", Ids=["t"])
    client("events").delete_rule(Name="often")
    assert eventbridge_schedules._timers == {}
    assert quiet(fired)


def test_nothing_fires_after_the_cloud_was_emptied(client, cloud, fired):
    schedule(client)
    eventually(fired)
    cloud.reset()
    assert eventbridge_schedules._timers == {}
    assert quiet(fired)


def test_nothing_fires_after_the_cloud_has_stopped(client, cloud, fired, monkeypatch):
    schedule(client)
    eventually(fired)
    # The server itself serves the other tests too.
    monkeypatch.setattr(cloud._server, "stop", lambda: None)
    cloud.stop()
    assert eventbridge_schedules._timers == {}
    assert quiet(fired)


def test_cron_is_accepted(client, fired):
    schedule(client, "cron(0 12 * * ? *)")
    assert eventbridge_schedules._timers == {}


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5  hours)", "often"]
)
def test_a_bad_expression_is_refused(client, expression):
    with pytest.raises(ClientError) as caught:
        client("events").put_rule(Name="often", ScheduleExpression=expression)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
