"""What the functions called in the end-to-end tests is what their roles allow: not less, and nothing more.

It comes after the end-to-end tests, which leave their logs of API calls. The fault matrix holds each action against its
table of calls; here it is the functions as they were deployed, down to the resource.
"""

import re
from fnmatch import fnmatchcase

import pytest
from botocore.utils import CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES, hyphenize_service_id

from infra.conftest import expanded  # noqa: F401  a fixture
from infra.test_permissions import ON_EVERYTHING, as_list, generated

from .observed import FOLDER, logs, made, service_model, table, use
from .policies import Policies

# Granted and never called by a function itself, so no log of calls can have it. The keys are patterns of actions. What AWS
# asks for on behalf of an action stands in the action's table.
NOT_CALLED = {
    "ec2:*": "Lambda calls it to attach the function to a VPC",
    "kms:*": "the services call it that keep data encrypted",
    "logs:CreateLogStream": "Lambda calls it to write the function's log",
    "logs:PutLogEvents": "Lambda calls it to write the function's log",
    "sqs:SendMessage": "Lambda calls it for an event on which the function failed",
    "xray:*": "Lambda calls it to send traces",
}
# Granted and called only in situations that no end-to-end test brings about: (function, action).
_TRAIL = "`original` follows the trail of earlier runs, and here only throttles go back to one"
NOT_MET = {
    ("backout-conclude", "dynamodb:PutItem"): "a run whose execution ended before it had a row gets one",
    ("backout-endpoint", "dynamodb:Query"): _TRAIL,
    ("backout-flag", "cloudwatch:DescribeAlarms"): "only environments with monitors have alarms that could stop a deployment",
    ("backout-flag", "dynamodb:Query"): _TRAIL,
    ("backout-validate", "timestream:DescribeEndpoints"): "the endpoint of the local cloud answers queries itself",
    ("backout-validate", "dynamodb:Query"): "one policy is for all functions that act, and checks have no `original`",
    ("backout-version", "dynamodb:Query"): _TRAIL,
}
# Called when two happen to meet, so in some runs of the tests and not in others.
BY_CHANCE = {
    ("backout-advance", "dynamodb:GetItem"): "a row is read again when somebody else has just moved it",
    ("backout-conclude", "lambda:InvokeFunction"): "a step has to be under way at the moment when its execution is stopped",
}

# Wide, and no parameter narrows it down.
WIDE = {("FlagRole", "DeployByStrategy"): "a strategy says how fast a deployment is, and holds nothing"}


@pytest.fixture(scope="module")
def clouds(expanded):  # noqa: F811  the fixture
    """(policies, what was used) of each cloud."""
    found = []
    for outputs, calls in logs():
        policies = Policies(expanded, outputs)
        found.append((policies, {use(call, policies.here) for call in calls}))
    assert any(used for _, used in found), (
        f"there are no calls in {FOLDER}: the end-to-end tests leave them there (`make test-end-to-end`)"
    )
    return found


@pytest.fixture(scope="module")
def functions(clouds):
    """The stack's functions by name, each with the policies of its role."""
    policies, _ = clouds[0]
    return policies.functions()


@pytest.fixture(scope="module")
def used(clouds):
    """(function, action) of everything that was called."""
    return {(it.function, it.action) for _, used in clouds for it in used}


@pytest.fixture(scope="module")
def asked_by_aws():
    """(function, action) of what AWS asks for on behalf of an action."""
    return {(function, action) for function, calls in table() if "aws" in calls["by"] for action in calls["permissions"]}


@pytest.fixture(scope="module")
def granted(clouds, functions):
    """(function, action) of everything that is allowed by some statement."""
    policies, _ = clouds[0]
    return {
        (function, action)
        for function, owners in functions.items()
        for statement in policies.of(owners)
        for action in as_list(statement["Action"])
    }


def test_every_function_was_called(functions, used):
    silent = set(functions) - {function for function, _ in used}
    assert not silent, "no end-to-end test had them do anything, so nothing is known of their permissions"


def test_a_role_allows_every_call_that_its_function_made(clouds, functions):
    refused = {
        f"{it.function} called {it.action} on {it.resource or 'no resource'}: {why}"
        for policies, used in clouds
        for it in used
        if (why := policies.refusal(functions[it.function], it.action, it.resource))
    }
    assert not refused, "\n".join(sorted(refused))


