//! What people read, in the situations in which they read it.

use serde_json::json;

use super::*;
use crate::{
    action::Nature,
    fault::Fault,
    journal::{Conclusion, Pinned, Refusal, Stage, Turn},
    plan::{OnFailure, OnGuard},
    request::Request,
    testing::{RUN, at, id, run, stage, step},
};

mod going_back;
mod of_others;

const SECRET: &str = "hunter2";

/// Advances step by step: a second to issue, five to end.
struct Story {
    journal: Journal,
    clock: i64,
}

impl Story {
    /// The rollback of a platform, with nothing done yet.
    fn new() -> Self {
        let seen = |name: &str, kind, sees: &str| Stage { users_see: Some(sees.into()), ..stage(name, kind) };
        let guards = |number| {
            let kind = StageKind::Guards { ramp: 3, hold: Duration::seconds(30), on_guard: OnGuard::Hold };
            stage(&format!("Restore traffic ({number} of 3): guards"), kind)
        };
        let rung = |number| {
            let name = format!("Restore traffic ({number} of 3)");
            seen(&name, StageKind::Rung { ramp: 3 }, "Answers from Timestream; 429 above the limit that was reached.")
        };
        let stages = vec![
            stage("Preflight", StageKind::Preflight),
            seen("Divert traffic", StageKind::Steps, "Status 503 and a maintenance notice."),
            stage("Roll back functions", StageKind::Steps),
            rung(1),
            guards(1),
            rung(2),
            guards(2),
            rung(3),
            guards(3),
        ];
        let change = |name: &str, stage, uses: &str, summary: &str| Step {
            uses: uses.into(),
            summary: summary.into(),
            ..step(name, stage)
        };
        let guard = |name: &str, stage| Step {
            uses: "logs/count".into(),
            nature: Nature::Check,
            on_failure: OnFailure::Continue,
            summary: "at most 5 errors since the rung".into(),
            ..step(name, stage)
        };
        let check = Step {
            uses: "timestream/query".into(),
            nature: Nature::Check,
            summary: "the backup is fresh".into(),
            ..step("backup-fresh", 0)
        };
        let throttle = |name: &str, stage, rate: u32| {
            change(name, stage, "apigateway/throttle", &format!("api/prod to {rate} a second"))
        };
        let original = Step {
            original_of: Some(id("throttle-down")),
            summary: "back to the original, as `throttle-down` found it".into(),
            ..throttle("traffic-3", 7, 100)
        };
        let steps = vec![
            check,
            change("maintenance-on", 1, "appconfig/flag", "enable_maintenance_mode on"),
            throttle("throttle-down", 1, 1),
            change("code-loader", 2, "lambda/code", "code of loader from s3://artifacts/loader-v5.zip"),
            change("environment-loader", 2, "lambda/environment", "TIMESTREAM_TOKEN of loader"),
            throttle("traffic-1", 3, 10),
            guard("traffic-1-guard-1", 4),
            throttle("traffic-2", 5, 100),
            guard("traffic-2-guard-1", 6),
            original,
            guard("traffic-3-guard-1", 8),
        ];
        let mut run = run(stages);
        run.request = Request {
            plan: "influxdb-to-timestream".into(),
            reason: Some("InfluxDB has failed".into()),
            requested_by: Some("alarm:ons-influxdb-unavailable".into()),
            ..Request::default()
        };
        run.pinned = Some(Pinned {
            plan: id("influxdb-to-timestream"),
            version: "v7".into(),
            sha256: "0123456789abcdef".repeat(4),
        });
        run.deadline = Some(Duration::seconds(1800));
        run.users_see = Some("Errors.".into());
        run.inputs = [("token".to_owned(), json!({"$sensitive": SECRET}))].into();
        run.report =
            vec!["The backup ended {{ steps.backup-fresh.value }}.".into(), "Token: {{ inputs.token }}".into()];
        Self { journal: Journal::new(run, steps), clock: 0 }
    }

    fn change_row(&mut self, name: &str, change: impl Fn(&Step, Timestamp) -> Step) -> &mut Self {
        self.clock += 1;
        let row = self.journal.steps.iter_mut().find(|step| step.id.as_str() == name).expect(name);
        let issued = row.issue(at(self.clock)).expect("legal");
        self.clock += 5;
        *row = change(&issued, at(self.clock));
        self
    }

    fn applied(&mut self, name: &str, before: Value, after: Value) -> &mut Self {
        self.change_row(name, |row, now| {
            let turn = Turn { issue: 1, attempt: 0 };
            let started = row.start((before.clone(), after.clone()), turn, now, now).expect("legal");
            started.end(crate::journal::Event::Apply, now, Map::new(), Conclusion::default()).expect("legal")
        })
    }

    fn judged(&mut self, name: &str, event: crate::journal::Event, facts: Value, conclusion: &Conclusion) -> &mut Self {
        let facts = facts.as_object().cloned().unwrap_or_default();
        self.change_row(name, |row, now| row.end(event, now, facts.clone(), conclusion.clone()).expect("legal"))
    }

