"""State machines run: JSONata, Lambda tasks, names, waits, retries and the ends of executions."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from localcloud.tests.support import eventually, python_function, role


@pytest.fixture
def run(client):
    """`run(states, input)` creates a JSONata state machine, runs it and returns its description once it has ended."""
    states = client("stepfunctions")

    def create(machine, name="machine"):
        definition = {"QueryLanguage": "JSONata", **machine}
        return states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role(client))[
            "stateMachineArn"
        ]

    def ended(execution):
        def read():
            described = states.describe_execution(executionArn=execution)
            return described if described["status"] != "RUNNING" else None

        return eventually(read)

    def run(machine, given=None, **options):
        arn = create(machine)
        started = states.start_execution(stateMachineArn=arn, input=json.dumps(given or {}), **options)
        return ended(started["executionArn"])

    run.create, run.ended = create, ended
    return run


def one(state):
    return {"StartAt": "Only", "States": {"Only": {**state, "End": True}}}


def compute(expression):
    return one({"Type": "Pass", "Output": {"value": "{% " + expression + " %}"}})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.text", 'with "quotes",\na line and \\ and ünïcode'),
        ("$states.input.none", None),
        ("$merge([$states.input.object, {'more': 1}])", {"a": {"b": [1, 2]}, "more": 1}),
        ("$states.input.numbers[$ > 2]", [3, 4]),
        ("$sum($states.input.numbers) / 2", 5),
        ("$partition([1..5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$hash('a', 'SHA-256')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
        ("$length($uuid())", 36),
        ("$random(7) = $random(7)", True),
    ],
)
def test_jsonata_is_evaluated_on_values(run, expression, value):
    given = {
        "text": 'with "quotes",\na line and \\ and ünïcode',
        "none": None,
        "object": {"a": {"b": [1, 2]}},
        "numbers": [1, 2, 3, 4],
    }
    ended = run(compute(expression), given)
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == {"value": value}


@pytest.mark.parametrize(
    ("expression", "cause"),
    [("$states.input.absent", "returned nothing (undefined)"), ("$nonsense(1)", "threw an error")],
)
def test_a_bad_expression_fails_the_execution_by_its_name(run, expression, cause):
    ended = run(compute(expression))
    assert ended["status"] == "FAILED"
    assert ended["error"] == "States.QueryEvaluationError"
    assert cause in ended["cause"]


def test_the_context_knows_the_execution(run):
    ended = run(one({"Type": "Pass", "Output": "{% $states.context.Execution %}"}), {"a": 1}, name="the-name")
    execution = json.loads(ended["output"])
    assert execution["Name"] == "the-name"
    assert execution["Id"] == ended["executionArn"]
    assert execution["Input"] == {"a": 1}
    started = ended["startDate"].astimezone(datetime.timezone.utc)
    assert execution["StartTime"] == started.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def test_variables_reach_into_a_map_of_functions(client, run):
    arn = python_function(client, "double", "def handler(e, c): return {'n': e['n'] * e['factor']}")
    version = client("lambda").publish_version(FunctionName=arn)["FunctionArn"]
    ended = run(
        {
            "StartAt": "Remember",
            "States": {
                "Remember": {"Type": "Pass", "Assign": {"factor": 2, "quoted": 'a "b"'}, "Next": "Each"},
                "Each": {
                    "Type": "Map",
                    "Items": "{% $states.input.numbers %}",
                    "MaxConcurrency": 40,
                    "ItemProcessor": {
                        "StartAt": "Double",
                        "States": {
                            "Double": {
                                "Type": "Task",
                                "Resource": "arn:aws:states:::lambda:invoke",
                                "Arguments": {
                                    "FunctionName": version,
                                    "Payload": {"n": "{% $states.input %}", "factor": "{% $factor %}"},
                                },
                                "Output": "{% $states.result.Payload.n %}",
                                "End": True,
                            }
                        },
                    },
                    "End": True,
                },
            },
        },
        {"numbers": list(range(40))},
    )
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == [2 * n for n in range(40)]


def test_a_function_error_is_caught_by_its_type(client, run):
    arn = python_function(
        client, "fails", "class Refused(Exception): pass\ndef handler(e, c): raise Refused('not today')"
    )
    ended = run(
        {
            "StartAt": "Try",
            "States": {
                "Try": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Arguments": {"FunctionName": arn, "Payload": {}},
                    "Retry": [{"ErrorEquals": ["Other"], "MaxAttempts": 3, "IntervalSeconds": 1}],
                    "Catch": [{"ErrorEquals": ["Refused"], "Output": "{% $states.errorOutput %}", "Next": "Give up"}],
                    "End": True,
                },
                "Give up": {
                    "Type": "Fail",
                    "Error": "{% 'Backout.' & $states.input.Error %}",
                    "Cause": "{% $parse($states.input.Cause).errorMessage %}",
                },
            },
        }
    )
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Backout.Refused", "not today")


def test_a_retry_runs_the_function_again(client, run, monkeypatch):
    monkeypatch.setenv("BACKOUT_CLOUD_SCALE", "20")
    source = """
