"""Rules in templates: created, changed and deleted with their targets, by themselves and through SAM's events."""

import json

import pytest
from botocore.exceptions import ClientError

from localcloud.deploy import deploy
from localcloud.tests.support import eventually, python_function

SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Ended:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ended
      Handler: app.handler
      Runtime: python3.12
      AutoPublishAlias: live
      Events:
        Run:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [shop]
              detail: { status: [FAILED] }
        Sweep:
          Type: Schedule
          Properties:
            Schedule: rate(5 minutes)
            Input: '{"sweep": true}'
            Enabled: STATE
Outputs:
  Alias: { Value: !Ref Ended.Alias }
"""


def rules(client):
    found = client("events").list_rules()["Rules"]
    return {rule["Name"]: rule for rule in found}


def targets(client, rule):
    return client("events").list_targets_by_rule(Rule=rule)["Targets"]


def test_a_rule_is_changed_in_place_and_deleted_with_its_targets(stack, client):
    arn = python_function(client, "f", "def handler(e, c): return 1")
    properties = {
        "Description": "one",
        "EventPattern": {"source": ["shop"]},
        "ScheduleExpression": "rate(1 hour)",
        "Targets": [{"Id": "a", "Arn": arn}, {"Id": "b", "Arn": arn, "Input": '{"b": 1}'}],
    }
    outputs = {"Name": {"Ref": "R"}, "Arn": {"Fn::GetAtt": ["R", "Arn"]}}
    made = stack({"R": {"Type": "AWS::Events::Rule", "Properties": properties}}, outputs)
    rule = client("events").describe_rule(Name=made["Name"])
    assert rule["Arn"] == made["Arn"]
    assert (rule["State"], rule["Description"]) == ("ENABLED", "one")
    assert json.loads(rule["EventPattern"]) == {"source": ["shop"]}
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert {target["Id"] for target in targets(client, made["Name"])} == {"a", "b"}

    properties = {
        "State": "DISABLED",
        "EventPattern": {"source": ["other"]},
        "Targets": [{"Id": "b", "Arn": arn, "Input": '{"b": 2}'}, {"Id": "c", "Arn": arn}],
    }
    again = stack({"R": {"Type": "AWS::Events::Rule", "Properties": properties}}, outputs)
    assert again == made
    rule = client("events").describe_rule(Name=made["Name"])
    assert rule["State"] == "DISABLED"
    assert json.loads(rule["EventPattern"]) == {"source": ["other"]}
    assert "ScheduleExpression" not in rule
    inputs = {target["Id"]: target.get("Input") for target in targets(client, made["Name"])}
    assert inputs == {"b": '{"b": 2}', "c": None}

    client("cloudformation").delete_stack(StackName="s")
    assert rules(client) == {}


def test_another_name_makes_another_rule(stack, client):
    def named(name):
        properties = {"Name": name, "EventPattern": {"source": ["shop"]}}
        return {"R": {"Type": "AWS::Events::Rule", "Properties": properties}}

    stack(named("one"))
    stack(named("two"))
    assert set(rules(client)) == {"two"}


def test_a_permission_follows_the_rule_that_it_names(stack, client):
    python_function(client, "f", "def handler(e, c): return 1")

    def resources(name):
        permission = {
            "FunctionName": "f",
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": ["R", "Arn"]},
        }
        rule = {"Name": name, "EventPattern": {"source": ["shop"]}}
        return {
            "P": {"Type": "AWS::Lambda::Permission", "Properties": permission},
            "R": {"Type": "AWS::Events::Rule", "Properties": rule},
        }

    def sources():
        policy = json.loads(client("lambda").get_policy(FunctionName="f")["Policy"])
        return [statement["Condition"]["ArnLike"]["AWS:SourceArn"] for statement in policy["Statement"]]

    for name in ("one", "two"):
        stack(resources(name))
        assert sources() == [f"arn:aws:events:us-east-1:123456789012:rule/{name}"]
    client("cloudformation").delete_stack(StackName="s")
    with pytest.raises(client("lambda").exceptions.ResourceNotFoundException):
        sources()


def test_an_unknown_property_is_refused(stack):
    properties = {"EventPattern": {"source": ["shop"]}, "Colour": "blue"}
    with pytest.raises(ClientError, match="Colour"):
        stack({"R": {"Type": "AWS::Events::Rule", "Properties": properties}})


def test_the_events_of_a_sam_function(client, tmp_path):
    (tmp_path / "ended").mkdir()
    (tmp_path / "ended/app.py").write_text("def handler(e, c): print('got', e.get('detail'))")

    def deployed(state):
        (tmp_path / "template.yaml").write_text(SAM.replace("STATE", state))
        return deploy(client, tmp_path / "template.yaml", "stack", tmp_path)

    alias = deployed("true")["Alias"]
    by_kind = {"ScheduleExpression" in rule: rule for rule in rules(client).values()}
    assert len(by_kind) == 2
    for rule in by_kind.values():
        assert [target["Arn"] for target in targets(client, rule["Name"])] == [alias]
    assert targets(client, by_kind[True]["Name"])[0]["Input"] == '{"sweep": true}'
    assert by_kind[True]["State"] == "ENABLED"

    entry = {"Source": "shop", "DetailType": "d", "Detail": '{"status": "FAILED"}'}
    assert client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    def found():
        groups = [group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]]
        return [
            event
            for group in groups
            for event in client("logs").filter_log_events(logGroupName=group, filterPattern="got")["events"]
        ]

    assert eventually(found)[0]["message"] == "got {'status': 'FAILED'}"

    assert deployed("false")["Alias"] == alias
    assert {rule["State"] for rule in rules(client).values()} == {"ENABLED", "DISABLED"}

    client("cloudformation").delete_stack(StackName="stack")
    assert rules(client) == {}
    assert client("lambda").list_functions()["Functions"] == []
