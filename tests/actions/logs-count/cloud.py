"""What is there before `logs/count` is tried, and what it meets."""

import time

import boto3
from holder import NAME


def canaries(canary):
    _log(NAME, 10 * 60, [f"Denied: {canary['logline']}"])


def matrix(_):
    _log("fault-matrix", 60 * 60, ["completed", "ERROR", "completed"])


def _log(group, seconds, messages):
    """In the future of now, so that it is within the window of every check that begins later."""
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    soon = int((time.time() + seconds) * 1000)
    events = [{"timestamp": soon, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)
