"""A function is killed in the middle: what is at work, and exactly after the call that it is armed for."""

import json
import threading
import time
import urllib.error
import urllib.request

import pytest

from localcloud.lambda_host import asynchronous
from localcloud.tests.support import eventually, invoke, python_function

SLOW = """
import os, time
def handler(event, context):
    if event.get('sleep'):
        open(event['mark'], 'w').close()
        time.sleep(event['sleep'])
    return os.getpid()
"""

WRITES = """
import boto3, os
ssm = boto3.client('ssm')
def handler(event, context):
    for name in event['names']:
        ssm.put_parameter(Name=name, Value='written', Type='String')
    return os.getpid()
"""


@pytest.fixture
def kill(cloud):
    def send(name, body=None, method="POST"):
        request = urllib.request.Request(
            f"{cloud.endpoint}/_localcloud/functions/{name}/kill",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    return send


def in_background(client, name, event):
    """Invokes in a thread; `result()` waits for the answer."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(invoke(client, name, event)))
    thread.start()

    def result():
        thread.join()
        return answers[0]

    return result


def refused(answer):
    value = answer["value"]
    return answer["FunctionError"], value["errorType"], value["errorMessage"].partition("Error: ")[2]


KILLED = ("Unhandled", "Runtime.ExitError", "Runtime exited with error: signal: killed")


def test_what_is_at_work_is_killed_and_the_next_invocation_gets_a_new_process(client, kill, tmp_path):
    python_function(client, "slow", SLOW)
    idle = invoke(client, "slow")["value"]
    mark = tmp_path / "mark"
    result = in_background(client, "slow", {"sleep": 60, "mark": str(mark)})
    eventually(mark.exists)
    assert kill("slow") == {"killed": 1}
    assert refused(result()) == KILLED
    after = invoke(client, "slow")["value"]
    assert after != idle
    assert kill("slow") == {"killed": 0}


def test_nothing_at_work_is_nothing_killed(client, kill):
    python_function(client, "slow", SLOW)
    before = invoke(client, "slow")["value"]
    assert kill("slow") == {"killed": 0}
    assert kill("no-such-function") == {"killed": 0}
    assert invoke(client, "slow")["value"] == before


def test_other_functions_go_on(client, kill, tmp_path):
    python_function(client, "one", SLOW)
    python_function(client, "two", SLOW)
    marks = {name: tmp_path / name for name in ("one", "two")}
    results = {name: in_background(client, name, {"sleep": 1.5, "mark": str(mark)}) for name, mark in marks.items()}
    eventually(lambda: all(mark.exists() for mark in marks.values()))
    assert kill("one") == {"killed": 1}
    assert refused(results["one"]()) == KILLED
    assert isinstance(results["two"]()["value"], int)


def test_a_process_that_is_still_starting_is_killed_too(client, kill):
    python_function(client, "starts", "import time\ntime.sleep(60)\ndef handler(e, c): return 1")
    result = in_background(client, "starts", {})
    assert eventually(lambda: kill("starts")["killed"]) == 1
    assert refused(result()) == KILLED


def test_it_dies_after_the_call_that_it_is_armed_for_and_once(client, kill):
    python_function(client, "writes", WRITES)
    first = invoke(client, "writes", {"names": ["/zero"]})["value"]
    on = {"operation": "PutParameter", "resource": "/b"}
    assert kill("writes", {"on": on}) == {"killed": 0, "armed": [on]}
    assert refused(invoke(client, "writes", {"names": ["/a", "/b", "/c"]})) == KILLED
    # Carried out, but the function never heard of it.
    names = {parameter["Name"] for parameter in client("ssm").describe_parameters()["Parameters"]}
    assert names == {"/zero", "/a", "/b"}
    assert kill("writes", method="GET") == {"killed": 0, "armed": []}
    assert invoke(client, "writes", {"names": ["/d", "/e"]})["value"] != first


def test_only_the_process_that_called_dies(client, kill, tmp_path):
    source = WRITES + "\n" + SLOW.replace("def handler", "def slow") + "\ncalls = handler\n"
    source += "def handler(e, c): return slow(e, c) if 'sleep' in e else calls(e, c)\n"
    python_function(client, "both", source)
    mark = tmp_path / "mark"
    result = in_background(client, "both", {"sleep": 2, "mark": str(mark)})
    eventually(mark.exists)
    kill("both", {"on": {"operation": "PutParameter"}})
    assert refused(invoke(client, "both", {"names": ["/a"]})) == KILLED
    assert isinstance(result()["value"], int)


def test_a_call_of_somebody_else_or_one_that_is_refused_does_not_count(client, kill):
    python_function(client, "writes", WRITES)
    client("ssm").put_parameter(Name="/there", Value="v", Type="String")
    kill("writes", {"on": {"operation": "PutParameter"}})
    client("ssm").put_parameter(Name="/mine", Value="v", Type="String")
    assert refused(invoke(client, "writes", {"names": ["/there"]}))[1] == "ParameterAlreadyExists"
    assert len(kill("writes", method="GET")["armed"]) == 1
    assert kill("writes", method="DELETE")["armed"] == []
    assert isinstance(invoke(client, "writes", {"names": ["/new"]})["value"], int)


def test_an_event_is_tried_again_after_its_function_was_killed(client, kill, monkeypatch):
    monkeypatch.setattr(asynchronous, "RETRY_DELAYS_SECONDS", [0.01])
    python_function(client, "again", WRITES.replace("Type='String'", "Type='String', Overwrite=True"))
    kill("again", {"on": {"operation": "PutParameter", "resource": "/a"}})
    payload = json.dumps({"names": ["/a", "/b"]})
    client("lambda").invoke(FunctionName="again", InvocationType="Event", Payload=payload)
    eventually(lambda: len(client("ssm").describe_parameters()["Parameters"]) == 2)
    assert client("ssm").get_parameter(Name="/a")["Parameter"]["Version"] == 2


def test_what_is_armed_is_forgotten_with_the_cloud(cloud, kill):
    kill("f", {"on": {"operation": "PutParameter"}})
    cloud.reset()
    assert kill("f", method="GET")["armed"] == []


@pytest.mark.parametrize("body", [[], {"when": 1}, {"on": {}}, {"on": {"operation": "X", "colour": "blue"}}])
def test_a_bad_body_is_refused(kill, body):
    with pytest.raises(urllib.error.HTTPError) as caught:
        kill("f", body)
    assert caught.value.code == 400


def test_a_killed_process_does_not_hold_up_the_server(client, kill):
    python_function(client, "writes", WRITES)
    kill("writes", {"on": {"operation": "PutParameter"}})
    began = time.monotonic()
    invoke(client, "writes", {"names": ["/a"]})
    assert time.monotonic() - began < 5
