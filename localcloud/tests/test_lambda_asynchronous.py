"""Asynchronous invocation: retries, destinations and their configuration."""

import json

import pytest
from botocore.exceptions import ClientError

from localcloud.lambda_host import asynchronous
from localcloud.tests.support import eventually, python_function


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(asynchronous, "RETRY_DELAYS_SECONDS", [0.01])


@pytest.fixture
def queue(client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive():
        messages = sqs.receive_message(QueueUrl=url).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    receive.arn = arn
    return receive


def send(client, name, event):
    answer = client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""
    return answer["ResponseMetadata"]["RequestId"]


def runs(client, name):
    """How often the function was begun."""
    events = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="START")["events"]
    return len(events)


def test_a_failure_is_tried_three_times_and_then_goes_to_the_destination(client, queue):
    arn = python_function(client, "fails", "def handler(e, c): raise ValueError('no')")
    client("lambda").put_function_event_invoke_config(
        FunctionName="fails", DestinationConfig={"OnFailure": {"Destination": queue.arn}}
    )

    request_id = send(client, "fails", {"a": 1})

    record = eventually(queue)[0]
    context = record["requestContext"]
    assert context == {
        "requestId": request_id,
        "functionArn": f"{arn}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == {"a": 1}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["responsePayload"]["errorType"] == "ValueError"
    assert runs(client, "fails") == 3


def test_the_number_of_retries_is_the_configured_one(client, queue):
    python_function(client, "fails", "def handler(e, c): raise ValueError('no')")
    client("lambda").put_function_event_invoke_config(
        FunctionName="fails",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue.arn}},
    )
    send(client, "fails", {})
    assert eventually(queue)[0]["requestContext"]["approximateInvokeCount"] == 1


def test_a_success_is_not_retried_and_goes_to_its_own_destination(client, queue):
    python_function(client, "works", "def handler(e, c): return {'done': e['a']}")
    client("lambda").put_function_event_invoke_config(
        FunctionName="works", DestinationConfig={"OnSuccess": {"Destination": queue.arn}}
    )
    send(client, "works", {"a": 7})
    record = eventually(queue)[0]
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == {"done": 7}
    assert runs(client, "works") == 1


def test_each_qualifier_has_its_own_configuration(client, queue):
    python_function(client, "fails", "def handler(e, c): raise ValueError('no')")
    functions = client("lambda")
    version = functions.publish_version(FunctionName="fails")["Version"]
    functions.create_alias(FunctionName="fails", Name="live", FunctionVersion=version)
    functions.put_function_event_invoke_config(FunctionName="fails", Qualifier="live", MaximumRetryAttempts=1)
    functions.update_function_event_invoke_config(
        FunctionName="fails", Qualifier="live", DestinationConfig={"OnFailure": {"Destination": queue.arn}}
    )

    config = functions.get_function_event_invoke_config(FunctionName="fails", Qualifier="live")
    assert config["MaximumRetryAttempts"] == 1
    assert config["FunctionArn"].endswith(":fails:live")
    assert len(functions.list_function_event_invoke_configs(FunctionName="fails")["FunctionEventInvokeConfigs"]) == 1
    with pytest.raises(ClientError) as caught:
        functions.get_function_event_invoke_config(FunctionName="fails")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"

    send(client, "fails:live", {})
    record = eventually(queue)[0]
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["executedVersion"] == version

    functions.delete_function_event_invoke_config(FunctionName="fails", Qualifier="live")
    assert not functions.list_function_event_invoke_configs(FunctionName="fails")["FunctionEventInvokeConfigs"]
