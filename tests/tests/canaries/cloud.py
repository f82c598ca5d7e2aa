"""Puts canaries into the cloud, as other people's resources hold secrets, and reads back what was told of runs.

    cloud.py given < {name: canary}
    cloud.py told RUN…                 prints {place: text}
"""

import io
import json
import os
import sys
import time
import zipfile

import boto3

NAME = "canary-holder"
# Answers and fails with its secrets, as functions do that put a connection string into an exception.
CODE = """import os
SECRET = os.environ["EXISTING"]
def handler(event, context):
    if event.get("fail"):
        raise RuntimeError("cannot connect with " + SECRET + " and " + str(event))
    return {"ok": not event.get("wrong"), "token": SECRET, "event": event}
"""


def given(canary):
    _function(canary)
    _flags(canary)
    _machine(canary)
    _log(canary)
    _timestream(canary)
    _influxdb(canary)
    boto3.client("events").put_rule(
        Name=NAME, EventPattern='{"source": ["aws.s3"]}', State="DISABLED", Description=canary["ruledescription"]
    )
    boto3.client("ssm").put_parameter(Name="/canary/secure", Value=canary["securestring"], Type="SecureString")
    boto3.client("ssm").put_parameter(Name="/canary/variable", Value=canary["newvariable"], Type="String")
    api = boto3.client("ssm").get_parameter(Name="/ons/apigateway/rest-api-id")["Parameter"]["Value"]
    boto3.client("apigateway").update_stage(
        restApiId=api,
        stageName="prod",
        patchOperations=[{"op": "replace", "path": "/variables/token", "value": canary["stagevariable"]}],
    )


def _package(secret):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("handler.py", CODE + f"# {secret}\n")
    return content.getvalue()


def _function(canary):
    functions, s3 = boto3.client("lambda"), boto3.client("s3")
    role = boto3.client("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    s3.create_bucket(Bucket=NAME)
    s3.put_object(Bucket=NAME, Key="package.zip", Body=_package(canary["package"]))
    s3.put_object(Bucket=NAME, Key="no-package.zip", Body=canary["package"].encode())
    variables = {"EXISTING": canary["variable"], "CHANGED": canary["changedvariable"]}
    for name in (NAME, f"{NAME}-2"):
        functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="handler.handler",
            Role=role,
            Timeout=10,
            Code={"ZipFile": _package(canary["packagebefore"])},
            Environment={"Variables": variables},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def _flags(canary):
    appconfig = boto3.client("appconfig")
    application = appconfig.create_application(Name=NAME)["Id"]
    environment = appconfig.create_environment(ApplicationId=application, Name="production")["Id"]
    profile = appconfig.create_configuration_profile(
        ApplicationId=application, Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
    )["Id"]
    text = {"constraints": {"type": "string"}}
    content = {
        "version": "1",
        "flags": {name: {"name": name, "attributes": {"token": text}} for name in ("switched", "other")},
        "values": {name: {"enabled": True, "token": canary["attribute"]} for name in ("switched", "other")},
    }
    version = appconfig.create_hosted_configuration_version(
        ApplicationId=application, ConfigurationProfileId=profile, Content=json.dumps(content), ContentType="application/json"
    )["VersionNumber"]
    strategies = appconfig.list_deployment_strategies()["Items"]
    [strategy] = [item["Id"] for item in strategies if item["Name"] == "backout-immediate"]
    place = {"ApplicationId": application, "EnvironmentId": environment}
    number = appconfig.start_deployment(
        **place, ConfigurationProfileId=profile, ConfigurationVersion=str(version), DeploymentStrategyId=strategy
    )["DeploymentNumber"]
    _until(lambda: appconfig.get_deployment(**place, DeploymentNumber=number)["State"] == "COMPLETE")


def _machine(canary):
    def definition(secret):
        return {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": {"token": secret}, "End": True}}}

    role = boto3.client("iam").get_role(RoleName=NAME)["Role"]["Arn"]
    boto3.client("stepfunctions").create_state_machine(
        name=NAME, roleArn=role, definition=json.dumps(definition(canary["definitionbefore"]))
    )
    # What is refused is quoted.
    wrong = {"StartAt": "Only", "States": {"Only": {"Type": "Wait", "Seconds": canary["definition"], "End": True}}}
    s3 = boto3.client("s3")
    s3.put_object(Bucket=NAME, Key="definition.json", Body=json.dumps(definition(canary["definition"])))
    s3.put_object(Bucket=NAME, Key="wrong.json", Body=json.dumps(wrong))
    s3.put_object(Bucket=NAME, Key="no-definition.json", Body='{"token": ' + canary["definition"])


def _log(canary):
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=NAME)
    logs.create_log_stream(logGroupName=NAME, logStreamName="one")
    # In the future of now, so that it is within the window of every check that begins later.
    event = {"timestamp": int(time.time() * 1000) + 600_000, "message": f"Denied: {canary['logline']}"}
    logs.put_log_events(logGroupName=NAME, logStreamName="one", logEvents=[event])


def _timestream(canary):
    # Named in the call, an endpoint URL turns endpoint discovery off; named in the environment only, it does not.
    write = boto3.client("timestream-write", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    write.create_database(DatabaseName="canary")
    write.create_table(DatabaseName="canary", TableName="records")
    record = {
        "Dimensions": [{"Name": "token", "Value": canary["row"]}],
        "MeasureName": "n",
        "MeasureValue": "1",
        "MeasureValueType": "BIGINT",
        "Time": str(int(time.time() * 1000)),
    }
    write.write_records(DatabaseName="canary", TableName="records", Records=[record])


def _influxdb(canary):
    influxdb, ec2 = boto3.client("timestream-influxdb"), boto3.client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]][:1]
    identifier = influxdb.create_db_instance(
        name=NAME,
        username="admin",
        password=canary["password"],
        organization="canary",
        bucket="canary",
        dbInstanceType="db.influx.medium",
        allocatedStorage=20,
        vpcSubnetIds=subnets,
        vpcSecurityGroupIds=groups,
    )["id"]
    # What comes about by itself is no difference that a run has made.
    _until(lambda: influxdb.get_db_instance(identifier=identifier)["status"] == "AVAILABLE")


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


def _until(reached):
    give_up = time.monotonic() + 300
    while not reached():
        assert time.monotonic() < give_up
        time.sleep(0.1)


if __name__ == "__main__":
    print(json.dumps(told(sys.argv[2:]) if sys.argv[1] == "told" else given(json.load(sys.stdin))))
