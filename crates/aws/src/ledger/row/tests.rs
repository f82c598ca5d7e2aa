use std::collections::BTreeSet;

use backout_engine::{
    action::{Claim, Nature},
    clock::Timestamp,
    duration::Duration,
    journal::{
        Abort, Conclusion, Execution, LastWrite, Mode, Outcome, Phase, Pinned, Refusal, SCHEMA, Stage, StageKind,
        Status, TakesBack, Task, Turn,
    },
    plan::{OnFailure, OnGuard},
    request::Request,
    resource::Resource,
    sensitive::FingerprintKey,
};
use serde_json::json;

use super::*;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A step with every field filled in: a field that is added does not compile until it stands here too.
fn step() -> Step {
    Step {
        schema: SCHEMA,
        revision: 4,
        id: id("throttle-100"),
        stage: 3,
        position: 1,
        uses: "apigateway/throttle".into(),
        nature: Nature::Change,
        resource: Some(Resource::new("apigateway", "stage", ["abc", "prod"])),
        serialised_by: vec![Resource::new("apigateway", "stage", ["abc", "prod"])],
        summary: "[prod] to 100/s".into(),
        task: Task::TakeBack(TakesBack {
            run: id("r-0"),
            steps: vec![id("throttle-50")],
            claim: Claim { run: id("r-0"), step: id("throttle-50") },
        }),
        with: json!({"api": "abc", "stage": "prod", "rate": 100}),
        stated: ["stage".to_owned(), "rate".to_owned()].into(),
        deferred: Some(vec![id("find-api")]),
        item: Some(json!({"function": "loader"})),
        on_failure: OnFailure::Continue,
        within: Some(Duration::seconds(60)),
        every: Some(Duration::seconds(5)),
        timeout: Duration::seconds(600),
        since: Some(id("throttle-50")),
        original_of: Some(id("throttle-down")),
        carried: Some(Status::Applied),
        status: Status::Applied,
        issues: 2,
        issued_at: Some(time("2026-11-20T10:00:00Z")),
        reissued_at: Some(time("2026-11-20T10:01:00Z")),
        turn: Some(Turn { issue: 2, attempt: 1 }),
        started_at: Some(time("2026-11-20T10:01:01.5Z")),
        written_at: Some(time("2026-11-20T10:01:01.75Z")),
        until: Some(time("2026-11-20T10:02:00Z")),
        last_write: Some(LastWrite::of(Fault::unanswered("no answer"))),
        ended_at: Some(time("2026-11-20T10:01:02Z")),
        before: Some(json!({"rate": 50, "key": {"$sensitive": "secret"}})),
        after: Some(json!({"rate": 100})),
        facts: json!({"overrides": []}).as_object().cloned(),
        conclusion: Some(Conclusion { says: "done".into(), code: None, advice: Some("none".into()) }),
    }
}

/// A run with every field filled in.
fn run() -> Run {
    Run {
        schema: SCHEMA,
        revision: 2,
        id: id("r-1"),
        execution: Execution {
            arn: "arn:aws:states:us-east-1:123456789012:execution:backout:r-1".into(),
            started_at: "2026-11-20T10:00:00.123Z".into(),
        },
        phase: Phase::Concluded,
        request: Request {
            plan: "back".into(),
            mode: Mode::Apply,
            reason: Some("it hurts".into()),
            ..Request::default()
        },
        system: Some(id("platform")),
        pinned: Some(Pinned { plan: id("back"), version: "v1".into(), sha256: "ab".into() }),
        follows: Some(id("r-0")),
        inputs: [("token".to_owned(), json!({"$sensitive": "secret"}))].into(),
        stages: vec![
            Stage { name: "Divert".into(), kind: StageKind::Steps, users_see: Some("a notice".into()) },
            Stage {
                name: "Look".into(),
                kind: StageKind::Guards { ramp: 1, hold: Duration::seconds(30), on_guard: OnGuard::Hold },
                users_see: None,
            },
        ],
        report: vec!["the gap is {{ steps.gap.value }}".into()],
        users_see: Some("errors".into()),
        deadline: Some(Duration::seconds(1800)),
        started_at: time("2026-11-20T10:00:00Z"),
        ended_at: Some(time("2026-11-20T10:12:00Z")),
        told_at: Some(time("2026-11-20T10:02:03Z")),
        outcome: Some(Outcome::Halted),
        refusal: Some(Refusal { code: backout_engine::code::Code::SystemLocked, what: "held".into(), help: None }),
        abort: Some(Abort {
            by: Some("ana".into()),
            reason: Some("wrong plan".into()),
            at: time("2026-11-20T10:01:00Z"),
        }),
        undo_until: Some(time("2027-02-18T10:00:00Z")),
        fingerprints: FingerprintKey::new(&[7; 32]),
    }
}

#[test]
fn every_field_of_a_row_is_kept() {
    let (step, run) = (step(), run());
    assert_eq!(item::row::<Step>(&step.attributes().expect("writes")).expect("reads"), step);
    assert_eq!(item::row::<Run>(&run.attributes().expect("writes")).expect("reads"), run);
}

#[test]
fn an_outline_has_every_field_but_the_large_ones() {
    let outline: BTreeSet<&str> = OUTLINE.iter().copied().collect();
    assert_eq!(outline.len(), OUTLINE.len(), "a name stands twice");
    let mut of_rows: BTreeSet<String> = step().attributes().expect("writes").into_keys().collect();
    of_rows.extend(run().attributes().expect("writes").into_keys());
    let missing: Vec<&str> = of_rows.iter().map(String::as_str).filter(|name| !outline.contains(name)).collect();
    assert_eq!(missing, ["after", "before", "facts", "listing", "stated", "with"]);
}

#[test]
fn runs_are_sorted_by_time_although_times_are_text() {
    let sorted: Vec<String> = ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00.5Z", "2026-11-20T10:00:01Z"]
        .map(|text| match run_at(text).attributes().expect("writes").remove("started_at") {
            Some(AttributeValue::S(text)) => text,
            other => panic!("{other:?}"),
        })
        .into();
    assert!(sorted.is_sorted(), "{sorted:?}");
}

fn run_at(text: &str) -> Run {
    Run { started_at: time(text), ..run() }
}

#[test]
fn only_a_run_that_is_not_concluded_is_in_the_index_of_open_ones() {
    let is_open = |phase| Run { phase, ..run() }.attributes().expect("writes").contains_key("open");
    assert_eq!([Phase::Preparing, Phase::Running, Phase::Concluded].map(is_open), [true, true, false]);
}
