"""Stacks: the types that moto lacks, updates in order, and refusals."""

import io
import json

import pytest
from botocore.exceptions import ClientError

from localcloud.tests.support import invoke, zip_of

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}


def function(client, text, **properties):
    """A function resource whose package holds `text`."""
    s3 = client("s3")
    s3.create_bucket(Bucket="code")
    key = f"{abs(hash(text))}.zip"
    s3.put_object(Bucket="code", Key=key, Body=zip_of({"app.py": f"def handler(e, c): return {text!r}"}))
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Code": {"S3Bucket": "code", "S3Key": key},
            **properties,
        },
    }


def test_an_unknown_type_is_refused_by_its_name(stack):
    with pytest.raises(ClientError) as caught:
        stack({"Odd": {"Type": "AWS::Odd::Thing"}, "Role": ROLE})
    assert "Unrecognized resource types: [AWS::Odd::Thing]" in caught.value.response["Error"]["Message"]


def test_a_failing_resource_is_named(stack, client):
    with pytest.raises(ClientError) as caught:
        stack({"Role": ROLE, "F": function(client, "x") | {"Properties": {"Role": "nonsense", "Code": {}}}})
    assert "F (AWS::Lambda::Function) failed" in caught.value.response["Error"]["Message"]


def test_a_function_has_all_its_properties(stack, client):
    resources = {
        "Role": ROLE,
        "F": function(
            client,
            "x",
            Timeout=7,
            MemorySize=512,
            Architectures=["arm64"],
            TracingConfig={"Mode": "Active"},
            ReservedConcurrentExecutions=3,
            Environment={"Variables": {"A1": 1, "B1": True}},
            Tags=[{"Key": "team", "Value": "data"}],
        ),
    }
    name = stack(resources, {"Name": {"Ref": "F"}})["Name"]
    found = client("lambda").get_function(FunctionName=name)
    configuration = found["Configuration"]
    assert (configuration["Timeout"], configuration["MemorySize"]) == (7, 512)
    assert configuration["Architectures"] == ["arm64"]
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert configuration["Environment"]["Variables"] == {"A1": "1", "B1": "true"}
    assert found["Concurrency"]["ReservedConcurrentExecutions"] == 3
    assert found["Tags"]["team"] == "data"


def test_an_update_publishes_the_new_code_and_moves_the_alias(stack, client):
    def resources(text, version):
        return {
            # In this order, so that only the dependencies can put them right.
            "Alias": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": {"Ref": "F"},
                    "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
                    "Name": "live",
                },
            },
            version: {
                "Type": "AWS::Lambda::Version",
                "DeletionPolicy": "Retain",
                "Properties": {"FunctionName": {"Ref": "F"}},
            },
            "F": function(client, text),
            "Role": ROLE,
        }

    def outputs(version):
        return {"Alias": {"Ref": "Alias"}, "Version": {"Ref": version}}

    first = stack(resources("one", "VersionA"), outputs("VersionA"))
    assert invoke(client, first["Alias"])["value"] == "one"
    second = stack(resources("two", "VersionB"), outputs("VersionB"))
    assert second["Alias"] == first["Alias"]
    assert invoke(client, second["Alias"])["value"] == "two"
    assert invoke(client, second["Version"])["value"] == "two"
    # Retained, so that what still uses it goes on.
    assert invoke(client, first["Version"])["value"] == "one"


def test_permissions_and_event_configuration_of_an_alias(stack, client):
    resources = {
        "Role": ROLE,
        "F": function(client, "x"),
        "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
        "Live": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "F"},
                "FunctionVersion": {"Fn::GetAtt": ["V", "Version"]},
                "Name": "live",
            },
        },
        "Failed": {"Type": "AWS::SQS::Queue"},
        "Events": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "DependsOn": "Live",
            "Properties": {
                "FunctionName": {"Ref": "F"},
                "Qualifier": "live",
                "MaximumRetryAttempts": 1,
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failed", "Arn"]}}},
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "Live"},
                "Action": "lambda:InvokeFunction",
                "Principal": "sns.amazonaws.com",
            },
        },
    }
    name = stack(resources, {"Name": {"Ref": "F"}})["Name"]
    functions = client("lambda")
    assert "sns.amazonaws.com" in functions.get_policy(FunctionName=name, Qualifier="live")["Policy"]
    config = functions.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    assert config["MaximumRetryAttempts"] == 1

    del resources["Permission"]
    resources["Events"]["Properties"]["MaximumRetryAttempts"] = 0
    stack(resources, {"Name": {"Ref": "F"}})
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName=name, Qualifier="live")
    config = functions.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    assert config["MaximumRetryAttempts"] == 0


