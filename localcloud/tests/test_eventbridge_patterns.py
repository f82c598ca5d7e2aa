"""Event patterns that EventBridge refuses."""

import json

import pytest

from localcloud.tests.test_model_constraints import refusal

WHY = "Event pattern is not valid. Reason: "
WRONG = [
    ({"foo": 1}, "Unrecognized match type foo"),
    ({"Prefix": "a"}, "Unrecognized match type Prefix"),
    ({"anything-but": {"foo": "x"}}, "Unsupported anything-but pattern: foo"),
    ({"anything-but": [None]}, "Inside anything but list, start|null|boolean is not supported."),
    ({"prefix": 1}, "prefix match pattern must be a string"),
    ({"suffix": [":created"]}, "suffix match pattern must be a string"),
    ({"prefix": "a", "suffix": "b"}, "Only one key allowed in match expression"),
    ({}, "Only one key allowed in match expression"),
    ({"exists": "yes"}, "exists match pattern must be either true or false."),
    ({"numeric": ">"}, "Value of numeric must be an array."),
    ({"numeric": ["~", 1]}, "Unrecognized numeric range operator: ~"),
    ({"numeric": [">", "1"]}, "Value of > must be numeric"),
    ({"wildcard": "a**b"}, "Consecutive wildcard characters at pos 2"),
    ({"cidr": "10.0.0.0/33"}, "Malformed CIDR: 10.0.0.0/33"),
    ([1], "Match value must be String, number, true, false, or null"),
]
RIGHT = [
    "text",
    1.5,
    None,
    {"prefix": "a"},
    {"prefix": {"equals-ignore-case": "a"}},
    {"suffix": {"equals-ignore-case": "a"}},
    {"equals-ignore-case": "a"},
    {"wildcard": "a*b"},
    {"exists": False},
    {"numeric": [">", 0, "<=", 5]},
    {"cidr": "10.0.0.0/8"},
    {"anything-but": "a"},
    {"anything-but": ["a", 1]},
    {"anything-but": {"prefix": ["a", "b"]}},
    {"anything-but": {"wildcard": "*/lib/*"}},
]


@pytest.fixture
def put(client):
    events = client("events")
    events.put_rule(Name="rule", EventPattern='{"source": ["before"]}')
    yield lambda pattern: events.put_rule(Name="rule", EventPattern=pattern)


@pytest.mark.parametrize(("match", "reason"), WRONG)
def test_matches_that_do_not_exist(client, put, match, reason):
    for pattern in ({"detail": {"x": [match]}}, {"$or": [{"source": ["a"]}, {"detail": {"x": ["b", match]}}]}):
        assert refusal(lambda: put(json.dumps(pattern))) == ("InvalidEventPatternException", 400, WHY + reason)
    assert client("events").describe_rule(Name="rule")["EventPattern"] == '{"source": ["before"]}'


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"detail": {"x": []}}', "Empty arrays are not allowed"),
        ('{"detail": {"x": "y"}}', '"x" must be an object or an array'),
    ],
)
def test_what_is_no_pattern(put, pattern, reason):
    assert refusal(lambda: put(pattern)) == ("InvalidEventPatternException", 400, WHY + reason)


@pytest.mark.parametrize("match", RIGHT)
def test_matches_that_exist(put, match):
    assert put(json.dumps({"detail": {"x": [match]}}))["RuleArn"]


@pytest.mark.parametrize("expression", ["cron(nonsense)", "cron(0 12 * *)", "cron 0 12 * * ? *", "at(12:00)"])
def test_schedules_that_do_not_exist(client, expression):
    put = client("events").put_rule
    assert refusal(lambda: put(Name="rule", ScheduleExpression=expression)) == (
        "ValidationException",
        400,
        "Parameter ScheduleExpression is not valid.",
    )
    assert put(Name="rule", ScheduleExpression="cron(0 12 * * ? *)")["RuleArn"]
