"""Least privilege, as far as the template shows it."""

import re

import pytest

from .conftest import HOSTS, INVOKED, ROOT

FUNCTIONS = ["trigger", *INVOKED]

# Statements on every resource, each with the reason why none can be named.
ON_EVERYTHING = {
    ("FunctionPolicy", "SendTraces"): "X-Ray has no resources",
    ("StateMachineRole", "SendTraces"): "X-Ray has no resources",
    ("StateMachineRole", "DeliverLogs"): "log deliveries have no resources",
    ("TriggerRole", "ReadAlarms"): "composite alarms are only shown to who may describe all",
    ("FlagRole", "ReadMonitors"): "composite alarms are only shown to who may describe all",
    ("FlagRole", "FindAppConfig"): "the lists of applications and strategies have no resource",
    ("VersionRole", "FindStateMachines"): "the list of state machines has no resource",
    ("ValidateRole", "FindTimestreamEndpoint"): "endpoints and queries without a table have no resource",
    ("ValidateRole", "ReadInfluxDb"): "the list of instances has no resource",
    ("ValidateRole", "AttachToVpc"): "the interfaces that Lambda makes have no name beforehand",
}
# Lists of what not everybody has: empty by default, and then nothing is allowed.
OPTIONAL = {"EventRuleRoleArns", "ExecutionRoleArns", "KmsKeyArns"}


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
        (name, statement["Sid"]) for name, statement in statements(template) if "*" in as_list(statement["Resource"])
    }
    assert found == set(ON_EVERYTHING)


def test_a_role_has_no_policies_but_its_own_and_those_of_the_stack(template):
    for name in FUNCTIONS:
        attached = template["Resources"][f"{name.capitalize()}Role"]["Properties"]["ManagedPolicyArns"]
        expected = [{"Ref": "FunctionPolicy"}] + ([{"Ref": "ActionPolicy"}] if name in HOSTS else [])
        assert attached == expected, name


def test_no_plan_can_change_the_machinery_that_runs_it(template):
    [denied] = [statement for _, statement in statements(template) if statement["Effect"] == "Deny"]
    resources = [resource["Fn::Sub"] for resource in denied["Resource"]]
    here = "${AWS::Region}:${AWS::AccountId}"
    function = f"arn:${{AWS::Partition}}:lambda:{here}:function:${{AWS::StackName}}-"
    # By name, and by version or alias: a qualified ARN is another resource.
    expected = {f"{function}{name}{qualifier}" for name in FUNCTIONS for qualifier in ("", ":*")}
    assert set(resources) == expected | {f"arn:${{AWS::Partition}}:states:{here}:stateMachine:${{AWS::StackName}}"}
    changing = {
        action
        for name, statement in statements(template)
        if name.removesuffix("Role").lower() in HOSTS and statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        if action.startswith(("lambda:", "states:")) and not action.split(":")[1].startswith(("Get", "List", "Describe"))
    }
    assert changing == set(denied["Action"])


def test_what_not_everybody_has_is_allowed_only_to_whoever_names_it(template):
    for name in OPTIONAL:
        assert template["Parameters"][name]["Default"] == ""
    keys_and_roles = ("kms:", "iam:")
    for owner, statement in statements(template):
        resource = statement["Resource"]
        if isinstance(resource, dict) and resource.get("Ref") in OPTIONAL:
            assert all(action.startswith(keys_and_roles) for action in as_list(statement["Action"])), owner
            assert set(statement["Condition"]["StringEquals"]) <= {"kms:ViaService", "iam:PassedToService"}, owner


def test_a_role_is_handed_only_to_the_service_that_had_it(template):
    handed = {owner: s for owner, s in statements(template) if "iam:PassRole" in as_list(s["Action"])}
    assert {owner: (s["Action"], s["Resource"]["Ref"]) for owner, s in handed.items()} == {
        "FlagRole": ("iam:PassRole", "EventRuleRoleArns"),
        "VersionRole": ("iam:PassRole", "ExecutionRoleArns"),
    }
    services = {owner: s["Condition"] for owner, s in handed.items()}
    assert services == {
        "FlagRole": {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}},
        "VersionRole": {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}},
    }


def test_only_api_gateway_is_let_invoke_functions(template):
    granting = {"lambda:AddPermission", "lambda:RemovePermission"}
    [granted] = [s for _, s in statements(template) if s["Effect"] == "Allow" and granting & set(as_list(s["Action"]))]
    assert granted["Condition"] == {"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}}


@pytest.mark.parametrize("name", ["trigger", "prepare", "advance", "conclude", "traffic", "validate"])
def test_only_actions_that_change_functions_may(template, name):
    role = f"{name.capitalize()}Role"
    allowed = {a for owner, s in statements(template) if owner == role for a in as_list(s["Action"])}
    assert not {action for action in allowed if action.startswith("lambda:Update")}


def test_ledger_and_bucket_are_used_as_the_library_uses_them(template):
    source = "\n".join(path.read_text() for path in (ROOT / "crates" / "aws" / "src").rglob("*.rs"))
    allowed = {a for _, s in statements(template) for a in as_list(s["Action"]) if a.startswith("dynamodb:")}
    snake = {"GetItem": "get_item", "PutItem": "put_item", "Query": "query", "UpdateItem": "update_item"}
    snake |= {"DeleteItem": "delete_item", "BatchWriteItem": "batch_write_item", "Scan": "scan"}
    snake |= {"TransactWriteItems": "transact_write_items", "BatchGetItem": "batch_get_item"}
    assert allowed == {f"dynamodb:{name}" for name, call in snake.items() if f".{call}()" in source}


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


def test_evidence_is_kept_by_the_functions_whose_actions_do(template):
    keeping = {
        f"{crate.name.capitalize()}Role"
        for crate in (ROOT / "functions" / "act").iterdir()
        for path in (crate / "src").rglob("*.rs")
        if re.search(r"\bevidence\s*\.(keep|has)\(", path.read_text())
    }
    assert keeping == {owner for owner, statement in statements(template) if statement["Sid"] == "KeepEvidence"}


def test_every_list_of_resources_is_used_and_falls_back_to_this_account(template):
    lists = {name for name in template["Parameters"] if name.endswith("Arns")} - OPTIONAL
    used = set()
    for name, statement in statements(template):
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
