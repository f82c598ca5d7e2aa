"""What the functions called in the end-to-end tests is what their roles allow: not less, and nothing more.

It comes after the end-to-end tests, which leave their logs of API calls. `tests/infra/test_calls.py` reads
the same off the sources; here it is what really happened, down to the resource.
"""

import re
from fnmatch import fnmatchcase

import pytest

from infra.conftest import expanded  # noqa: F401  a fixture
from infra.test_permissions import ON_EVERYTHING, as_list

from .observed import FOLDER, logs, uses
from .policies import Policies

# Granted and never called by a function itself, so no log of calls can have it. The keys are patterns of actions.
NOT_CALLED = {
    "ec2:*": "Lambda calls it to attach the function to a VPC",
    "iam:PassRole": "EventBridge asks for it when a rule with a role of its own is changed",
    "kms:*": "the services call it that keep data encrypted",
    "logs:CreateLogStream": "Lambda calls it to write the function's log",
    "logs:PutLogEvents": "Lambda calls it to write the function's log",
    "sqs:SendMessage": "Lambda calls it for an event on which the function failed",
    "xray:*": "Lambda calls it to send traces",
}
# Granted and called only in situations that no end-to-end test brings about: (function, action).
_TRAIL = "`original` follows the trail of earlier runs, and here only throttles go back to one"
_MISSING = "S3 itself asks for it, before it says that an object is missing"
NOT_MET = {
    ("backout-conclude", "dynamodb:PutItem"): "a run whose execution ended before it had a row gets one",
    ("backout-endpoint", "dynamodb:Query"): _TRAIL,
    ("backout-flag", "cloudwatch:DescribeAlarms"): "only environments with monitors have alarms that could stop a deployment",
    ("backout-flag", "dynamodb:Query"): _TRAIL,
    ("backout-validate", "dynamodb:Query"): "one policy is for all functions that act, and checks have no `original`",
    ("backout-version", "dynamodb:Query"): _TRAIL,
    ("backout-version", "s3:GetObjectVersion"): "an artifact may be named with its version",
    ("backout-version", "s3:ListBucket"): _MISSING,
}
# Called when two happen to meet, so in some runs of the tests and not in others.
BY_CHANCE = {
    ("backout-advance", "dynamodb:GetItem"): "a row is read again when somebody else has just moved it",
    ("backout-conclude", "lambda:InvokeFunction"): "a step has to be under way at the moment when its execution is stopped",
}

# Whatever a plan may act on is everything of the account until the parameters narrow it down.
BY_DEFAULT = "plans act on it: {} narrows it down"
WIDE = {
    ("EndpointRole", "ReadFunctions"): BY_DEFAULT.format("FunctionArns"),
    ("EndpointRole", "ConfigureFunctions"): BY_DEFAULT.format("FunctionArns"),
    ("EndpointRole", "LetApiGatewayInvoke"): BY_DEFAULT.format("FunctionArns"),
    ("EndpointRole", "PointStagesElsewhere"): BY_DEFAULT.format("RestApiArns"),
    ("FlagRole", "ReadFlags"): BY_DEFAULT.format("AppConfigArns"),
    ("FlagRole", "WriteFlags"): BY_DEFAULT.format("AppConfigArns"),
    ("FlagRole", "DeployByStrategy"): "a strategy says how fast a deployment is, and holds nothing",
    ("FlagRole", "SwitchRules"): BY_DEFAULT.format("EventRuleArns"),
    ("PrepareRole", "ReadInputs"): BY_DEFAULT.format("InputParameterArns"),
    ("TrafficRole", "ThrottleStages"): BY_DEFAULT.format("RestApiArns"),
    ("ValidateRole", "ProbeFunctions"): BY_DEFAULT.format("FunctionArns"),
    ("ValidateRole", "QueryTimestream"): BY_DEFAULT.format("TimestreamTableArns"),
    ("ValidateRole", "RetrieveFlags"): BY_DEFAULT.format("AppConfigArns"),
    ("ValidateRole", "SearchLogs"): BY_DEFAULT.format("LogGroupArns"),
    ("VersionRole", "InvokeFunctions"): BY_DEFAULT.format("FunctionArns"),
    ("VersionRole", "ReadArtifacts"): BY_DEFAULT.format("ArtifactObjectArns"),
    ("VersionRole", "ReadFunctions"): BY_DEFAULT.format("FunctionArns"),
    ("VersionRole", "ReplaceCode"): BY_DEFAULT.format("FunctionArns"),
    ("VersionRole", "ReplaceDefinitions"): BY_DEFAULT.format("StateMachineArns"),
}


@pytest.fixture(scope="module")
def clouds(expanded):  # noqa: F811  the fixture
    """(policies, what was used) of each cloud."""
    found = []
    for outputs, calls in logs():
        policies = Policies(expanded, outputs)
        found.append((policies, {use for call in calls for use in uses(call, policies.here)}))
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
    return {(use.function, use.action) for _, used in clouds for use in used}


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
        f"{use.function} called {use.action} on {use.resource or 'no resource'}: {why}"
        for policies, used in clouds
        for use in used
        if (why := policies.refusal(functions[use.function], use.action, use.resource))
    }
    assert not refused, "\n".join(sorted(refused))


def test_a_role_grants_no_action_that_its_function_did_not_use(granted, used):
    idle = {
        f"{function} may {action}, and never did"
        for function, action in granted - used - set(NOT_MET) - set(BY_CHANCE)
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


def test_every_wide_resource_has_a_reason(clouds, functions):
    policies, _ = clouds[0]
    wide, everything = set(), set()
    for owner in {owner for owners in functions.values() for owner in owners}:
        for statement in policies.of([owner]):
            patterns = policies.resources(statement)
            if "*" in patterns:
                everything.add((owner, statement["Sid"]))
            elif any(map(is_wide, patterns)):
                wide.add((owner, statement["Sid"]))
    assert wide == set(WIDE)
    assert everything == {(owner, sid) for owner, sid in ON_EVERYTHING if owner != "StateMachineRole"}


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
