"""Puts canaries into the cloud, as other people's resources hold secrets, and reads back what was told of runs.

    cloud.py given < {name: canary}
    cloud.py told RUN…                 prints {place: text}
"""

import json
import sys

import boto3
import folders


def given(canary):
    folders.canaries(canary)
    boto3.client("ssm").put_parameter(Name="/canary/secure", Value=canary["securestring"], Type="SecureString")


def told(runs):
    states, s3, logs = boto3.client("stepfunctions"), boto3.client("s3"), boto3.client("logs")
    [machine] = [m["stateMachineArn"] for m in states.list_state_machines()["stateMachines"] if m["name"] == "backout"]
    [bucket] = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("backout-")]
    places = {}
    for run in runs:
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{run}"
        pages = states.get_paginator("get_execution_history").paginate(executionArn=execution, includeExecutionData=True)
        places[f"history of {run}"] = json.dumps([event for page in pages for event in page["events"]], default=str)
        places[f"execution {run}"] = json.dumps(states.describe_execution(executionArn=execution), default=str)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="reports/"):
        for found in page.get("Contents", []):
            places[found["Key"]] = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read().decode()
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        if "/backout" in name:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            places[f"log {name}"] = "\n".join(event["message"] for page in pages for event in page["events"])
    return places


if __name__ == "__main__":
    print(json.dumps(told(sys.argv[2:]) if sys.argv[1] == "told" else given(json.load(sys.stdin))))
