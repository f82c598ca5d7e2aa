"""Functions run as processes: Python packages, executables and this project's own binaries."""

import json
import re
import sys
import threading

import pytest
from botocore.exceptions import ClientError

from localcloud.lambda_host import host
from localcloud.tests.support import eventually, invoke, python_function, role, settled, zip_of

ECHO = """
import os
count = 0
def handler(event, context):
    global count
    count += 1
    return {"event": event, "count": count, "pid": os.getpid(), "env": dict(os.environ),
            "id": context.aws_request_id, "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis()}
"""

# The Runtime API by hand, as our own binaries speak it.
BINARY = f"""#!{sys.executable}
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    invocation = api.getresponse()
    event = json.loads(invocation.read())
    path = "/2018-06-01/runtime/invocation/" + invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    if "fail" in event:
        body, path = json.dumps({{"errorType": "Backout.Refused", "errorMessage": event["fail"]}}), path + "/error"
    else:
        body, path = json.dumps({{"deadline": invocation.headers["Lambda-Runtime-Deadline-Ms"]}}), path + "/response"
    api.request("POST", path, body)
    assert api.getresponse().read()
"""


def binary_function(client, cloud, tmp_path, monkeypatch, text=BINARY):
    binary = tmp_path / "backout-thing"
    binary.write_text(text)
    binary.chmod(0o755)
    monkeypatch.setattr(host, "_bin_dir", tmp_path)
    client("lambda").create_function(
        FunctionName="thing",
        Role=role(client),
        Runtime="provided.al2023",
        Handler="bootstrap",
        Timeout=5,
        Code={"ZipFile": zip_of({"backout.json": json.dumps({"binary": "backout-thing"})})},
    )
    return binary


def test_a_python_function_gets_its_event_context_and_environment(client):
    arn = python_function(client, "echo", ECHO, Environment={"Variables": {"COLOUR": "blue"}}, MemorySize=256)

    answer = invoke(client, "echo", {"a": 1})

    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    assert answer["ExecutedVersion"] == "$LATEST"
    value = answer["value"]
    assert value["event"] == {"a": 1}
    assert value["arn"] == arn
    assert value["id"] == answer["ResponseMetadata"]["RequestId"]
    assert 5_000 < value["left"] <= 10_000
    env = value["env"]
    assert env["COLOUR"] == "blue"
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == "echo"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert env["AWS_REGION"] == "us-east-1"


def test_a_process_is_reused_until_the_function_changes(client):
    python_function(client, "echo", ECHO)
    first, second = invoke(client, "echo")["value"], invoke(client, "echo")["value"]
    assert (first["count"], second["count"]) == (1, 2)

    client("lambda").update_function_configuration(FunctionName="echo", Environment={"Variables": {"COLOUR": "red"}})
    settled(client, "echo")
    changed = invoke(client, "echo")["value"]
    assert (changed["count"], changed["env"]["COLOUR"]) == (1, "red")

    client("lambda").update_function_code(
        FunctionName="echo", ZipFile=zip_of({"app.py": "def handler(event, context): return 'new'"})
    )
    settled(client, "echo")
    assert invoke(client, "echo")["value"] == "new"