def test_a_role_grants_no_action_that_its_function_did_not_use(granted, used, asked_by_aws):
    idle = {
        f"{function} may {action}, and never did"
        for function, action in granted - used - set(NOT_MET) - set(BY_CHANCE) - asked_by_aws
        if not any(fnmatchcase(action, pattern) for pattern in NOT_CALLED)
    }
    assert not idle, "\n".join(sorted(idle))


def test_no_exception_outlives_its_reason(granted, used):
    stale = {f"{function} did use {action}" for function, action in used & set(NOT_MET)}
    stale |= {f"{function} may not {action} at all" for function, action in (set(NOT_MET) | set(BY_CHANCE)) - granted}
    for pattern in NOT_CALLED:
        stale |= {f"{function} did use {action}" for function, action in used if fnmatchcase(action, pattern)}
        if not any(fnmatchcase(action, pattern) for _, action in granted):
            stale.add(f"no function may {pattern}")
    assert not stale, "\n".join(sorted(stale))


def test_functions_that_act_call_what_the_tables_of_their_actions_have():
    tables = {
        (function, calls["service"], operation)
        for function, calls in table()
        if calls["by"] == "function"
        for operation in calls["operations"]
    }
    acting = {function for function, _ in table()}
    # The journal is kept by whatever acts.
    calls = {it for _, log in logs() for it in map(made, log) if it[0] in acting and it[1] != "DynamoDB"}
    assert calls <= tables, f"called, and in no table: {sorted(calls - tables)}"
    not_met = {(function, action.split(":")[1]) for function, action in NOT_MET}
    idle = {(function, service, operation) for function, service, operation in tables - calls if (function, operation) not in not_met}
    assert not idle, f"in a table, and never called: {sorted(idle)}"


def test_tables_name_services_and_operations_as_their_models_do():
    names = {hyphenized: name for name, hyphenized in CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES.items()}
    for _, calls in table():
        hyphenized = hyphenize_service_id(calls["service"])
        model = service_model(names.get(hyphenized, hyphenized))
        assert model.service_id == calls["service"]
        if calls["by"] != "function":
            continue
        assert set(calls["operations"]) <= set(model.operation_names), calls["purpose"]
        if calls["service"] == "API Gateway":
            methods = {model.operation_model(operation).http["method"] for operation in calls["operations"]}
            assert set(calls["permissions"]) == {f"apigateway:{method}" for method in methods}


def test_every_wide_resource_has_a_reason(clouds, functions):
    policies, _ = clouds[0]
    wide, everything = set(), set()
    for owner in {owner for owners in functions.values() for owner in owners}:
        for statement in policies.of([owner]):
            patterns = policies.resources(statement)
            if "*" in patterns:
                everything.add((owner, statement["Sid"]))
            elif any(map(is_wide, patterns)) and not narrowed_by_a_parameter(statement):
                wide.add((owner, statement["Sid"]))
    assert wide == set(WIDE)
    assert everything - generated() == {(owner, sid) for owner, sid in ON_EVERYTHING if owner != "StateMachineRole"}


def narrowed_by_a_parameter(statement):
    """What plans act on is everything of the account until a parameter narrows it down."""
    match statement["Resource"]:
        case {"Fn::If": [_, _, {"Ref": parameter}]}:
            return parameter.endswith("Arns")
    return False


def is_wide(arn):
    """Whether every resource of a kind is meant: no name follows the kind."""
    resource = arn.split(":", 5)[5]
    if arn.startswith("arn:aws:s3:"):
        return resource.startswith("*")
    return re.fullmatch(r"/?[\w-]+[:/]\*.*", resource) is not None


@pytest.mark.parametrize(
    "arn, wide",
    [
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::bucket/plans/*", False),
        ("arn:aws:apigateway:us-east-1::/restapis/*/stages/*", True),
        ("arn:aws:apigateway:us-east-1::/restapis/abc*", False),
        ("arn:aws:lambda:us-east-1:123456789012:function:*", True),
        ("arn:aws:lambda:us-east-1:123456789012:function:backout-flag:*", False),
    ],
)
def test_a_wide_resource_is_known_as_such(arn, wide):
    assert is_wide(arn) == wide
