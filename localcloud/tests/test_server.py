"""The server under load, and emptied."""

import json
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from localcloud.tests.support import eventually, python_function, role


def test_fifty_requests_at_a_time_are_served(client, cloud):
    table = {
        "TableName": "t",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    }
    client("dynamodb").create_table(**table)
    python_function(client, "f", "def handler(e, c): return e['n']")
    once = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
    dynamodb, functions, logs = (client(name, config=once) for name in ("dynamodb", "lambda", "logs"))

    def request(n):
        dynamodb.put_item(TableName="t", Item={"k": {"S": str(n)}})
        logs.create_log_group(logGroupName=f"/g/{n}")
        return json.load(functions.invoke(FunctionName="f", Payload=json.dumps({"n": n}))["Payload"])

    with ThreadPoolExecutor(50) as threads:
        assert list(threads.map(request, range(150))) == list(range(150))
    assert client("dynamodb").scan(TableName="t", Select="COUNT")["Count"] == 150
    assert not [call for call in cloud.calls.find() if call["status"] >= 400]


def test_a_reset_forgets_resources_and_stops_what_runs(client, cloud):
    arn = python_function(client, "tick", "def handler(e, c): return 1")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": arn, "Payload": {}},
        "Next": "Pause",
    }
    again = {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Tick"}], "Default": "Over"}
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Tick",
        "States": {"Tick": task, "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Again"}, "Again": again, "Over": {"Type": "Succeed"}},
    }
    states = client("stepfunctions")
    machine_arn = states.create_state_machine(name="m", definition=json.dumps(machine), roleArn=role(client))[
        "stateMachineArn"
    ]
    execution = states.start_execution(stateMachineArn=machine_arn)["executionArn"]
    eventually(lambda: cloud.calls.find(caller="states"))
    running = stepfunctions_parser_backends["123456789012"]["us-east-1"].describe_execution(execution)

    cloud.reset()

    assert client("lambda").list_functions()["Functions"] == []
    assert states.list_state_machines()["stateMachines"] == []
    # It ends by itself: nothing has to be called that is no longer there.
    eventually(lambda: running.status == "ABORTED")
    assert not cloud.calls.find(caller="states")