def test_concurrent_invocations_run_side_by_side(client):
    source = "import os, time\ndef handler(e, c):\n    time.sleep(0.3)\n    return os.getpid()"
    python_function(client, "meet", source)
    pids = []
    threads = [threading.Thread(target=lambda: pids.append(invoke(client, "meet")["value"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4
    assert len(set(pids)) > 1


def test_more_invocations_than_processes_wait_for_one(client, monkeypatch):
    monkeypatch.setattr("localcloud.lambda_host.pool.PROCESSES_PER_FUNCTION", 2)
    python_function(client, "echo", ECHO)
    pids = []
    threads = [threading.Thread(target=lambda: pids.append(invoke(client, "echo")["value"]["pid"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 8
    assert len(set(pids)) <= 2


def test_an_exception_is_the_answer_with_its_type(client):
    python_function(client, "bad", "def handler(e, c):\n    raise LookupError('no such thing')")
    answer = invoke(client, "bad")
    assert answer["FunctionError"] == "Unhandled"
    assert answer["value"]["errorType"] == "LookupError"
    assert answer["value"]["errorMessage"] == "no such thing"


def test_a_function_that_cannot_be_loaded_fails_each_invocation(client):
    python_function(client, "broken", "import no_such_module")
    for _ in range(2):
        answer = invoke(client, "broken")
        assert answer["FunctionError"] == "Unhandled"
        assert answer["value"]["errorType"] == "ModuleNotFoundError"


def test_a_process_that_exits_is_a_runtime_error_and_is_replaced(client):
    source = "import os\ndef handler(e, c):\n    if e.get('exit'): os._exit(3)\n    return 'fine'"
    python_function(client, "exits", source)
    answer = invoke(client, "exits", {"exit": True})
    assert answer["FunctionError"] == "Unhandled"
    assert answer["value"]["errorType"] == "Runtime.ExitError"
    assert answer["value"]["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert invoke(client, "exits")["value"] == "fine"


def test_the_timeout_ends_the_process(client):
    python_function(client, "slow", "import time\ndef handler(e, c): time.sleep(60)", Timeout=1)
    answer = invoke(client, "slow")
    assert answer["FunctionError"] == "Unhandled"
    assert answer["value"]["errorType"] == "Sandbox.Timedout"
    assert answer["value"]["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_a_binary_of_the_project_speaks_the_runtime_api(client, cloud, tmp_path, monkeypatch):
    binary_function(client, cloud, tmp_path, monkeypatch)
    assert int(invoke(client, "thing")["value"]["deadline"]) > 0
    refused = invoke(client, "thing", {"fail": "not today"})
    assert refused["FunctionError"] == "Unhandled"
    assert refused["value"] == {"errorType": "Backout.Refused", "errorMessage": "not today"}


def test_a_rebuilt_binary_replaces_the_running_one(client, cloud, tmp_path, monkeypatch):
    binary = binary_function(client, cloud, tmp_path, monkeypatch)
    assert "deadline" in invoke(client, "thing")["value"]
    binary.write_text(BINARY.replace('"deadline"', '"rebuilt"'))
    assert "rebuilt" in invoke(client, "thing")["value"]


def test_a_binary_that_is_not_there_is_said_to_be_missing(client, cloud, tmp_path, monkeypatch):
    binary_function(client, cloud, tmp_path, monkeypatch).unlink()
    answer = invoke(client, "thing")
    assert answer["value"]["errorType"] == "Runtime.InvalidEntrypoint"
    assert "backout-thing" in answer["value"]["errorMessage"]


def test_an_executable_in_the_package_runs(client):
    client("lambda").create_function(
        FunctionName="own",
        Role=role(client),
        Runtime="provided.al2023",
        Handler="bootstrap",
        Code={"ZipFile": zip_of({"bootstrap": BINARY})},
    )
    assert "deadline" in invoke(client, "own")["value"]


def test_a_published_version_stays_as_it_was(client):
    source = "import os\ndef handler(e, c): return ['one', os.environ['N1']]"
    python_function(client, "v", source, Environment={"Variables": {"N1": "1"}})
    functions = client("lambda")
    version = functions.publish_version(FunctionName="v")
    functions.create_alias(FunctionName="v", Name="live", FunctionVersion=version["Version"])
    functions.update_function_configuration(FunctionName="v", Environment={"Variables": {"N1": "2"}})
    settled(client, "v")
    functions.update_function_code(
        FunctionName="v", ZipFile=zip_of({"app.py": source.replace("one", "two")})
    )
    settled(client, "v")

    assert invoke(client, "v")["value"] == ["two", "2"]
    assert invoke(client, version["FunctionArn"])["value"] == ["one", "1"]
    through_alias = invoke(client, "v", Qualifier="live")
    assert through_alias["value"] == ["one", "1"]
    assert through_alias["ExecutedVersion"] == version["Version"]


def test_output_goes_to_cloudwatch_logs_and_to_a_file(client, cloud):
    python_function(client, "talks", "def handler(e, c): print('a line of its own')")
    answer = invoke(client, "talks", LogType="Tail")
    assert answer["LogResult"]

    def found():
        logs = client("logs")
        return logs.filter_log_events(logGroupName="/aws/lambda/talks", filterPattern='"a line of its own"')["events"]

    assert eventually(found)[0]["message"] == "a line of its own"
    file = (cloud.directory / "logs" / "talks.log").read_text()
    assert re.search("^START RequestId: .*\n(.*\n)*a line of its own$", file, re.MULTILINE)


def test_the_logging_configuration_chooses_group_and_format(client):
    python_function(
        client,
        "json",
        "import os\ndef handler(e, c): return os.environ['AWS_LAMBDA_LOG_FORMAT'], os.environ['AWS_LAMBDA_LOG_LEVEL']",
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/own", "ApplicationLogLevel": "DEBUG"},
    )
    configured = client("lambda").get_function_configuration(FunctionName="json")["LoggingConfig"]
    assert configured == {
        "LogFormat": "JSON",
        "LogGroup": "/own",
        "ApplicationLogLevel": "DEBUG",
        "SystemLogLevel": "INFO",
    }
    assert invoke(client, "json")["value"] == ["JSON", "DEBUG"]
    events = client("logs").filter_log_events(logGroupName="/own")["events"]
    records = [json.loads(event["message"]) for event in events]
    assert [record["type"] for record in records] == ["platform.start", "platform.report"]
    assert records[1]["record"]["status"] == "success"


@pytest.mark.parametrize(
    ("level", "kept"), [(None, ["INFO", "no level", "ERROR"]), ("DEBUG", ["DEBUG", "INFO", "no level", "ERROR"]), ("ERROR", ["ERROR"])]
)
def test_lambda_takes_away_what_is_below_the_level_of_the_application(client, level, kept):
    name = f"levels-{level}".lower()
    code = """import json
def handler(event, context):
    for level in ("TRACE", "DEBUG", "INFO"):
        print(json.dumps({"timestamp": "2026-11-20T10:00:00Z", "level": level, "said": level}))
    print(json.dumps({"said": "no level"}))
    print(json.dumps({"timestamp": "2026-11-20T10:00:00Z", "level": "ERROR", "said": "ERROR"}))
"""
    config = {"LogFormat": "JSON"} | ({"ApplicationLogLevel": level} if level else {})
    python_function(client, name, code, LoggingConfig=config)
    invoke(client, name)

    def said():
        events = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        records = [json.loads(event["message"]) for event in events]
        told = [record["said"] for record in records if "said" in record]
        return told if "ERROR" in told else None

    assert eventually(said) == kept


def test_dry_run_runs_nothing(client):
    python_function(client, "echo", ECHO)
    assert client("lambda").invoke(FunctionName="echo", InvocationType="DryRun")["StatusCode"] == 204
    assert invoke(client, "echo")["value"]["count"] == 1


def test_reserved_concurrency_throttles(client):
    python_function(client, "echo", ECHO)
    client("lambda").put_function_concurrency(FunctionName="echo", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as caught:
        client("lambda", config=_no_retries()).invoke(FunctionName="echo")
    assert caught.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_an_unknown_function_and_a_bad_payload_are_refused(client):
    with pytest.raises(ClientError) as caught:
        invoke(client, "nobody")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    python_function(client, "echo", ECHO)
    with pytest.raises(ClientError) as caught:
        client("lambda").invoke(FunctionName="echo", Payload=b"{not json")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


def _no_retries():
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1})
