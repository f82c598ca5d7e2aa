"""CloudWatch Logs: which events a filter pattern finds."""

import time

import pytest
from botocore.exceptions import ClientError

MESSAGES = {
    "ok": "(a) Method completed with status: 200",
    "bad": "(b) Method completed with status: 502",
    "late": "(c) Method completed with status: 504",
    "error": "[ERROR 401] UNAUTHORIZED REQUEST",
    "arguments": "[ERROR 419] MISSING ARGUMENTS",
    "quoted": 'level="warn" path=C:\\logs',
}


@pytest.fixture
def found(client):
    """`found(pattern)` gives the names of the messages that a search finds."""
    logs = client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in MESSAGES.values()]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    names = {message: name for name, message in MESSAGES.items()}

    def search(pattern):
        answer = logs.filter_log_events(logGroupName="g", filterPattern=pattern)
        return {names[event["message"]] for event in answer["events"]}

    return search


@pytest.mark.parametrize(
    "pattern, names",
    [
        ("", set(MESSAGES)),
        ("ERROR", {"error", "arguments"}),
        ("error", set()),
        ("AUTHORIZED", {"error"}),
        ("ERROR REQUEST", {"error"}),
        ("REQUEST ERROR", {"error"}),
        ('"status: 502"', {"bad"}),
        ('"ERROR REQUEST"', set()),
        ('Method "status: 200"', {"ok"}),
        ("ERROR -ARGUMENTS", {"error"}),
        ('Method -"status: 200"', {"bad", "late"}),
        ("-ERROR -Method", {"quoted"}),
        ("?REQUEST ?ARGUMENTS", {"error", "arguments"}),
        ('?"status: 502" ?"status: 504"', {"bad", "late"}),
        ('  ?"status: 502"\n?ARGUMENTS ', {"bad", "arguments"}),
        ("?nowhere", set()),
        ("?REQUEST ?ARGUMENTS Method", {"ok", "bad", "late"}),
        (r'"level=\"warn\""', {"quoted"}),
        (r'"C:\\logs"', {"quoted"}),
    ],
)
def test_terms_are_found_where_aws_finds_them(found, pattern, names):
    assert found(pattern) == names


@pytest.mark.parametrize(
    "pattern, said",
    [
        ("{ $.status = 5* }", "does not support JSON"),
        ("[ip, user, status = 5*]", "does not support space-delimited"),
        ("%5[0-9][0-9]%", "does not support regular expression"),
        ("status: 502", "Invalid character(s) in term ':'"),
        ("ERROR -", "Invalid character(s) in term '-'"),
        ('"never closed', "Invalid filter pattern"),
        ('"one""two"', "Invalid filter pattern"),
    ],
)
def test_what_is_no_pattern_of_terms_is_refused(client, pattern, said):
    logs = client("logs")
    logs.create_log_group(logGroupName="empty")
    with pytest.raises(ClientError, match="InvalidParameterException") as refused:
        logs.filter_log_events(logGroupName="empty", filterPattern=pattern)
    assert said in refused.value.response["Error"]["Message"]
