"""Least privilege, as far as the template shows it."""

import json
import re
from copy import deepcopy

import pytest

from .conftest import HOSTS, INVOKED, TEMPLATE

FUNCTIONS = ["trigger", *INVOKED]

# Statements on every resource, each with the reason why none can be named. The generated ones have it beside them.
ON_EVERYTHING = {
    ("FunctionPolicy", "SendTraces"): "X-Ray has no resources",
    ("StateMachineRole", "SendTraces"): "X-Ray has no resources",
    ("StateMachineRole", "DeliverLogs"): "log deliveries have no resources",
    ("TriggerRole", "ReadAlarms"): "composite alarms are only shown to who may describe all",
    ("ValidateVpcPolicy", "AttachToVpc"): "the interfaces that Lambda makes have no name beforehand",
}
# Permissions that read. Every other one changes something.
READING = re.compile(r"\w+:(Describe|Filter|Get|Head|List|Select|GET$|StartConfigurationSession)")
# What the stack is made of: the service of a type in IAM, the property with its name, and what is changed by that name.
# Versions and aliases are resources of their own, and so are executions.
OWN = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "AlarmName", ["alarm:{}"]),
    "AWS::Events::Rule": ("events", "Name", ["rule/{}"]),
    "AWS::Lambda::Function": ("lambda", "FunctionName", ["function:{}", "function:{}:*"]),
    "AWS::Logs::LogGroup": ("logs", "LogGroupName", ["log-group:{}:*"]),
    "AWS::StepFunctions::StateMachine": ("states", "StateMachineName", ["stateMachine:{}", "stateMachine:{}:*", "execution:{}:*"]),
}
# What has no name that is known beforehand, or is no resource of its own: as long as no action changes anything of its service,
# nothing has to be denied.
UNNAMED = {
    "AWS::CloudWatch::Dashboard": "cloudwatch",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::IAM::ManagedPolicy": "iam",
    "AWS::IAM::Role": "iam",
    "AWS::KMS::Alias": "kms",
    "AWS::KMS::Key": "kms",
    "AWS::S3::Bucket": "s3",
    "AWS::S3::BucketPolicy": "s3",
    "AWS::SNS::Subscription": "sns",
    "AWS::SNS::Topic": "sns",
    "AWS::SNS::TopicPolicy": "sns",
    "AWS::SQS::Queue": "sqs",
    "AWS::SQS::QueuePolicy": "sqs",
}
# Parts of functions: denied with them.
PARTS = {"AWS::Lambda::Alias", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Lambda::Version"}


def statements(template):
    """(resource, statement) of every policy of roles, whatever parameter switches it on."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            policies = [policy["PolicyDocument"] for policy in properties["Policies"]]
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            policies = [properties["PolicyDocument"]]
        else:
            continue
        for policy in policies:
            for statement in policy["Statement"]:
                yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def allowing(template):
    """Those that allow something."""
    return [(name, statement) for name, statement in statements(template) if statement["Effect"] == "Allow"]


def ban(template):
    """What no action may change, whatever the parameters allow."""
    [denied] = [statement for _, statement in statements(template) if statement["Sid"] == "NeverTouchOwnStack"]
    assert denied["Effect"] == "Deny"
    return denied


def generated():
    """(role, purpose) of the statements that come from what the actions call."""
    found = set()
    for host in HOSTS:
        region = TEMPLATE.read_text().split(f"# Generated: what the actions of {host} call.\n")[1]
        purposes = re.findall(r"- Sid: (\w+)", region.split("# End of what is generated.")[0])
        found |= {(f"{host.capitalize()}Role", purpose) for purpose in purposes}
    return found


def optional(template):
    """Lists that are empty by default, and then nothing is allowed."""
    return {name for name, it in template["Parameters"].items() if name.endswith("Arns") and it["Default"] == ""}


def as_list(value):
    return value if isinstance(value, list) else [value]


def test_every_function_has_a_role_of_its_own_that_only_lambda_can_take(template):
    roles = []
    for name in FUNCTIONS:
        function = template["Resources"][f"{name.capitalize()}Function"]["Properties"]
        assert "Policies" not in function, "sam would add a role with AWS managed policies"
        roles.append(function["Role"]["Fn::GetAtt"][0])
        [trust] = template["Resources"][roles[-1]]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert len(set(roles)) == len(FUNCTIONS)


def test_every_statement_says_its_purpose_once(template):
    sids = [(name, statement["Sid"]) for name, statement in statements(template)]
    assert len(sids) == len(set(sids))


def test_no_statement_allows_every_action_of_a_service(template):
    for name, statement in statements(template):
        for action in as_list(statement["Action"]):
            service, operation = action.split(":")
            assert operation.rstrip("*"), f"{name} allows {action}"
            assert not operation.endswith("*") or service == "kms", f"{name} allows {action}"


def test_every_statement_on_everything_has_a_reason(template):
    found = {
        (name, statement["Sid"]) for name, statement in allowing(template) if "*" in as_list(statement["Resource"])
    }
    assert found - generated() == set(ON_EVERYTHING)


def test_a_role_has_no_policies_but_its_own_and_those_of_the_stack(template):
    for name in FUNCTIONS:
        attached = template["Resources"][f"{name.capitalize()}Role"]["Properties"]["ManagedPolicyArns"]
        expected = [{"Ref": "FunctionPolicy"}] + ([{"Ref": "ActionPolicy"}] if name in HOSTS else [])
        if name == "validate":
            expected.append({"Fn::If": ["InVpc", {"Ref": "ValidateVpcPolicy"}, {"Ref": "AWS::NoValue"}]})
        assert attached == expected, name


def changing(template):
    """What actions may change, but for what they keep in the stack itself."""
    return {
        action
        for name, statement in allowing(template)
        if (name, statement["Sid"]) in generated() and "Fn::GetAtt" not in str(statement["Resource"])
        if not str(statement["Resource"]).startswith("{'Fn::Sub': '${Bucket.Arn}")
        for action in as_list(statement["Action"])
        if not READING.match(action) and action.split(":")[0] not in ("kms", "iam")
    }


def test_no_plan_can_change_the_stack_that_runs_it(template, expanded):
    denied = ban(template)
    actions, resources = set(denied["Action"]), {resource["Fn::Sub"] for resource in denied["Resource"]}
    allowed = {}
    for resource in expanded["Resources"].values():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in PARTS:
            continue
        service, named, patterns = OWN.get(kind) or (UNNAMED[kind], None, [])
        changes = {action for action in changing(template) if action.startswith(f"{service}:")}
        if not changes:
            continue
        assert named, f"an action changes {service}, and nothing is denied on the stack's own {kind}"
        name = properties[named].get("Fn::Sub") or f"${{{properties[named]['Ref']}}}"
        here = f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:"
        missing = {here + pattern.format(name) for pattern in patterns} - resources
        if missing or changes - actions:
            allowed[name] = (missing, changes - actions)
    assert not allowed
    # Among them, what concludes the runs that were left.
    assert any(resource.endswith(":rule/${AWS::StackName}-sweeper") for resource in resources)


def test_what_reads_is_not_denied_and_what_is_denied_is_allowed_elsewhere(template):
    denied = ban(template)
    assert set(denied["Action"]) <= changing(template)


def test_every_function_that_acts_has_the_ban(template):
    for name in HOSTS:
        attached = template["Resources"][f"{name.capitalize()}Role"]["Properties"]["ManagedPolicyArns"]
        assert {"Ref": "ActionPolicy"} in attached, name


def test_what_is_empty_by_default_allows_nothing_until_it_is_named(template):
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for policy in resource["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                resource = statement.get("Resource")
                assert not (isinstance(resource, dict) and resource.get("Ref") in optional(template)), (
                    f"{name}: {statement['Sid']} would have no resource: put it under a condition"
                )


def test_an_action_whose_list_is_empty_is_allowed_nothing_at_all_in_its_service(template):
    for name in HOSTS:
        role = template["Resources"][f"{name.capitalize()}Role"]["Properties"]
        [policy] = [policy["PolicyDocument"] for policy in role["Policies"]]
        listed, everything = {}, {}
        for statement in policy["Statement"]:
            always = "Fn::If" not in statement
            statement = statement if always else statement["Fn::If"][1]
            kind = everything if statement.get("Resource") == "*" else listed
            for action in as_list(statement["Action"]):
                kind.setdefault(action.split(":")[0], []).append((always, statement["Sid"]))
        for service, found in everything.items():
            if service in listed and not any(always for always, _ in listed[service]):
                assert not any(always for always, _ in found), f"{name}: {service}: {found} without a condition"


APIS = "arn:aws:apigateway:eu-west-2::/restapis"


@pytest.mark.parametrize("named", ["*", f"{APIS}/abc*", f"{APIS}/abc, {APIS}/abc/*"])
@pytest.mark.parametrize(
    "role, method, allowed, forbidden",
    [
        ("Endpoint", "DELETE", ["deployments/1"], ["", "stages/prod", "resources/1", "resources/1/methods/GET", "models/m"]),
        ("Endpoint", "PATCH", ["resources/1/methods/GET/integration", "stages/prod"], ["", "resources/1", "resources/1/methods/GET", "authorizers/1"]),
        ("Endpoint", "POST", ["deployments"], ["stages", "resources/1", "authorizers", "models"]),
        ("Traffic", "GET", ["stages/prod"], ["", "authorizers/1"]),
        ("Traffic", "PATCH", ["stages/prod"], ["", "resources/1/methods/GET/integration", "authorizers/1"]),
    ],
)
def test_whoever_names_an_api_does_not_give_all_of_it_away(expanded, named, role, method, allowed, forbidden):
    from permissions.policies import Policies

    expanded = deepcopy(expanded)
    expanded["Parameters"]["RestApiArns"]["Default"] = named.replace(", ", ",")
    stack = "eu-west-2:111122223333"
    outputs = dict.fromkeys(["NotificationTopicArn", "TableName", "BucketName", "KeyArn"], "it")
    policies = Policies(expanded, outputs | {"StateMachineArn": f"arn:aws:states:{stack}:stateMachine:backout"})
    owners = [f"{role}Role", "FunctionPolicy", "ActionPolicy"]

    def refusal(path):
        return policies.refusal(owners, f"apigateway:{method}", f"{APIS}/abc/{path}".removesuffix("/"))

    assert not [why for path in allowed if (why := refusal(path))]
    assert not [path for path in forbidden if not refusal(path)]


def test_what_is_a_part_by_default_is_no_more_than_that_once_something_is_named(template):
    limited = {}
    for role in (f"{name.capitalize()}Role" for name in HOSTS):
        for owner, limit in statements(template):
            if owner != role or "NotResource" not in limit:
                continue
            assert limit["Effect"] == "Deny"
            held = [s["Resource"] for it, s in allowing(template) if it == role and limit["Action"] in as_list(s["Action"])]
            assert limit["NotResource"] == [it["Fn::If"][1] if "Fn::If" in it else it for it in held], role
            limited.setdefault(role, []).append(limit["Action"].removeprefix("apigateway:"))
    assert limited == {"EndpointRole": ["DELETE", "PATCH", "POST"], "TrafficRole": ["GET", "PATCH"]}


def test_keys_and_roles_of_the_user_are_used_through_one_service_alone(template):
    for owner, statement in statements(template):
        keys_and_roles = [action for action in as_list(statement["Action"]) if action.startswith(("kms:", "iam:"))]
        if keys_and_roles and owner in {f"{name.capitalize()}Role" for name in HOSTS}:
            assert keys_and_roles == as_list(statement["Action"]), owner
            [(condition, service)] = statement["Condition"]["StringEquals"].items()
            assert condition in ("kms:ViaService", "iam:PassedToService") and len(as_list(service)) == 1, owner
            assert statement["Resource"] == {"Fn::GetAtt": ["Key", "Arn"]} or statement["Resource"]["Ref"] in optional(template)


def test_only_api_gateway_is_let_invoke_functions(template):
    granting = {"lambda:AddPermission", "lambda:RemovePermission"}
    [granted] = [s for _, s in statements(template) if s["Effect"] == "Allow" and granting & set(as_list(s["Action"]))]
    assert granted["Condition"] == {"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}}


@pytest.mark.parametrize("name", ["trigger", "prepare", "advance", "conclude", "traffic", "validate"])
def test_only_actions_that_change_functions_may(template, name):
    role = f"{name.capitalize()}Role"
    allowed = {a for owner, s in statements(template) if owner == role for a in as_list(s["Action"])}
    assert not {action for action in allowed if action.startswith("lambda:Update")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_who_writes_to_table_or_bucket_may_encrypt_for_it(template, name):
    owners = {f"{name.capitalize()}Role", "FunctionPolicy"} | ({"ActionPolicy"} if name in HOSTS else set())
    held = [s for owner, s in statements(template) if owner in owners and s["Effect"] == "Allow"]
    actions = {action for statement in held for action in as_list(statement["Action"])}

    def with_stack_key(service):
        found = set()
        for statement in held:
            if statement["Resource"] == {"Fn::GetAtt": ["Key", "Arn"]}:
                services = as_list(statement["Condition"]["StringEquals"]["kms:ViaService"])
                if {"Fn::Sub": f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"} in services:
                    found |= set(as_list(statement["Action"]))
        return found

    read = {"kms:Decrypt"}
    table = {"kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
    writes_table = bool({"dynamodb:PutItem", "dynamodb:UpdateItem"} & actions)
    assert with_stack_key("dynamodb") == read | (table if writes_table else set())
    assert with_stack_key("s3") == read | ({"kms:GenerateDataKey*"} if "s3:PutObject" in actions else set())


def test_every_list_of_resources_is_used_and_falls_back_to_this_account(template):
    lists = {name for name in template["Parameters"] if name.endswith("Arns")} - optional(template)
    used = set()
    for name, statement in allowing(template):
        resource = statement["Resource"]
        if isinstance(resource, dict) and "Fn::If" in resource:
            condition, everything, narrowed = resource["Fn::If"]
            [equals] = template["Conditions"][condition].values()
            assert equals == [{"Fn::Join": [",", narrowed]}, "*"], f"{name}: {condition} asks for another parameter"
            used.add(narrowed["Ref"])
            in_account = "${AWS::AccountId}" in everything["Fn::Sub"] or everything["Fn::Sub"].startswith(
                "arn:${AWS::Partition}:apigateway:${AWS::Region}::"
            )
            assert in_account or "aws:ResourceAccount" in str(statement.get("Condition")), f"{name}: {statement['Sid']}"
    assert used == lists


def test_the_state_machine_may_invoke_every_version_of_what_it_calls_and_nothing_else(template):
    [invoke] = [s for name, s in statements(template) if name == "StateMachineRole" and s["Sid"] == "InvokeFunctions"]
    assert invoke["Action"] == "lambda:InvokeFunction"
    assert invoke["Resource"] == [{"Fn::Sub": f"${{{name.capitalize()}Function.Arn}}:*"} for name in INVOKED]


@pytest.mark.parametrize("kind, most", [("AWS::IAM::Role", 10_240), ("AWS::IAM::ManagedPolicy", 6_144)])
def test_policies_are_no_longer_than_iam_allows(template, kind, most):
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            properties = resource["Properties"]
            policies = [policy["PolicyDocument"] for policy in properties.get("Policies", [properties])]
            length = sum(len(re.sub(r"\s", "", json.dumps(longest(policy)))) for policy in policies)
            assert length <= most, f"{name} has {length} characters: give the function less to do, or split it"


def longest(value):
    """A value of the template with every condition as it takes most room, each name of a resource and each list of ARNs 80 long."""
    if isinstance(value, list):
        return [longest(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        return max((longest(branch) for branch in value["Fn::If"][1:]), key=lambda it: len(json.dumps(it)))
    if {"Ref", "Fn::GetAtt"} & set(value):
        return "" if value.get("Ref") == "AWS::NoValue" else "x" * 80
    if "Fn::Sub" in value and isinstance(value["Fn::Sub"], str):
        return value["Fn::Sub"].replace("${Bucket.Arn}", "x" * 80)
    return {key: longest(item) for key, item in value.items()}