count = 0
def handler(e, c):
    global count
    count += 1
    if count < 3: raise TimeoutError('again')
    return count
"""
    arn = python_function(client, "third", source)
    ended = run(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": arn, "Payload": {}},
                "Retry": [{"ErrorEquals": ["TimeoutError"], "MaxAttempts": 4, "IntervalSeconds": 1, "BackoffRate": 1}],
                "Output": "{% $states.result.Payload %}",
            }
        )
    )
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", "3")
    history = client("stepfunctions").get_execution_history(executionArn=ended["executionArn"])["events"]
    assert [event["type"] for event in history].count("TaskFailed") == 2


def test_a_task_times_out(client, run):
    arn = python_function(client, "slow", "import time\ndef handler(e, c): time.sleep(5)")
    ended = run(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "TimeoutSeconds": "{% $states.input.limit %}",
                "Arguments": {"FunctionName": arn, "Payload": {}},
            }
        ),
        {"limit": 1},
    )
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")


def test_a_task_token_ends_the_wait(client, run):
    arn = python_function(
        client,
        "approve",
        "import boto3, json\n"
        "def handler(e, c):\n"
        "    boto3.client('stepfunctions').send_task_success(taskToken=e['token'], output=json.dumps({'by': 'me'}))",
    )
    ended = run(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Arguments": {"FunctionName": arn, "Payload": {"token": "{% $states.context.Task.Token %}"}},
            }
        )
    )
    assert json.loads(ended["output"]) == {"by": "me"}


def test_an_execution_without_a_name_gets_one_of_its_own(client, run):
    arn = run.create(compute("1"))
    states = client("stepfunctions")
    names = {
        states.start_execution(stateMachineArn=arn)["executionArn"].rpartition(":")[2] for _ in range(2)
    }
    assert len(names) == 2
    assert "None" not in names


def test_a_name_is_taken_once(client, run):
    states = client("stepfunctions")
    arn = run.create(one({"Type": "Wait", "Seconds": 1}))
    first = states.start_execution(stateMachineArn=arn, name="run-1", input='{"a":1}')
    again = states.start_execution(stateMachineArn=arn, name="run-1", input='{"a":1}')
    assert again["executionArn"] == first["executionArn"]
    with pytest.raises(ClientError) as caught:
        states.start_execution(stateMachineArn=arn, name="run-1", input='{"a":2}')
    assert caught.value.response["Error"]["Code"] == "ExecutionAlreadyExists"
    run.ended(first["executionArn"])
    with pytest.raises(ClientError) as caught:
        states.start_execution(stateMachineArn=arn, name="run-1", input='{"a":1}')
    assert caught.value.response["Error"]["Code"] == "ExecutionAlreadyExists"


@pytest.mark.parametrize(("name", "code"), [("a b", "InvalidName"), ("a/b", "InvalidName"), ("x" * 81, "ValidationException")])
def test_a_bad_name_is_refused(client, run, name, code):
    arn = run.create(compute("1"))
    with pytest.raises(ClientError) as caught:
        client("stepfunctions").start_execution(stateMachineArn=arn, name=name)
    assert caught.value.response["Error"]["Code"] == code


def test_too_large_an_input_is_refused(client, run):
    arn = run.create(compute("1"))
    with pytest.raises(ClientError) as caught:
        client("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps("ü" * 131_072))
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_the_machine_calls_as_itself(client, cloud, run):
    arn = python_function(client, "called", "def handler(e, c): return 1")
    run(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": arn, "Payload": {}},
            }
        )
    )
    assert [call["caller"] for call in cloud.calls.find(operation="Invoke")] == ["states"]
