"""How data comes in: buckets, EventBridge rules, and the state machine between them."""

import json

from deployment import names, roles
from deployment.functions import allow_invocation, ensure_bucket
from deployment.session import Account


def deploy(account: Account) -> dict:
    for bucket in (names.RAW_BUCKET, names.PROCESSED_BUCKET):
        ensure_bucket(account, bucket)
        account.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    machine = _state_machine(account)
    account.client("s3").put_object(
        Bucket=names.PACKAGE_BUCKET,
        Key=names.STATE_MACHINE_ROLLBACK_KEY,
        Body=json.dumps(definition(account, "Timestream", "timestream_loader"), indent=2).encode(),
        ContentType="application/json",
    )
    _rule(account, names.S3_RULE, names.RAW_BUCKET, "ENABLED", {"Id": "pipeline", "Arn": machine, "RoleArn": roles.pipeline_role(account)})
    # Left from the migration, when the loader still wrote to both stores.
    rule = _rule(
        account,
        names.TIMESTREAM_RULE,
        names.PROCESSED_BUCKET,
        "DISABLED",
        {"Id": "loader", "Arn": account.function_arn("influxdb_loader")},
    )
    allow_invocation(account, "influxdb_loader", names.TIMESTREAM_RULE, "events.amazonaws.com", rule)
    return {"state_machine_arn": machine}


def definition(account: Account, store: str, loader: str) -> dict:
    """The pipeline: a raw object is structured, the result loaded into `store` by the function `loader`."""
    retry = [
        {
            "ErrorEquals": ["Lambda.ServiceException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException", "StoreUnavailable"],
            "IntervalSeconds": 2,
            "MaxAttempts": 4,
            "BackoffRate": 2,
        }
    ]
    return {
        "Comment": f"Structures raw ONS data and loads it into {store}",
        "StartAt": "StructureData",
        "States": {
            "StructureData": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": account.function_arn("structured_data_processor"), "Payload.$": "$"},
                "ResultSelector": {"bucket.$": "$.Payload.bucket", "key.$": "$.Payload.key", "records.$": "$.Payload.records"},
                "Retry": retry,
                "Next": f"LoadInto{store}",
            },
            f"LoadInto{store}": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": account.function_arn(loader), "Payload.$": "$"},
                "OutputPath": "$.Payload",
                "Retry": retry,
                "End": True,
            },
        },
    }


def _state_machine(account: Account) -> str:
    states = account.client("stepfunctions")
    arn = account.arn("states", f"stateMachine:{names.STATE_MACHINE}")
    current = {"definition": json.dumps(definition(account, "InfluxDB", "influxdb_loader")), "roleArn": roles.pipeline_role(account)}
    if any(machine["stateMachineArn"] == arn for machine in states.list_state_machines()["stateMachines"]):
        states.update_state_machine(stateMachineArn=arn, **current)
        return arn
    return states.create_state_machine(name=names.STATE_MACHINE, type="STANDARD", **current)["stateMachineArn"]


def _rule(account: Account, name: str, bucket: str, state: str, target: dict) -> str:
    events = account.client("events")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
    arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)["RuleArn"]
    events.put_targets(Rule=name, Targets=[target])
    return arn
