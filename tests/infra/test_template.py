"""What the template promises about the stack."""

import re

import pytest

from .conftest import HOSTS, INVOKED, ROOT
from .test_permissions import statements

FUNCTIONS = ["trigger", *INVOKED]


def of_type(template, kind):
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] == kind}


def properties(template, name):
    return template["Resources"][name]["Properties"]


def test_there_is_one_function_for_each_crate_of_functions(template):
    packages = {}
    for manifest in ROOT.glob("functions/*/*/Cargo.toml"):
        package = manifest.read_text().split("[package]\n", 1)[1].split("\n[", 1)[0]
        [packages[manifest.parent]] = re.findall(r'^name = "(.+)"$', package, re.MULTILINE)
    functions = of_type(template, "AWS::Serverless::Function")
    deployed = {
        (ROOT / "infra" / function["Properties"]["CodeUri"]).resolve(): function["Metadata"]["BuildProperties"]["Binary"]
        for function in functions.values()
    }
    assert deployed == packages
    assert set(functions) == {f"{name.capitalize()}Function" for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_log_group_of_its_own_with_a_retention(template, name):
    function, logs = properties(template, f"{name.capitalize()}Function"), properties(template, f"{name.capitalize()}Logs")
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{name.capitalize()}Logs"}
    assert logs["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{name}"}
    assert logs["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert function["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_publishes_a_version_whenever_its_configuration_changes(template, expanded, name):
    function = properties(template, f"{name.capitalize()}Function")
    assert function["AutoPublishAliasAllProperties"] is True
    described = str(function["VersionDescription"])
    for name_of, policy in of_type(template, "AWS::IAM::ManagedPolicy").items():
        # A policy is replaced whenever its description changes: its ARN stands for what it describes.
        described = described.replace(name_of, str(policy["Properties"]["Description"]))
    own = {"validate": {"VpcSubnetIds", "VpcSecurityGroupIds"}, "prepare": {"EvidenceDays"}}
    parameters = {"LogLevel"} | own.get(name, set())
    for parameter in parameters:
        assert parameter in described, "a change of only this parameter would reach no run"
    [version] = [
        resource
        for logical, resource in of_type(expanded, "AWS::Lambda::Version").items()
        if logical.startswith(f"{name.capitalize()}FunctionVersion")
    ]
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")


def longest(value, template):
    """The most characters that a text of the template may come to, with the most subnets and groups that Lambda takes."""
    ids = {"VpcSubnetIds": ["subnet-0123456789abcdef0"] * 16, "VpcSecurityGroupIds": ["sg-0123456789abcdef0"] * 5}
    names = {"AWS::StackName": 24, "EvidenceDays": 5, "LogLevel": 5}
    # The longest name of a policy, behind `arn:aws-us-gov:iam::123456789012:policy/`.
    names |= {name: 39 + 128 for name in of_type(template, "AWS::IAM::ManagedPolicy")}
    match value:
        case {"Fn::If": [_, one, other]}:
            return max(longest(one, template), longest(other, template))
        case {"Fn::Join": [between, {"Ref": listed}]}:
            return len(between.join(ids[listed]))
        case {"Fn::Sub": [text, given]}:
            own = {name: longest(part, template) for name, part in given.items()}
            return len(re.sub(r"\$\{([^}]+)\}", lambda found: "x" * (names | own)[found[1]], text))
        case {"Fn::Sub": text}:
            return longest({"Fn::Sub": [text, {}]}, template)
        case str():
            return len(value)
    raise AssertionError(f"{value} is measured nowhere")


def test_no_description_is_longer_than_aws_takes(template):
    measured = 0
    for name, resource in template["Resources"].items():
        described = resource.get("Properties", {})
        takes = 1000 if resource["Type"] == "AWS::IAM::ManagedPolicy" else 256
        for key in ("VersionDescription", "Description"):
            if resource["Type"] in {"AWS::Serverless::Function", "AWS::IAM::ManagedPolicy"} and key in described:
                assert longest(described[key], template) <= takes, f"{key} of {name}"
                measured += 1
    assert measured > len(FUNCTIONS)


def test_lambda_sieves_nothing_of_what_a_function_writes(template):
    # The function's own filter follows LogLevel; Lambda's would stand at INFO, and metrics are INFO to it.
    logging = template["Globals"]["Function"]["LoggingConfig"]
    assert logging == {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}
    assert "debug" in template["Parameters"]["LogLevel"]["AllowedValues"]


def test_the_state_machine_invokes_published_versions_only(expanded):
    substitutions = dict(properties(expanded, "StateMachine")["DefinitionSubstitutions"])
    assert substitutions.pop("Partition") == {"Ref": "AWS::Partition"}
    assert set(substitutions) == {name.capitalize() for name in INVOKED}
    for name, substitution in substitutions.items():
        version = expanded["Resources"][substitution["Ref"]]
        assert version["Type"] == "AWS::Lambda::Version"
        assert version["Properties"]["FunctionName"] == {"Ref": f"{name}Function"}


def test_the_name_of_the_state_machine_is_the_one_that_roles_and_trigger_use(template):
    assert properties(template, "StateMachine")["Name"] == {"Ref": "AWS::StackName"}
    environment = properties(template, "TriggerFunction")["Environment"]["Variables"]
    assert environment["BACKOUT_STATE_MACHINE"]["Fn::Sub"].endswith(":stateMachine:${AWS::StackName}")


def test_the_history_is_logged_without_the_data_of_the_execution(template):
    machine = properties(template, "StateMachine")
    assert machine["Logging"]["Level"] == "ERROR"
    assert machine["Logging"]["IncludeExecutionData"] is False
    assert machine["Tracing"] == {"Enabled": True}


@pytest.mark.parametrize("name", ["Table", "Bucket", "Key"])
def test_storage_outlives_the_stack(template, name):
    resource = template["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_stack_key_encrypts_ledger_bucket_and_topics(template):
    key = {"Fn::GetAtt": ["Key", "Arn"]}
    [encryption] = properties(template, "Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["BucketKeyEnabled"] is True
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert properties(template, "Table")["SSESpecification"]["KMSMasterKeyId"] == key
    for topic in of_type(template, "AWS::SNS::Topic").values():
        assert topic["Properties"]["KmsMasterKeyId"] == key


def test_the_ledger_has_the_keys_and_the_indexes_that_the_code_uses(template):
    table = properties(template, "Table")
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    keys = {name: [key["AttributeName"] for key in index["KeySchema"]] for name, index in indexes.items()}
    assert keys == {"runs": ["listing", "started_at"], "open": ["open", "started_at"]}
    assert all(index["Projection"] == {"ProjectionType": "ALL"} for index in indexes.values())
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_bucket_is_private_versioned_and_reached_by_tls_only(template):
    bucket = properties(template, "Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    [statement] = properties(template, "BucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_reports_and_current_plans_never_expire(template):
    rules = properties(template, "Bucket")["LifecycleConfiguration"]["Rules"]
    expiring = [rule["Prefix"] for rule in rules if "ExpirationInDays" in rule]
    assert expiring == ["evidence/"]
    assert "reports/" not in [rule.get("Prefix") for rule in rules]


def test_an_alarm_reaches_the_trigger_by_topic_and_directly_and_is_kept_when_it_fails(template, expanded):
    live = {"Ref": "TriggerFunctionAliaslive"}
    subscriptions = [s["Properties"] for s in of_type(expanded, "AWS::SNS::Subscription").values()]
    [by_topic] = [s for s in subscriptions if s["Protocol"] == "lambda"]
    assert (by_topic["TopicArn"], by_topic["Endpoint"]) == ({"Ref": "AlarmTopic"}, live)
    assert by_topic["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["LostAlarmQueue", "Arn"]}
    permissions = [p["Properties"] for p in of_type(expanded, "AWS::Lambda::Permission").values()]
    permissions = [p for p in permissions if p["Principal"] != "events.amazonaws.com"]
    assert {p["Principal"] for p in permissions} == {"sns.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com"}
    assert [p["FunctionName"] for p in permissions] == [live, live]
    [asynchronous] = of_type(expanded, "AWS::Lambda::EventInvokeConfig").values()
    destination = asynchronous["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == {"Fn::GetAtt": ["LostAlarmQueue", "Arn"]}


def test_people_are_told_of_every_way_in_which_a_run_can_end_badly(template):
    alarms = [alarm["Properties"] for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()]
    assert {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms} == {
        ("Backout", "UnsuccessfulRuns"),
        ("AWS/Lambda", "Errors"),
        ("AWS/States", "ExecutionsTimedOut"),
        ("AWS/States", "ExecutionsAborted"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    }
    for alarm in alarms:
        assert alarm["AlarmActions"] == [{"Ref": "NotificationTopic"}], "the alarm topic would start plans"
        assert alarm["TreatMissingData"] == "notBreaching"


def test_the_command_line_finds_what_it_needs_in_the_outputs(template):
    assert set(template["Outputs"]) == {
        "TableName",
        "BucketName",
        "StateMachineArn",
        "AlarmTopicArn",
        "NotificationTopicArn",
        "TriggerFunctionArn",
        "KeyArn",
    }


def test_every_parameter_is_described_grouped_and_has_a_default(template):
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [parameter for group in groups for parameter in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"])
    for name, parameter in template["Parameters"].items():
        assert len(parameter["Description"]) > 20, name
        assert "Default" in parameter, name


def test_runs_that_nobody_concluded_are_told_of_and_looked_for(template):
    events = properties(template, "ConcludeFunction")["Events"]
    told = events["ExecutionEnded"]["Properties"]["Pattern"]["detail"]
    assert told["status"] == ["ABORTED", "FAILED", "TIMED_OUT"]
    [machine] = told["stateMachineArn"]
    assert machine["Fn::Sub"].endswith(":stateMachine:${AWS::StackName}")
    assert events["Sweeper"]["Properties"]["Schedule"] == "rate(1 minute)"


def test_who_concludes_can_ask_every_function_that_changes_something(template):
    # By stack, name and alias: a function that is deployed alone is asked in its new version, though conclude stays.
    assert template["Globals"]["Function"]["AutoPublishAlias"] == "live"
    for host in HOSTS:
        assert properties(template, f"{host.capitalize()}Function")["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{host}"}
    [asked] = [s["Resource"] for name, s in statements(template) if (name, s["Sid"]) == ("ConcludeRole", "AskActions")]
    changing = [host.capitalize() for host in HOSTS if host != "validate"]
    assert asked == [{"Fn::Sub": f"${{{host}Function.Arn}}:*"} for host in changing], "validate only reads"


def test_every_parameter_stands_in_the_readme_with_its_default(template):
    readme = (ROOT / "infra" / "README.md").read_text()
    table = readme.split("\n| parameter | default | |\n", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.+?) \| .+ \|$", table, re.MULTILINE)
    listed = [(name, default.strip("`")) for names, default in rows for name in re.findall(r"\w+", names)]
    declared = [(name, str(parameter["Default"]) or "none") for name, parameter in template["Parameters"].items()]
    assert sorted(listed) == sorted(declared)
