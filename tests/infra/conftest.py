"""The template and the state machine, as files and deployed with stand-ins for the functions."""

import io
import json
import re
import time
import zipfile
from copy import deepcopy
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from localcloud.cloud import LocalCloud

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "infra" / "template.yaml"
DEFINITION = ROOT / "statemachine" / "backout.asl.json"
# The functions that host actions, as the engine lists them.
HOSTS = re.findall(r'Self::\w+ => "(\w+)"', (ROOT / "crates" / "engine" / "src" / "action" / "host.rs").read_text())
INVOKED = ["prepare", "advance", "conclude", *HOSTS]
ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


@pytest.fixture(scope="session")
def template():
    """The template as it is written."""
    return yaml_parse(TEMPLATE.read_text())


@pytest.fixture(scope="session")
def expanded():
    """The template as CloudFormation gets it."""
    template = yaml_parse(TEMPLATE.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "bucket", "Key": "key"}
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = {"Bucket": "bucket", "Key": "key"}
    session = boto3.Session(region_name="eu-west-2")
    return Translator({}, Parser(), boto_session=session).translate(template, {})


@pytest.fixture(scope="session")
def definition():
    return json.loads(DEFINITION.read_text())


class Machine:
    """The state machine, deployed with a stub for each function."""

    def __init__(self, cloud, name, definition, more=()):
        self._ssm = cloud.client("ssm")
        self._states = cloud.client("stepfunctions")
        functions = cloud.client("lambda")
        role = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.write(Path(__file__).with_name("stub.py"), "stub.py")
        text = json.dumps(definition).replace("${Partition}", "aws")
        for function in [*INVOKED, *more]:
            functions.create_function(
                FunctionName=f"{name}-{function}",
                Runtime="python3.11",
                Handler="stub.handler",
                Role=role,
                Timeout=30,
                Code={"ZipFile": package.getvalue()},
                Environment={"Variables": {"BACKOUT_STUB": function}},
            )
            arn = functions.publish_version(FunctionName=f"{name}-{function}")["FunctionArn"]
            text = text.replace("${" + function.capitalize() + "}", arn)
        assert not re.findall(r"\$\{\w+\}", text), "a substitution that the test does not know"
        self._arn = self._states.create_state_machine(name=name, definition=text, roleArn=role)["stateMachineArn"]

    def run(self, answers, seconds=60):
        """Starts an execution, waits for its end and describes it."""
        execution = self._states.start_execution(
            stateMachineArn=self._arn, name=str(uuid4()), input=json.dumps({"plan": "p", "answers": answers})
        )["executionArn"]
        give_up = time.monotonic() + seconds
        while (end := self._states.describe_execution(executionArn=execution))["status"] not in ENDED:
            assert time.monotonic() < give_up, f"still running: {self.history(end)}"
            time.sleep(0.05)
        return end

    def history(self, end):
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=end["executionArn"])
        return [event for page in pages for event in page["events"]]

    def calls(self, end, who):
        """The payloads that a function or step was invoked with."""
        try:
            return json.loads(self._ssm.get_parameter(Name=f"/{end['name']}/calls/{who}")["Parameter"]["Value"])
        except self._ssm.exceptions.ParameterNotFound:
            return []


@pytest.fixture(scope="session")
def running_cloud(tmp_path_factory):
    with LocalCloud(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def machine(running_cloud, definition):
    return Machine(running_cloud, "as-it-is", definition)


@pytest.fixture(scope="session")
def impatient_machine(running_cloud, definition):
    """Retries everything once, after at most a second, instead of for minutes."""
    hurried = deepcopy(definition)
    for state in hurried["States"].values():
        for retrier in state.get("Retry", []):
            retrier |= {"IntervalSeconds": 1, "MaxAttempts": 1, "MaxDelaySeconds": 2}
    return Machine(running_cloud, "impatient", hurried)
