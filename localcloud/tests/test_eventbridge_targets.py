"""Rules deliver events to their targets: what matches, while they are enabled, and only if they may."""

import datetime
import json

import pytest

from localcloud.extensions._eventbridge_input import at_path, input_of
from localcloud.lambda_host import asynchronous
from localcloud.tests.support import eventually, python_function

PATTERN = {"source": ["shop"], "detail": {"state": ["broken"]}}


@pytest.fixture
def delivered(client, monkeypatch):
    """The function `target`, and `delivered()`, what it was invoked with so far: `[(arn, event)]`."""
    invoked = []
    monkeypatch.setattr(
        "localcloud.extensions.eventbridge_targets.invoke_arn_later", lambda arn, event: invoked.append((arn, event))
    )
    python_function(client, "target", "def handler(e, c): return e")
    return lambda: invoked


def rule(client, target=None, name="broken", pattern=PATTERN, bus="default", **options):
    """Creates the rule with one target, a function that admits it, and returns the rule's ARN."""
    events, functions = client("events"), client("lambda")
    arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern), EventBusName=bus, **options)["RuleArn"]
    target = {"Id": "t", "Arn": function_arn(client)} | (target or {})
    assert events.put_targets(Rule=name, EventBusName=bus, Targets=[target])["FailedEntryCount"] == 0
    if ":lambda:" in target["Arn"]:
        functions.add_permission(
            FunctionName=target["Arn"],
            StatementId=name,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=arn,
        )
    return arn


def function_arn(client):
    return client("lambda").get_function_configuration(FunctionName="target")["FunctionArn"]


def put(client, detail=None, source="shop", **options):
    entry = {"Source": source, "DetailType": "Order", "Detail": json.dumps(detail or {"state": "broken"})} | options
    return client("events").put_events(Entries=[entry])


def test_a_matching_event_reaches_the_function_as_aws_sends_it(client, delivered):
    rule(client)
    time = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
    event_id = put(client, Time=time, Resources=["arn:aws:shop:::order/1"])["Entries"][0]["EventId"]
    assert delivered() == [
        (
            function_arn(client),
            {
                "version": "0",
                "id": event_id,
                "detail-type": "Order",
                "source": "shop",
                "account": "123456789012",
                "time": "2024-05-06T07:08:09Z",
                "region": "us-east-1",
                "resources": ["arn:aws:shop:::order/1"],
                "detail": {"state": "broken"},
            },
        )
    ]


def test_what_does_not_match_is_not_delivered(client, delivered):
    rule(client)
    put(client, {"state": "fine"})
    put(client, source="other")
    assert delivered() == []


