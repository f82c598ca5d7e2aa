"""Alarms run their actions when their state changes, and only then."""

import datetime
import json
import urllib.request

import pytest

from localcloud.tests.support import eventually, python_function

RECORD = """
import boto3, json
def handler(event, context):
    boto3.client('sqs').send_message(QueueUrl='http://sqs/123456789012/seen', MessageBody=json.dumps(event))
"""


@pytest.fixture
def topic(client):
    return client("sns").create_topic(Name="incidents")["TopicArn"]


@pytest.fixture
def seen(client):
    """What the function of RECORD was invoked with."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="seen")["QueueUrl"]
    return lambda: [json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=url).get("Messages", [])]


def put_alarm(client, **options):
    client("cloudwatch").put_metric_alarm(
        AlarmName="db-down",
        AlarmDescription="The database is gone",
        Namespace="Ons",
        MetricName="Healthy",
        Dimensions=[{"Name": "Instance", "Value": "influx"}],
        Statistic="Minimum",
        Period=60,
        EvaluationPeriods=30,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
        **options,
    )


def set_state(client, value, reason="because"):
    client("cloudwatch").set_alarm_state(AlarmName="db-down", StateValue=value, StateReason=reason)


def messages(cloud, topic):
    with urllib.request.urlopen(f"{cloud.endpoint}/_localcloud/messages?topic={topic}") as answer:
        return json.load(answer)["messages"]


def described(client):
    return client("cloudwatch").describe_alarms(AlarmNames=["db-down"])["MetricAlarms"][0]


def test_a_topic_gets_the_message_that_cloudwatch_sends(cloud, client, topic):
    put_alarm(client, AlarmActions=[topic])
    set_state(client, "ALARM", "30 datapoints were missing")

    (published,) = messages(cloud, topic)
    assert published["subject"] == 'ALARM: "db-down" in US East (N. Virginia)'
    message = json.loads(published["message"])
    assert message["AlarmName"] == "db-down"
    assert message["AlarmArn"] == described(client)["AlarmArn"]
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert message["NewStateReason"] == "30 datapoints were missing"
    assert message["AWSAccountId"] == "123456789012"
    changed = datetime.datetime.strptime(message["StateChangeTime"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs((changed - described(client)["StateTransitionedTimestamp"]).total_seconds()) < 0.002
    assert message["Trigger"]["MetricName"] == "Healthy"
    assert message["Trigger"]["Statistic"] == "MINIMUM"
    assert message["Trigger"]["Dimensions"] == [{"name": "Instance", "value": "influx"}]
    assert message["Trigger"]["EvaluationPeriods"] == 30
    assert message["Trigger"]["TreatMissingData"] == "breaching"


def test_staying_in_a_state_sends_nothing_and_is_no_transition(cloud, client, topic):
    put_alarm(client, AlarmActions=[topic])
    set_state(client, "ALARM")
    transitioned = described(client)["StateTransitionedTimestamp"]
    set_state(client, "ALARM", "still")
    assert len(messages(cloud, topic)) == 1
    assert described(client)["StateTransitionedTimestamp"] == transitioned
    assert described(client)["StateReason"] == "still"


def test_each_state_has_its_own_actions(cloud, client, topic):
    put_alarm(client, OKActions=[topic])
    set_state(client, "ALARM")
    assert messages(cloud, topic) == []
    set_state(client, "OK")
    assert [json.loads(m["message"])["NewStateValue"] for m in messages(cloud, topic)] == ["OK"]


def test_disabled_actions_do_not_run(cloud, client, topic):
    put_alarm(client, AlarmActions=[topic], ActionsEnabled=False)
    set_state(client, "ALARM")
    assert messages(cloud, topic) == []


def test_an_alarm_begins_without_data_and_keeps_its_state_when_put_again(client):
    put_alarm(client)
    assert described(client)["StateValue"] == "INSUFFICIENT_DATA"
    set_state(client, "ALARM")
    put_alarm(client, ActionsEnabled=False)
    assert described(client)["StateValue"] == "ALARM"


def test_a_function_gets_an_event_of_another_shape(client, seen):
    arn = python_function(client, "trigger", RECORD)
    client("lambda").add_permission(
        FunctionName="trigger",
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
        SourceAccount="123456789012",
    )
    put_alarm(client, AlarmActions=[arn])
    set_state(client, "ALARM", "gone")

    event = eventually(seen)[0]
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmArn"] == described(client)["AlarmArn"]
    assert event["alarmData"]["alarmName"] == "db-down"
    assert event["alarmData"]["state"]["value"] == "ALARM"
    assert event["alarmData"]["state"]["reason"] == "gone"
    assert event["alarmData"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    metric = event["alarmData"]["configuration"]["metrics"][0]["metricStat"]["metric"]
    assert metric == {"namespace": "Ons", "name": "Healthy", "dimensions": {"Instance": "influx"}}


def test_a_topic_invokes_its_function_with_the_message(client, topic, seen):
    arn = python_function(client, "trigger", RECORD)
    client("lambda").add_permission(
        FunctionName="trigger",
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    subscription = client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)["SubscriptionArn"]
    put_alarm(client, AlarmActions=[topic])
    set_state(client, "ALARM")

    (record,) = eventually(seen)[0]["Records"]
    assert record["EventSource"] == "aws:sns"
    assert record["EventSubscriptionArn"] == subscription
    assert record["Sns"]["TopicArn"] == topic
    assert json.loads(record["Sns"]["Message"])["AlarmName"] == "db-down"


def test_a_function_that_does_not_admit_the_topic_is_not_invoked(client, topic, monkeypatch):
    invoked = []
    monkeypatch.setattr("localcloud.extensions.sns.invoke_arn_later", lambda arn, event: invoked.append(arn))
    closed = python_function(client, "closed", RECORD)
    opened = python_function(client, "opened", RECORD)
    client("lambda").add_permission(
        FunctionName="opened", StatementId="topic", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com"
    )
    for endpoint in (closed, opened):
        client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=endpoint)
    client("sns").publish(TopicArn=topic, Message="hello")
    assert invoked == [opened]
