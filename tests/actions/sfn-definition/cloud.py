"""What `sfn/definition` meets."""

import json

import boto3
import holder


def canaries(canary):
    def definition(secret):
        return {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": {"token": secret}, "End": True}}}

    boto3.client("stepfunctions").create_state_machine(
        name=holder.NAME, roleArn=holder.role(), definition=json.dumps(definition(canary["definitionbefore"]))
    )
    # What is refused is quoted.
    state = {"Type": "Wait", "TimestampPath": canary["definition"], "End": True}
    wrong = {"StartAt": "Only", "States": {"Only": state}}
    s3, bucket = boto3.client("s3"), holder.bucket()
    s3.put_object(Bucket=bucket, Key="definition.json", Body=json.dumps(definition(canary["definition"])))
    s3.put_object(Bucket=bucket, Key="wrong.json", Body=json.dumps(wrong))
    s3.put_object(Bucket=bucket, Key="no-definition.json", Body='{"token": ' + canary["definition"])