def test_a_parameter_inside_a_sub_updates_its_resource(stack, client):
    def resources():
        value = {"Fn::Sub": "level-${Level}"}
        return {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/p", "Type": "String", "Value": value}}}

    stack(resources(), parameters=["Level"], Level="1")
    stack(resources(), parameters=["Level"], Level="2")
    assert client("ssm").get_parameter(Name="/p")["Parameter"]["Value"] == "level-2"


def test_a_property_that_would_be_dropped_is_refused(stack):
    with pytest.raises(ClientError) as caught:
        stack({"B": {"Type": "AWS::S3::Bucket", "Properties": {"WebsiteConfiguration": {}}}})
    assert "WebsiteConfiguration" in caught.value.response["Error"]["Message"]


def test_a_topic_keeps_its_subscriptions_when_it_changes(stack, client):
    topic = {"T": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/one"}}}
    arn = stack(topic, {"Arn": {"Ref": "T"}})["Arn"]
    sns = client("sns")
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="on-call@example.com")
    topic["T"]["Properties"]["KmsMasterKeyId"] = "alias/two"
    assert stack(topic, {"Arn": {"Ref": "T"}})["Arn"] == arn
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["KmsMasterKeyId"] == "alias/two"
    assert len(sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]) == 1


def test_a_state_machine_is_created_with_its_substitutions_and_updated(stack, client):
    def resources(definition):
        return {
            "Role": ROLE,
            "M": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "DefinitionSubstitutions": {"Answer": "forty-two", "Topic": {"Ref": "T"}},
                    **definition,
                },
            },
            "T": {"Type": "AWS::SNS::Topic"},
        }

    text = json.dumps(
        {
            "QueryLanguage": "JSONata",
            "StartAt": "P",
            "States": {"P": {"Type": "Pass", "Output": {"a": "${Answer}", "t": "${Topic}"}, "End": True}},
        }
    )
    arn = stack(resources({"DefinitionString": text}), {"Arn": {"Fn::GetAtt": ["M", "Arn"]}})["Arn"]
    states = client("stepfunctions")
    definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
    assert definition["States"]["P"]["Output"]["a"] == "forty-two"
    assert definition["States"]["P"]["Output"]["t"].startswith("arn:aws:sns:")

    s3 = client("s3")
    s3.create_bucket(Bucket="defs")
    s3.upload_fileobj(io.BytesIO(text.replace('"a"', '"b"').encode()), "defs", "m.json")
    location = {"DefinitionS3Location": {"Bucket": "defs", "Key": "m.json"}}
    assert stack(resources(location), {"Arn": {"Ref": "M"}})["Arn"] == arn
    definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
    assert definition["States"]["P"]["Output"]["b"] == "forty-two"

    with pytest.raises(ClientError) as caught:
        stack(resources({"DefinitionString": text.replace("${Answer}", "${Question}")}))
    assert "${Question}" in caught.value.response["Error"]["Message"]


def test_messages_alarms_and_logs(stack, client):
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [everything]}
    outputs = stack(
        {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Subscription": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {
                    "TopicArn": {"Ref": "Topic"},
                    "Protocol": "sqs",
                    "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "FilterPolicy": {"kind": ["a"]},
                },
            },
            "TopicPolicy": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": policy},
            },
            "QueuePolicy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": policy},
            },
            "BucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": policy},
            },
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/l", "RetentionInDays": 30}},
            "Filter": {
                "Type": "AWS::Logs::MetricFilter",
                "Properties": {
                    "LogGroupName": {"Ref": "Logs"},
                    "FilterPattern": "ERROR",
                    "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": 1}],
                },
            },
            "Alarm": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "Namespace": "n",
                    "MetricName": "m",
                    "Statistic": "Sum",
                    "Period": 60,
                    "EvaluationPeriods": "1",
                    "Threshold": 0,
                    "ComparisonOperator": "GreaterThanThreshold",
                    "AlarmActions": [{"Ref": "Topic"}],
                },
            },
        },
        {"Topic": {"Ref": "Topic"}, "Queue": {"Ref": "Queue"}, "Bucket": {"Ref": "Bucket"}, "Alarm": {"Ref": "Alarm"}},
    )
    sns = client("sns")
    subscription = sns.list_subscriptions_by_topic(TopicArn=outputs["Topic"])["Subscriptions"][0]
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])["Attributes"]
    assert json.loads(attributes["FilterPolicy"]) == {"kind": ["a"]}
    assert json.loads(sns.get_topic_attributes(TopicArn=outputs["Topic"])["Attributes"]["Policy"]) == policy
    queue = client("sqs").get_queue_attributes(QueueUrl=outputs["Queue"], AttributeNames=["Policy"])["Attributes"]
    assert json.loads(queue["Policy"]) == policy
    assert json.loads(client("s3").get_bucket_policy(Bucket=outputs["Bucket"])["Policy"]) == policy
    logs = client("logs")
    assert logs.describe_log_groups(logGroupNamePrefix="/l")["logGroups"][0]["retentionInDays"] == 30
    assert logs.describe_metric_filters(logGroupName="/l")["metricFilters"][0]["filterPattern"] == "ERROR"
    alarm = client("cloudwatch").describe_alarms(AlarmNames=[outputs["Alarm"]])["MetricAlarms"][0]
    assert alarm["AlarmActions"] == [outputs["Topic"]]
