"""What several actions meet: a function, a role, a bucket, a profile of flags, a stage. Each is made once."""

import functools
import io
import json
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


def once(make):
    """Makes it the first time it is asked for."""
    made = []

    @functools.wraps(make)
    def get(*arguments):
        if not made:
            made.append(make(*arguments))
        return made[0]

    return get


def package(secret):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("handler.py", CODE + f"# {secret}\n")
    return content.getvalue()


@once
def role():
    return boto3.client("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument="{}")["Role"]["Arn"]


@once
def bucket():
    boto3.client("s3").create_bucket(Bucket=NAME)
    return NAME


@once
def functions(canary):
    functions = boto3.client("lambda")
    variables = {"EXISTING": canary["variable"], "CHANGED": canary["changedvariable"]}
    for name in (NAME, f"{NAME}-2"):
        functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="handler.handler",
            Role=role(),
            Timeout=10,
            Code={"ZipFile": package(canary["packagebefore"])},
            Environment={"Variables": variables},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


@once
def stage_variable(canary):
    api = boto3.client("ssm").get_parameter(Name="/ons/apigateway/rest-api-id")["Parameter"]["Value"]
    token = {"op": "replace", "path": "/variables/token", "value": canary["stagevariable"]}
    boto3.client("apigateway").update_stage(restApiId=api, stageName="prod", patchOperations=[token])


@once
def flags(canary):
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
    until(lambda: appconfig.get_deployment(**place, DeploymentNumber=number)["State"] == "COMPLETE")


def invoked(function):
    """The first invocation of a function makes its log group."""
    boto3.client("lambda").invoke(FunctionName=function, Payload=b'{"probe": true}')


def until(reached):
    give_up = time.monotonic() + 300
    while not reached():
        assert time.monotonic() < give_up
        time.sleep(0.1)
