"""What the demonstration concludes from what it sees. The whole of it runs with `make demo`."""

import json
from datetime import datetime, timedelta, timezone

import pytest

import demo
from demonstration import snapshot, users
from demonstration.screen import DemonstrationFailed
from demonstration.snapshot import Fact
from demonstration.users import Answer

ALARM = datetime(2026, 11, 20, 3, 0, tzinfo=timezone.utc)
BEFORE = {("flag", "use_influxdb"): Fact("on", True), ("flag", "beta_forecasts"): Fact("off", False), ("code", "loader"): Fact("abc", True)}
AFTER = BEFORE | {("flag", "use_influxdb"): Fact("off", True), ("code", "loader"): Fact("def", True)}
HEALTHY = [Answer("GET /health", 200, {"backend": "timestream"}), Answer("POST /query", 200, {"backend": "timestream"})]
COMPLETED = {"outcome": "completed", "headline": "the plan completed in 1m"}


def test_what_was_to_change_and_did_is_no_problem():
    assert snapshot.problems(BEFORE, AFTER) == []


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        (AFTER | {("flag", "beta_forecasts"): Fact("on", False)}, "flag beta_forecasts was to stay as it was and did not"),
        (AFTER | {("code", "loader"): Fact("abc", True)}, "code of loader was to change and did not"),
        ({key: fact for key, fact in AFTER.items() if key[0] != "code"}, "code of loader is gone"),
        (AFTER | {("rule", "new"): Fact("enabled", False)}, "rule new is new"),
    ],
)
def test_every_other_difference_is_one(after, problem):
    assert snapshot.problems(BEFORE, after) == [problem]


def test_a_completed_run_and_a_healthy_platform_are_good():
    demo.judge(COMPLETED, HEALTHY, [])


@pytest.mark.parametrize(
    ("report", "answers", "problems", "said"),
    [
        ({"outcome": "completed_with_warnings", "headline": "the ramp was held"}, HEALTHY, [], "completed_with_warnings: the ramp was held"),
        (COMPLETED, [Answer("GET /health", 503, {"backend": "timestream"})], [], "GET /health is answered 503"),
        (COMPLETED, [Answer("POST /query", 200, {"backend": "influxdb"})], [], "POST /query is not answered from Timestream"),
        (COMPLETED, HEALTHY, ["rule r is gone"], "rule r is gone"),
    ],
)
def test_anything_else_fails_and_says_why(report, answers, problems, said):
    with pytest.raises(DemonstrationFailed, match=said):
        demo.judge(report, answers, problems)


@pytest.fixture
def records(tmp_path):
    def write(*entries):
        path = tmp_path / "requests.jsonl"
        lines = [json.dumps({"at": (ALARM + timedelta(seconds=after)).isoformat(), "status": status}) for after, status in entries]
        path.write_text("\n".join([*lines, '{"at": "2026-11-20T03:0']))
        return path

    return write


def test_what_users_met_counts_from_the_alarm_on(records):
    told = users.met(records((-5, 200), (1, 503), (2, None), (75, 200), (70, 200)), ALARM)
    assert "2 × 200, 1 × 503, 1 × no answer" in told
    assert "1 min 10 s" in told


def test_users_who_were_never_answered_are_no_success(records):
    assert "nobody got what they asked for" in users.met(records((1, 503)), ALARM)


def test_a_health_answer_names_what_is_ill():
    components = {"query": {"ok": False, "reason": "InfluxDB is FAILED"}, "route": {"ok": True}}
    assert Answer("GET /health", 503, {"components": components}).message == "query: InfluxDB is FAILED"
