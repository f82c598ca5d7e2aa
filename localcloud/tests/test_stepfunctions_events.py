"""Executions tell the default bus when they begin and end, and end once."""

import json
import time

import pytest

from localcloud.extensions import stepfunctions_events
from localcloud.tests.support import eventually, python_function, role

WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}


@pytest.fixture
def told(client):
    """A queue with all events of executions; `told(n)` waits for `n` of them,."""
    sqs, events = client("sqs"), client("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
    events.put_rule(Name="told", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="told", Targets=[{"Id": "q", "Arn": arn}])
    found = []

    def told(wanted):
        def read():
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            found.extend(json.loads(message["Body"]) for message in messages)
            return len(found) >= wanted

        eventually(read)
        time.sleep(0.1)
        read()
        assert len(found) == wanted
        return found

    return told


@pytest.fixture
def start(client):
    states = client("stepfunctions")

    def start(definition, given="{}", **options):
        machine = states.create_state_machine(
            name="m", definition=json.dumps({"QueryLanguage": "JSONata"} | definition), roleArn=role(client), **options
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine, name="run", input=given)["executionArn"]
        return machine, execution

    return start


def described(client, execution):
    return client("stepfunctions").describe_execution(executionArn=execution)


def milliseconds(date):
    return round(date.timestamp() * 1000)


def one(state):
    return {"StartAt": "Only", "States": {"Only": state}}


def test_the_beginning_and_the_success(client, told, start):
    machine, execution = start(one({"Type": "Pass", "Output": {"b": 2}, "End": True}), '{"a": 1}')
    begun, ended = told(2)
    assert begun["resources"] == ended["resources"] == [execution]
    assert (begun["account"], begun["region"]) == ("123456789012", "us-east-1")
    description = described(client, execution)
    expected = {
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": "run",
        "status": "RUNNING",
        "startDate": milliseconds(description["startDate"]),
        "stopDate": None,
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": None,
        "error": None,
        "cause": None,
    }
    assert begun["detail"] == begun["detail"] | expected
    expected |= {
        "status": "SUCCEEDED",
        "stopDate": milliseconds(description["stopDate"]),
        "output": '{"b":2}',
        "outputDetails": {"included": True},
    }
    assert ended["detail"] == ended["detail"] | expected


def test_a_failure_tells_error_and_cause(told, start):
    start(one({"Type": "Fail", "Error": "Broken", "Cause": "it was old"}))
    detail = told(2)[1]["detail"]
    assert (detail["status"], detail["error"], detail["cause"], detail["output"]) == (
        "FAILED",
        "Broken",
        "it was old",
        None,
    )


def test_the_timeout_of_the_state_machine(client, told, start):
    _, execution = start(WAIT | {"TimeoutSeconds": 1})
    detail = told(2)[1]["detail"]
    assert detail["status"] == "TIMED_OUT"
    assert detail["stopDate"] - detail["startDate"] >= 1000
    assert milliseconds(described(client, execution)["stopDate"]) == detail["stopDate"]


def test_an_aborted_execution_has_the_error_and_the_cause_of_who_aborted_it(client, told, start):
    _, execution = start(WAIT)
    states = client("stepfunctions")
    stopped = states.stop_execution(executionArn=execution, error="Operator", cause="enough")
    detail = told(2)[1]["detail"]
    assert (detail["status"], detail["error"], detail["cause"]) == ("ABORTED", "Operator", "enough")
    assert detail["stopDate"] == milliseconds(stopped["stopDate"])
    description = described(client, execution)
    assert (description["status"], description["error"], description["cause"]) == ("ABORTED", "Operator", "enough")
    assert states.stop_execution(executionArn=execution)["stopDate"] == stopped["stopDate"]
    told(2)

    def last():
        return states.get_execution_history(executionArn=execution)["events"][-1]["type"] == "ExecutionAborted"

    eventually(last)


def test_an_execution_is_aborted_in_the_middle_of_a_task_that_then_fails(client, told, start):
    arn = python_function(client, "slow", "import time\ndef handler(e, c):\n  time.sleep(0.5)\n  raise ValueError('no')")
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": arn}}
    _, execution = start(one(task | {"End": True}))
    states = client("stepfunctions")
    states.stop_execution(executionArn=execution)
    assert described(client, execution)["status"] == "ABORTED"

    def history():
        return [event["type"] for event in states.get_execution_history(executionArn=execution)["events"]]

    eventually(lambda: "ExecutionAborted" in history())
    assert described(client, execution)["status"] == "ABORTED"
    assert "ExecutionFailed" not in history()
    assert [event["detail"]["status"] for event in told(2)] == ["RUNNING", "ABORTED"]


def test_a_large_input_is_left_out(told, start, monkeypatch):
    monkeypatch.setattr(stepfunctions_events, "_LIMIT", 20)
    start(one({"Type": "Pass", "Output": "{% 'x' %}", "End": True}), '{"long": "long long"}')
    ended = told(2)[1]["detail"]
    assert (ended["input"], ended["inputDetails"]) == (None, {"included": False})
    assert (ended["output"], ended["outputDetails"]) == ('"x"', {"included": True})


def test_an_express_workflow_tells_nobody(client, told, start):
    start(one({"Type": "Pass", "End": True}), type="EXPRESS")
    time.sleep(0.3)
    told(0)


def test_executions_that_end_because_the_cloud_is_emptied_tell_nobody(client, cloud, start):
    start(WAIT)
    cloud.reset()
    sqs, events = client("sqs"), client("events")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventPattern='{"source": [{"prefix": ""}]}')
    events.put_targets(Rule="all", Targets=[{"Id": "q", "Arn": arn}])
    time.sleep(0.3)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
