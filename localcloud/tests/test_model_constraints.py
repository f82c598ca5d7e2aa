"""Requests with values that the public models exclude, and operations that are not there."""

import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localcloud.tests.support import python_function, settled

ROLE = "arn:aws:iam::123456789012:role/r"
# The first answer counts: what a client would try again shows as it is.
ONCE = Config(retries={"max_attempts": 0})


def refusal(call):
    """Code, status and message."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"Environment": {"Variables": {"1ST": "x"}}},
            "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must "
            "satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
        ),
        (
            {"Timeout": 100_000},
            "1 validation error detected: Value '100000' at 'timeout' failed to satisfy constraint: "
            "Member must have value less than or equal to 5400",
        ),
        (
            {"Timeout": 100_000, "Handler": "a b"},
            "2 validation errors detected: Value 'a b' at 'handler' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: [^\\s]+; Value '100000' at 'timeout' failed to satisfy constraint: "
            "Member must have value less than or equal to 5400",
        ),
    ],
)
def test_settings_of_a_function(client, wrong, message):
    python_function(client, "f", "def handler(e, c): return 1")
    before = client("lambda").get_function_configuration(FunctionName="f")
    update = client("lambda").update_function_configuration
    assert refusal(lambda: update(FunctionName="f", **wrong)) == ("ValidationException", 400, message)
    after = client("lambda").get_function_configuration(FunctionName="f")
    assert after["RevisionId"] == before["RevisionId"]


def test_a_runtime_that_does_not_exist(client):
    python_function(client, "f", "def handler(e, c): return 1")
    update = client("lambda").update_function_configuration
    code, status, message = refusal(lambda: update(FunctionName="f", Runtime="python9"))
    assert (code, status) == ("ValidationException", 400)
    assert "Value 'python9' at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [" in message


def test_names_of_rules(client):
    put = client("events").put_rule
    assert refusal(lambda: put(Name="a b", EventPattern='{"source": ["a"]}')) == (
        "ValidationException",
        400,
        "1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
    )


def test_a_definition_that_is_too_long(client):
    create = client("stepfunctions").create_state_machine
    assert refusal(lambda: create(name="m", definition=json.dumps({"Comment": "x" * 2**20}), roleArn=ROLE)) == (
        "ValidationException",
        400,
        "1 validation error detected: Value at 'definition' failed to satisfy constraint: "
        "Member must have length less than or equal to 1048576",
    )


def test_weights_and_names_of_aliases(client):
    python_function(client, "f", "def handler(e, c): return 1", Publish=True)
    functions = client("lambda")
    settled(client, "f")
    code, _, message = refusal(lambda: functions.create_alias(FunctionName="f", Name="12", FunctionVersion="1"))
    assert (code, "'12' at 'name'" in message) == ("ValidationException", True)
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    update = functions.update_alias
    weights = lambda **given: {"RoutingConfig": {"AdditionalVersionWeights": given}}  # noqa: E731
    assert refusal(lambda: update(FunctionName="f", Name="live", **weights(**{"1": 1.5})))[0] == "ValidationException"
    assert refusal(lambda: update(FunctionName="f", Name="live", **weights(**{"9": 0.5})))[:2] == (
        "ResourceNotFoundException",
        404,
    )
    assert refusal(lambda: update(FunctionName="f", Name="live", **weights(**{"1": 0.5}))) == (
        "InvalidParameterValueException",
        400,
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
    )


def test_an_operation_that_is_not_there_is_refused_and_not_a_fault(client):
    insights = client("cloudwatch", config=ONCE)
    code, status, message = refusal(lambda: insights.put_anomaly_detector(Namespace="n", MetricName="m", Stat="Sum"))
    assert (code, status) == ("UnknownOperationException", 400)
    assert message.startswith("The local cloud cannot do PutAnomalyDetector of cloudwatch.")
