"""A SAM template becomes a stack, and again."""

import json
import sys

import pytest

from localcloud.deploy import DeployError, deploy
from localcloud.lambda_host import host
from localcloud.tests.support import invoke

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Colour: { Type: String, Default: blue }
Globals:
  Function: { Timeout: 10, AutoPublishAlias: live, AutoPublishAliasAllProperties: true }
Resources:
  Topic: { Type: AWS::SNS::Topic }
  Trigger:
    Type: AWS::Serverless::Function
    UpdateReplacePolicy: Retain
    Metadata: { BuildMethod: rust-cargolambda }
    Properties:
      VersionDescription: !Ref Colour
      CodeUri: functions/trigger
      Handler: bootstrap
      Runtime: provided.al2023
      Environment: { Variables: { COLOUR: !Ref Colour } }
      Policies: [AWSLambdaBasicExecutionRole]
      Events:
        Alarm: { Type: SNS, Properties: { Topic: !Ref Topic } }
  Script:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/script
      Handler: app.handler
      Runtime: python3.12
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.json
      DefinitionSubstitutions: { ScriptVersion: !Ref Script.Version }
      Role: !Sub arn:aws:iam::${AWS::AccountId}:role/any
Outputs:
  Trigger: { Value: !Ref Trigger.Alias }
  TriggerVersion: { Value: !Ref Trigger.Version }
  Script: { Value: !Ref Script.Version }
  Machine: { Value: !Ref Machine }
  Topic: { Value: !Ref Topic }
"""

BINARY = f"""#!{sys.executable}
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    invocation = api.getresponse()
    invocation.read()
    path = f"/2018-06-01/runtime/invocation/{{invocation.headers['Lambda-Runtime-Aws-Request-Id']}}/response"
    api.request("POST", path, json.dumps("GENERATION " + os.environ["COLOUR"]))
    assert api.getresponse().read()
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A template with its files and a built binary."""
    (tmp_path / "functions/trigger").mkdir(parents=True)
    (tmp_path / "functions/trigger/Cargo.toml").write_text('[package]\nname = "the-trigger"\n')
    (tmp_path / "functions/script").mkdir()
    (tmp_path / "functions/script/app.py").write_text("def handler(e, c): return 'first'")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Call",
        "States": {
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": "${ScriptVersion}", "Payload": {}},
                "Output": "{% $states.result.Payload %}",
                "End": True,
            }
        },
    }
    (tmp_path / "machine.asl.json").write_text(json.dumps(machine))
    build(tmp_path, "first")
    monkeypatch.setattr(host, "_bin_dir", tmp_path / "bin")
    return tmp_path


def build(project, generation):
    binary = project / "bin" / "the-trigger"
    binary.parent.mkdir(exist_ok=True)
    binary.write_text(BINARY.replace("GENERATION", generation))
    binary.chmod(0o755)


def deployed(client, project, **parameters):
    return deploy(client, project / "template.yaml", "stack", project / "bin", parameters)


def test_functions_run_and_their_events_are_connected(client, project):
    outputs = deployed(client, project)
    assert invoke(client, outputs["Trigger"])["value"] == "first blue"
    assert invoke(client, outputs["Script"])["value"] == "first"
    subscriptions = client("sns").list_subscriptions_by_topic(TopicArn=outputs["Topic"])["Subscriptions"]
    assert [subscription["Endpoint"] for subscription in subscriptions] == [outputs["Trigger"]]
    definition = client("stepfunctions").describe_state_machine(stateMachineArn=outputs["Machine"])["definition"]
    assert outputs["Script"] in definition


def test_deploying_again_without_a_change_changes_nothing(client, project):
    assert deployed(client, project) == deployed(client, project)


def test_deploying_a_change_publishes_versions_and_the_old_ones_stay(client, project):
    before = deployed(client, project)
    (project / "functions/script/app.py").write_text("def handler(e, c): return 'second'")
    build(project, "second")
    after = deployed(client, project, Colour="red")

    assert invoke(client, after["Trigger"])["value"] == "second red"
    assert after["Script"] != before["Script"]
    assert invoke(client, after["Script"])["value"] == "second"
    assert invoke(client, before["Script"])["value"] == "first"
    definition = client("stepfunctions").describe_state_machine(stateMachineArn=after["Machine"])["definition"]
    assert after["Script"] in definition


def test_a_parameter_alone_publishes_a_version_too_and_the_old_one_stays(client, project):
    before = deployed(client, project, Colour="blue")
    after = deployed(client, project, Colour="red")
    assert after["TriggerVersion"] != before["TriggerVersion"]
    assert invoke(client, after["Trigger"])["value"] == "first red"
    assert invoke(client, before["TriggerVersion"])["value"] == "first blue"


def test_everything_that_is_missing_is_said_at_once(client, project):
    (project / "bin/the-trigger").unlink()
    (project / "machine.asl.json").unlink()
    with pytest.raises(DeployError) as caught:
        deployed(client, project)
    assert "the-trigger" in str(caught.value)
    assert "machine.asl.json" in str(caught.value)


def test_an_unknown_parameter_is_refused(client, project):
    with pytest.raises(DeployError, match="no parameter Color"):
        deployed(client, project, Color="red")


def test_a_template_that_sam_refuses_is_refused_with_its_words(client, project):
    text = (project / "template.yaml").read_text().replace("Type: SNS,", "Type: Carrier pigeon,")
    (project / "template.yaml").write_text(text)
    with pytest.raises(DeployError, match="Carrier pigeon|Alarm"):
        deployed(client, project)