    fn diverted(&mut self) -> &mut Self {
        let passed = Conclusion { says: "3600 rows, at least 1 wanted".into(), ..Conclusion::default() };
        self.judged("backup-fresh", crate::journal::Event::Pass, json!({"value": "at 02:59"}), &passed)
            .applied(
                "maintenance-on",
                json!({"flags": {"enable_maintenance_mode": false}}),
                json!({"flags": {"enable_maintenance_mode": true}}),
            )
            .applied("throttle-down", json!({"rate": 1000, "burst": 2000}), json!({"rate": 1, "burst": 1}))
    }

    fn rolled_back(&mut self) -> &mut Self {
        let code = |hash: &str| json!({"sha256": hash});
        self.diverted().applied("code-loader", code("aaaa"), code("bbbb")).applied(
            "environment-loader",
            json!({"variables": {"TIMESTREAM_TOKEN": {"$sensitive": "old"}}}),
            json!({"variables": {"TIMESTREAM_TOKEN": {"$sensitive": SECRET}}}),
        )
    }

    fn ended(&mut self, outcome: Outcome) -> Report {
        self.clock += 2;
        let now = at(self.clock);
        for step in self.journal.steps.iter_mut().filter(|step| !step.status.is_final()) {
            let says = Conclusion { says: "the run ended before it began".into(), ..Conclusion::default() };
            *step = step.end(crate::journal::Event::Close, now, Map::new(), says).expect("legal");
        }
        (self.journal.run.outcome, self.journal.run.ended_at) = (Some(outcome), Some(now));
        Report::of(&self.journal, now)
    }
}

fn rate(rate: u32) -> Value {
    json!({"rate": rate, "burst": rate})
}

fn why(says: &str, code: Code, advice: Option<&str>) -> Conclusion {
    Conclusion { says: says.into(), code: Some(code), advice: advice.map(str::to_owned) }
}

/// Everything that is sent or stored about a run.
fn told(report: &Report) -> String {
    let message = message(report, "s3://bucket/reports/run-1/report.md");
    assert!(message.subject.is_ascii() && message.subject.len() <= 100, "{}", message.subject);
    let all = format!("Subject: {}\n\n{}\n=====\n\n{}", message.subject, message.body, markdown(report));
    let json = serde_json::to_string(report).expect("writes");
    assert!(!all.contains(SECRET) && !json.contains(SECRET), "a secret is told");
    assert_eq!(serde_json::from_str::<Report>(&json).expect("reads"), *report);
    all
}

use crate::journal::Event::{Fail, Pass};

#[test]
fn completed() {
    let fine = Conclusion { says: "0 errors in 230 requests".into(), ..Conclusion::default() };
    let report = Story::new()
        .rolled_back()
        .applied("traffic-1", rate(1), rate(10))
        .judged("traffic-1-guard-1", Pass, json!({}), &fine)
        .applied("traffic-2", rate(10), rate(100))
        .judged("traffic-2-guard-1", Pass, json!({}), &fine)
        .applied("traffic-3", rate(100), json!({"rate": 1000, "burst": 2000}))
        .judged("traffic-3-guard-1", Pass, json!({}), &fine)
        .ended(Outcome::Completed);
    insta::assert_snapshot!(told(&report));
}

#[test]
fn completed_with_warnings_because_the_ramp_was_held() {
    let fine = Conclusion { says: "0 errors in 230 requests".into(), ..Conclusion::default() };
    let mut story = Story::new();
    story
        .rolled_back()
        .applied("traffic-1", rate(1), rate(10))
        .judged("traffic-1-guard-1", Pass, json!({}), &fine)
        .applied("traffic-2", rate(10), rate(100))
        .judged(
            "traffic-2-guard-1",
            Fail,
            json!({}),
            &why("12 errors in 800 requests, at most 5 allowed", Code::CheckFailed, None),
        );
    for step in story.journal.steps.iter_mut().filter(|step| step.stage > 6) {
        let says = Conclusion { says: "an earlier rung's guard did not pass".into(), ..Conclusion::default() };
        *step = step.end(crate::journal::Event::Skip, at(90), Map::new(), says).expect("legal");
    }
    insta::assert_snapshot!(told(&story.ended(Outcome::CompletedWithWarnings)));
}

#[test]
fn halted_by_a_missing_artifact() {
    let fault = Fault::refused("there is no object s3://artifacts/loader-v5.zip");
    let report = Story::new()
        .diverted()
        .applied(
            "environment-loader",
            json!({"variables": {}}),
            json!({"variables": {"TIMESTREAM_TOKEN": {"$sensitive": SECRET}}}),
        )
        .judged("code-loader", Fail, json!({}), &why(&fault.message, Code::Refused, Some("upload the artifact")))
        .ended(Outcome::Halted);
    insta::assert_snapshot!(told(&report));
}

