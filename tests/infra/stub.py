"""Stands in for every function of the state machine, so that the definition can be watched by itself.

What it answers is told by the request of the run: `answers[<step or function>]` is a list, one answer for each
invocation with the next one; the last is repeated. An answer `{"raise": "Name"}` fails the invocation with that error.
The state machine passes the request on only to `prepare` and `conclude`, so `prepare` keeps it in a parameter of SSM.
"""

import json
import os

import boto3


def handler(event, _context):
    function = os.environ["BACKOUT_STUB"]
    ssm = boto3.client("ssm")
    run = event["run"]
    if function == "prepare":
        ssm.put_parameter(Name=f"/{run}/request", Value=json.dumps(event["request"]), Type="String", Overwrite=True)
    request = json.loads(ssm.get_parameter(Name=f"/{run}/request")["Parameter"]["Value"])
    who = event.get("step", function)
    calls = f"/{run}/calls/{who}"
    before = _read(ssm, calls)
    ssm.put_parameter(Name=calls, Value=json.dumps([*before, event]), Type="String", Overwrite=True)
    answers = request["answers"][who]
    answer = answers[min(len(before), len(answers) - 1)]
    if isinstance(answer, dict) and "raise" in answer:
        raise type(answer["raise"], (Exception,), {})("as the test wants it")
    return answer


def _read(ssm, name):
    try:
        return json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        return []
