"""The log of API calls."""

import json
import urllib.request

import pytest
from botocore.exceptions import ClientError

from localcloud.tests.support import invoke, python_function


def calls(cloud, query=""):
    with urllib.request.urlopen(f"{cloud.endpoint}/_localcloud/calls{query}") as answer:
        return json.load(answer)["calls"]


@pytest.mark.parametrize(
    ("service", "act", "logged_service", "operation", "resource", "parameters"),
    [
        (
            "ssm",  # JSON
            lambda ssm: ssm.put_parameter(Name="/a", Value="s3cret", Type="String"),
            "ssm",
            "PutParameter",
            "/a",
            ["Name", "Type", "Value"],
        ),
        (
            "sns",  # query
            lambda sns: sns.create_topic(Name="topic"),
            "sns",
            "CreateTopic",
            "topic",
            ["Name"],
        ),
        (
            "s3",  # REST, XML
            lambda s3: s3.create_bucket(Bucket="bucket"),
            "s3",
            "CreateBucket",
            "bucket",
            ["Bucket"],
        ),
        (
            "apigateway",  # REST, JSON
            lambda api: api.create_rest_api(name="api"),
            "apigateway",
            "CreateRestApi",
            "api",
            ["name"],
        ),
        (
            "timestream-write",  # a signing name that two services share
            lambda timestream: timestream.create_database(DatabaseName="db"),
            "timestream-write",
            "CreateDatabase",
            None,
            ["DatabaseName"],
        ),
    ],
)
def test_a_call_is_recorded_whatever_the_protocol(
    cloud, client, service, act, logged_service, operation, resource, parameters
):
    act(client(service))
    call = calls(cloud, f"?operation={operation}")[-1]
    assert call["service"] == logged_service
    assert call["resource"] == resource
    assert call["parameters"] == parameters
    assert call["status"] in (200, 201)
    assert (call["error"], call["function"], call["caller"]) == (None, None, "operator")
    assert "s3cret" not in cloud.calls.path.read_text()


@pytest.mark.parametrize(
    ("service", "act", "code"),
    [
        ("ssm", lambda ssm: ssm.get_parameter(Name="/none"), "ParameterNotFound"),
        ("s3", lambda s3: s3.get_object(Bucket="none", Key="k"), "NoSuchBucket"),
        ("lambda", lambda functions: functions.get_function(FunctionName="none"), "ResourceNotFoundException"),
        ("sns", lambda sns: sns.get_topic_attributes(TopicArn="arn:aws:sns:us-east-1:123456789012:none"), "NotFound"),
    ],
)
def test_an_error_is_recorded_by_its_code(cloud, client, service, act, code):
    with pytest.raises(ClientError):
        act(client(service))
    call = calls(cloud)[-1]
    assert call["error"] == code
    assert call["status"] >= 400


def test_the_calling_function_is_known(cloud, client):
    source = "import boto3\ndef handler(e, c): boto3.client('sqs').create_queue(QueueName='from-a-function')"
    python_function(client, "caller", source)
    invoke(client, "caller")
    found = calls(cloud, "?function=caller")
    assert [(call["operation"], call["caller"]) for call in found] == [("CreateQueue", "function")]


def test_since_and_filters_narrow_the_list(cloud, client):
    client("sqs").create_queue(QueueName="one")
    last = calls(cloud)[-1]["seq"]
    client("sqs").create_queue(QueueName="two")
    client("ssm").describe_parameters()
    assert [call["operation"] for call in calls(cloud, f"?since={last}")] == ["CreateQueue", "DescribeParameters"]
    assert [call["operation"] for call in calls(cloud, f"?since={last}&service=ssm")] == ["DescribeParameters"]
    lines = cloud.calls.path.read_text().splitlines()
    assert [json.loads(line) for line in lines] == calls(cloud)