#[test]
fn halted_by_somebody_elses_hand_and_by_an_unknown_outcome() {
    let mut story = Story::new();
    story.diverted();
    for (name, event, facts, conclusion) in [
        (
            "code-loader",
            crate::journal::Event::Lose,
            json!({}),
            why(
                "it may or may not have been carried out: no answer",
                Code::OutcomeUnknown,
                Some("compare the resource with the two states in the report, and decide by hand"),
            ),
        ),
        (
            "environment-loader",
            crate::journal::Event::Drift,
            json!({"found": {"variables": {"TIMESTREAM_TOKEN": {"$sensitive": SECRET}}}}),
            why(
                "somebody else changed the resource meanwhile; it was left as they made it",
                Code::Drift,
                Some("compare what is recorded below with the resource, and agree with whoever changed it"),
            ),
        ),
    ] {
        story.change_row(name, |row, now| {
            let ends = (json!({"v": {"$sensitive": "old"}}), json!({"v": {"$sensitive": "new"}}));
            let started = row.start(ends, Turn { issue: 1, attempt: 0 }, now, now).expect("legal");
            started.end(event, now, facts.as_object().cloned().expect("a map"), conclusion.clone()).expect("legal")
        });
    }
    insta::assert_snapshot!(told(&story.ended(Outcome::Halted)));
}

#[test]
fn halted_because_the_state_machine_broke_off() {
    let mut story = Story::new();
    story.diverted();
    story.journal.run.refusal = Some(Refusal {
        code: Code::Internal,
        what: "Lambda.Unknown: the function advance ended without an answer".into(),
        help: Some("look at the log of the function that failed".into()),
    });
    insta::assert_snapshot!(told(&story.ended(Outcome::Halted)));
}

#[test]
fn a_rehearsal_that_was_stopped_is_begun_again_and_not_resumed() {
    for outcome in [Outcome::Aborted, Outcome::Halted] {
        let mut story = Story::new();
        story.journal.run.request.mode = Mode::Rehearse;
        story.journal.run.outcome = Some(outcome);
        let report = Report::of(&story.journal, at(60));
        let advice = markdown(&report);
        assert!(advice.contains("To look at everything once more: backout rehearse"), "{advice}");
        assert!(!advice.contains("backout resume"), "{advice}");
    }
}

#[test]
fn not_ready() {
    let report = Story::new()
        .judged(
            "backup-fresh",
            Fail,
            json!({"value": 0}),
            &why("0 rows, at least 1 wanted (waited 5m)", Code::CheckFailed, None),
        )
        .ended(Outcome::NotReady);
    insta::assert_snapshot!(told(&report));
}

#[test]
fn refused_because_another_run_is_at_work() {
    let mut story = Story::new();
    story.journal.run.refusal = Some(Refusal {
        code: Code::SystemLocked,
        what: "the run `influxdb-to-timestream-0` is working on the system `platform`".into(),
        help: Some("watch it (backout watch influxdb-to-timestream-0) and start again when it has ended".into()),
    });
    story.journal.steps.clear();
    insta::assert_snapshot!(told(&story.ended(Outcome::Refused)));
}

#[test]
fn what_a_line_may_say_of_the_run_is_what_check_takes_it_for() {
    let facts = run_facts(&run(Vec::new()));
    let fields: Vec<_> = facts.as_object().expect("fields").keys().map(String::as_str).collect();
    assert_eq!(fields, RUN_FIELDS);
}

#[test]
fn refused_for_a_plan_that_is_not_there() {
    let refusal = Refusal {
        code: Code::UnknownPlan,
        what: "there is no plan `influxdb-to-timestrem`".into(),
        help: Some("did you mean `influxdb-to-timestream`?".into()),
    };
    let request = Request { plan: "influxdb-to-timestrem".into(), ..Request::default() };
    let run = Run {
        request,
        refusal: Some(refusal),
        system: None,
        outcome: Some(Outcome::Refused),
        ended_at: Some(at(1)),
        ..run(Vec::new())
    };
    insta::assert_snapshot!(told(&Report::of(&Journal::new(run, Vec::new()), at(1))));
}

#[test]
fn still_under_way() {
    let mut story = Story::new();
    story.diverted();
    insta::assert_snapshot!(markdown(&Report::of(&story.journal, at(60))));
}

#[test]
fn a_subject_is_short_and_plain_whatever_the_plan_is_called() {
    let mut story = Story::new();
    story.journal.run.request.plan = "é\n".to_owned() + &"x".repeat(300);
    let message = message(&story.ended(Outcome::CompletedWithWarnings), "");
    assert!(message.subject.len() <= 100);
    assert!(message.subject.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{}", message.subject);
}

#[test]
fn a_missed_deadline_is_said() {
    let mut story = Story::new();
    story.clock = 2000;
    let report = story.rolled_back().ended(Outcome::Halted);
    assert_eq!(report.deadline_missed, Some(true));
    assert!(markdown(&report).contains("**missed**"));
    assert_eq!(report.run_id, id(RUN));
}