def test_a_rule_with_a_schedule_alone_matches_no_event(client, delivered):
    events = client("events")
    arn = events.put_rule(Name="often", ScheduleExpression="rate(1 day)")["RuleArn"]
    events.put_targets(Rule="often", Targets=[{"Id": "t", "Arn": function_arn(client)}])
    client("lambda").add_permission(
        FunctionName="target",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    put(client)
    assert delivered() == []


def test_a_disabled_rule_delivers_nothing_until_it_is_enabled(client, delivered):
    rule(client)
    client("events").disable_rule(Name="broken")
    put(client)
    assert delivered() == []
    client("events").enable_rule(Name="broken")
    put(client)
    assert len(delivered()) == 1


def test_a_rule_can_be_put_disabled_and_without_its_targets(client, delivered):
    rule(client, State="DISABLED")
    put(client)
    client("events").put_rule(Name="broken", EventPattern=json.dumps(PATTERN))
    put(client)
    assert len(delivered()) == 1


@pytest.mark.parametrize(
    "permission",
    [
        {"Principal": "sns.amazonaws.com"},
        {"Principal": "events.amazonaws.com", "SourceArn": "arn:aws:events:us-east-1:123456789012:rule/other"},
    ],
)
def test_a_function_that_does_not_admit_the_rule_is_not_invoked(client, delivered, permission, caplog):
    events = client("events")
    events.put_rule(Name="broken", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="broken", Targets=[{"Id": "t", "Arn": function_arn(client)}])
    client("lambda").add_permission(
        FunctionName="target", StatementId="s", Action="lambda:InvokeFunction", **permission
    )
    answer = put(client)
    assert answer["FailedEntryCount"] == 0
    assert delivered() == []
    assert "does not let events.amazonaws.com invoke it" in caplog.text


def test_an_alias_needs_a_permission_of_its_own(client, delivered):
    functions = client("lambda")
    version = functions.publish_version(FunctionName="target")["Version"]
    alias = functions.create_alias(FunctionName="target", Name="live", FunctionVersion=version)["AliasArn"]
    arn = rule(client)  # admits the function, not the alias
    client("events").put_targets(Rule="broken", Targets=[{"Id": "t", "Arn": alias}])
    put(client)
    assert delivered() == []
    functions.add_permission(
        FunctionName="target",
        Qualifier="live",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=arn,
    )
    put(client)
    assert [target for target, _ in delivered()] == [alias]


def test_a_custom_bus_has_its_own_rules(client, delivered):
    client("events").create_event_bus(Name="orders")
    assert rule(client, bus="orders").endswith(":rule/orders/broken")
    put(client)
    assert delivered() == []
    put(client, EventBusName="orders")
    assert len(delivered()) == 1


def test_an_event_in_the_name_of_aws_is_refused(client, delivered):
    rule(client, pattern={"account": ["123456789012"]})
    entries = [
        {"Source": "aws.states", "DetailType": "d", "Detail": "{}"},
        {"Source": "shop", "DetailType": "d", "Detail": "{}"},
    ]
    answer = client("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert [event["id"] for _, event in delivered()] == [answer["Entries"][1]["EventId"]]


EVENT = {
    "source": "shop",
    "detail-type": "Order",
    "time": "2024-05-06T07:08:09Z",
    "detail": {"state": 'the "last"', "count": 3, "items": [{"id": "a"}, {"id": "b"}]},
}


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ({}, EVENT),
        ({"Input": '{"constant": [1]}'}, {"constant": [1]}),
        ({"InputPath": "$.detail.items[1].id"}, "b"),
        ({"InputPath": "$.detail-type"}, "Order"),
        ({"InputPath": "$"}, EVENT),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"state": "$.detail.state", "count": "$.detail.count", "none": "$.detail.none"},
                    "InputTemplate": '{"text": "<state>: <count> of <none>", "state": <state>, "count": <count>, '
                    '"rule": <aws.events.rule-name>, "all": <aws.events.event.json>}',
                }
            },
            {"text": 'the "last": 3 of ', "state": 'the "last"', "count": 3, "rule": "r", "all": EVENT},
        ),
        ({"InputTransformer": {"InputTemplate": '"it happened at <aws.events.rule-arn>"'}}, "it happened at arn"),
    ],
)
def test_a_target_gets_the_input_that_it_asks_for(target, value):
    assert input_of(target, EVENT, "arn", "r") == value


def test_paths_find_all_or_nothing_and_others_are_refused():
    assert at_path(EVENT, "$.detail.items[*].id") == ["a", "b"]
    assert at_path(EVENT, "$.detail.items[7].id") is None
    with pytest.raises(ValueError, match="not a path"):
        at_path(EVENT, "$.detail.items[?(@.id)]")


def test_a_queue_and_a_topic_are_targets_too(client, cloud, delivered):
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    rule(client, {"Arn": queue, "InputPath": "$.detail"}, name="one")
    rule(client, {"Arn": topic, "Input": '{"from": "topic"}'}, name="two")
    put(client)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"]) for message in messages] == [{"state": "broken"}, {"from": "topic"}]


def test_another_kind_of_target_is_said_to_be_out_of_reach(client, delivered, caplog):
    rule(client)
    kinesis = {"Id": "k", "Arn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}
    client("events").put_targets(Rule="broken", Targets=[kinesis])
    assert put(client)["FailedEntryCount"] == 0
    assert len(delivered()) == 1
    assert kinesis["Arn"] in caplog.text


def test_a_function_that_fails_is_tried_again_and_then_goes_to_its_destination(client, monkeypatch):
    monkeypatch.setattr(asynchronous, "RETRY_DELAYS_SECONDS", [0.01])
    python_function(client, "target", "def handler(e, c): raise ValueError('no')")
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("lambda").put_function_event_invoke_config(
        FunctionName="target", DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    rule(client, {"Input": '{"a": 1}'})
    put(client)
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    record = json.loads(message["Body"])
    assert record["requestPayload"] == {"a": 1}
    assert record["requestContext"]["approximateInvokeCount"] == 3
