//! The ledger against a real table: what it promises when answers are lost and others write too.

#![allow(clippy::expect_used, reason = "that is how a test fails")]

mod support;

use backout_aws::{Cloud, DynamoLedger};
use backout_engine::{
    clock::Timestamp,
    fault::CarriedOut,
    ids::{RunId, StepId, SystemName},
    journal::{Conclusion, Event, Execution, Phase, Run, Step, Turn},
    ledger::{Depth, Ledger, Lock, Locked, Saved},
};
use serde_json::{Map, json};
use support::{Aws, Fate, Wire};

/// More than the SDK's attempts of one call.
const EVERY_ATTEMPT: usize = 4;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn execution(run: &str) -> Execution {
    Execution { arn: format!("arn:aws:states:us-east-1:123456789012:execution:backout:{run}"), started_at: "x".into() }
}

fn run(name: &str) -> Run {
    serde_json::from_value(json!({
        "schema": 1, "revision": 0, "id": name, "phase": "preparing", "execution": execution(name),
        "request": {"plan": "back", "reason": "it hurts"}, "inputs": {"token": {"$sensitive": "secret"}},
        "started_at": "2026-11-20T10:00:00Z", "fingerprints": "key",
    }))
    .expect("a run")
}

fn step(name: &str) -> Step {
    serde_json::from_value(json!({
        "schema": 1, "revision": 0, "id": name, "stage": 0, "position": 0, "uses": "apigateway/throttle",
        "nature": "change", "function": "traffic", "summary": "throttle prod", "on_failure": "halt", "timeout": "10m",
        "with": {"rate": 1}, "status": "planned",
    }))
    .expect("a step")
}

fn issued(was: &Step) -> Step {
    was.issue(second(1)).expect("legal")
}

fn started(was: &Step) -> Step {
    let ends = (json!({"rate": 500.0}), json!({"rate": 1.0}));
    was.start(ends, Turn { issue: 1, attempt: 0 }, second(2), second(60)).expect("legal")
}

fn applied(was: &Step) -> Step {
    let facts = Map::from_iter([("deployment".to_owned(), json!("d-1"))]);
    was.end(Event::Apply, second(3), facts, Conclusion::default()).expect("legal")
}

async fn with_run_and_step(cloud: &Cloud) -> (DynamoLedger, RunId, Step) {
    let (ledger, run, step) = (cloud.ledger(), run("r-1"), step("throttle"));
    assert_eq!(ledger.create_run(&run).await, Ok(Saved::Done));
    assert_eq!(ledger.plan_steps(&run.id, std::slice::from_ref(&step)).await, Ok(()));
    (ledger, run.id, step)
}

#[tokio::test]
async fn a_step_lives_in_four_writes_and_reads_back_as_it_was_written() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let cloud = aws.cloud(&wire).await;
    let (ledger, run, planned) = with_run_and_step(&cloud).await;

    wire.forget();
    let (issued, started) = (issued(&planned), started(&issued(&planned)));
    let applied = applied(&started);
    for (was, now) in [(&planned, &issued), (&issued, &started), (&started, &applied)] {
        assert_eq!(ledger.save_step(&run, was, now).await, Ok(Saved::Done));
        assert_eq!(ledger.step(&run, &now.id).await, Ok(Some(now.clone())));
    }
    assert_eq!(wire.sent("UpdateItem"), 3, "and one to plan it");

    let full = ledger.journal(&run, Depth::Full).await.expect("reads").expect("is there");
    assert_eq!(full.steps, std::slice::from_ref(&applied));
    assert_eq!(full.run, self::run("r-1"));
    let outline = ledger.journal(&run, Depth::Outline).await.expect("reads").expect("is there");
    let bare = Step { with: json!(null), before: None, after: None, facts: None, ..applied };
    assert_eq!(outline.steps, [bare]);
    assert_eq!(outline.run, full.run);
    assert_eq!(ledger.journal(&id("r-2"), Depth::Full).await, Ok(None));
    assert_eq!(ledger.step(&run, &id::<StepId>("other")).await, Ok(None));
}

#[tokio::test]
async fn a_write_counts_by_what_it_did_and_not_by_what_was_heard_of_it() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let cloud = aws.cloud(&wire).await;
    let ledger = cloud.ledger();
    // An answer lost once: the SDK's second attempt is refused by the first one's work. Lost each time: nothing but a
    // look can tell. A request lost each time: a look tells that it did not happen, and it is sent again.
    let losses = [
        vec![Fate::AnswerLost],
        vec![Fate::AnswerLost; EVERY_ATTEMPT],
        vec![Fate::RequestLost; EVERY_ATTEMPT],
        [vec![Fate::RequestLost; EVERY_ATTEMPT], vec![Fate::AnswerLost; EVERY_ATTEMPT]].concat(),
    ];
    for (index, fates) in losses.into_iter().enumerate() {
        let (run, planned) = (run(&format!("r-{index}")), step("throttle"));
        wire.lose("PutItem", fates.clone());
        assert_eq!(ledger.create_run(&run).await, Ok(Saved::Done), "{fates:?}");
        assert_eq!(ledger.run(&run.id).await, Ok(Some(run.clone())));

        wire.lose("PutItem", [Fate::AnswerLost]);
        assert_eq!(ledger.plan_steps(&run.id, std::slice::from_ref(&planned)).await, Ok(()), "{fates:?}");

        let next = issued(&planned);
        wire.lose("UpdateItem", fates.clone());
        assert_eq!(ledger.save_step(&run.id, &planned, &next).await, Ok(Saved::Done), "{fates:?}");
        assert_eq!(ledger.step(&run.id, &next.id).await, Ok(Some(next)));

        let system: SystemName = id(&format!("system-{index}"));
        let lock = Lock { run: run.id.clone(), execution: run.execution.clone(), epoch: 1, previous: None };
        wire.lose("UpdateItem", fates.clone());
        let taken = ledger.lock(&system, &run.id, &run.execution, None).await;
        assert_eq!(taken, Ok(Locked::Ours(lock)), "{fates:?}");
        wire.lose("UpdateItem", fates.clone());
        assert_eq!(ledger.unlock(&system, &run.id).await, Ok(()), "{fates:?}");
        let other = self::run("other");
        let taken = ledger.lock(&system, &other.id, &other.execution, None).await;
        let lock = Lock { run: other.id, execution: other.execution, epoch: 2, previous: Some(run.id) };
        assert_eq!(taken, Ok(Locked::Ours(lock)), "{fates:?}");
    }

    let (planned, next) = (step("throttle"), issued(&step("throttle")));
    ledger.create_run(&run("r-9")).await.expect("begins");
    ledger.plan_steps(&id("r-9"), std::slice::from_ref(&planned)).await.expect("plans");
    wire.lose("UpdateItem", vec![Fate::RequestLost; 100]);
    let fault = ledger.save_step(&id("r-9"), &planned, &next).await.expect_err("is never heard of");
    assert_eq!(fault.carried_out, CarriedOut::Perhaps);
    assert!(fault.is_transient() && fault.message.contains("step `throttle`"), "{fault}");
}

#[tokio::test]
async fn a_row_that_somebody_else_has_moved_on_is_left_alone_and_shown() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let cloud = aws.cloud(&wire).await;
    let (ledger, run, planned) = with_run_and_step(&cloud).await;

    let theirs = issued(&planned);
    ledger.save_step(&run, &planned, &theirs).await.expect("theirs");
    let ours = planned.issue(second(9)).expect("legal");
    let behind = Saved::Behind(Box::new(theirs.clone()));
    assert_eq!(ledger.save_step(&run, &planned, &ours).await, Ok(behind.clone()));
    // The same content is still not the same write.
    assert_eq!(ledger.save_step(&run, &planned, &theirs).await, Ok(behind));
    assert_eq!(ledger.step(&run, &theirs.id).await, Ok(Some(theirs.clone())));

    let again = Run { started_at: second(5), ..self::run("r-1") };
    assert_eq!(ledger.create_run(&again).await, Ok(Saved::Behind(Box::new(self::run("r-1")))));
    assert_eq!(ledger.plan_steps(&run, &[step("throttle"), step("flag")]).await, Ok(()));
    assert_eq!(ledger.step(&run, &theirs.id).await, Ok(Some(theirs)), "a planned step does not replace an issued one");
    assert_eq!(ledger.step(&run, &id("flag")).await, Ok(Some(step("flag"))));

    let gone = ledger.save_step(&id("r-7"), &planned, &ours).await.expect_err("no such run");
    assert!(!gone.is_transient() && gone.message.contains("not there"), "{gone}");
    let same = ledger.save_step(&run, &planned, &planned).await.expect_err("no new revision");
    assert_eq!(same.carried_out, CarriedOut::No);
}

#[tokio::test]
async fn a_wide_stage_is_planned_with_one_write_a_step() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let cloud = aws.cloud(&wire).await;
    let ledger = cloud.ledger();
    ledger.create_run(&run("r-1")).await.expect("begins");
    let steps: Vec<Step> = (0..500).map(|position| Step { position, ..step(&format!("s-{position:03}")) }).collect();
    wire.forget();
    assert_eq!(ledger.plan_steps(&id("r-1"), &steps).await, Ok(()));
    assert_eq!(wire.sent("PutItem"), 500);
    let journal = ledger.journal(&id("r-1"), Depth::Full).await.expect("reads").expect("is there");
    assert_eq!(journal.steps, steps);
}

#[tokio::test]
async fn a_system_has_one_holder_and_an_epoch_that_only_grows() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let ledger = aws.cloud(&wire).await.ledger();
    let system: SystemName = id("platform");
    let lock = |run: &str, epoch: u64| {
        let previous = (epoch > 1).then(|| id(&format!("r-{}", epoch - 1)));
        Lock { run: id(run), execution: execution(run), epoch, previous }
    };
    let take = async |run: &str, instead_of: Option<&Lock>| {
        ledger.lock(&system, &id(run), &execution(run), instead_of).await.expect("answers")
    };

    assert_eq!(take("r-1", None).await, Locked::Ours(lock("r-1", 1)));
    assert_eq!(take("r-1", None).await, Locked::Ours(lock("r-1", 1)), "asked again by the same run");
    assert_eq!(take("r-2", None).await, Locked::Theirs(lock("r-1", 1)));
    ledger.unlock(&system, &id("r-2")).await.expect("answers");
    assert_eq!(take("r-2", None).await, Locked::Theirs(lock("r-1", 1)), "only the holder frees it");

    ledger.unlock(&system, &id("r-1")).await.expect("frees");
    ledger.unlock(&system, &id("r-1")).await.expect("is free already");
    assert_eq!(take("r-2", None).await, Locked::Ours(lock("r-2", 2)));

    assert_eq!(take("r-3", Some(&lock("r-1", 1))).await, Locked::Theirs(lock("r-2", 2)), "not the holder that ended");
    assert_eq!(take("r-3", Some(&lock("r-2", 2))).await, Locked::Ours(lock("r-3", 3)));
    ledger.unlock(&system, &id("r-3")).await.expect("frees");
    assert_eq!(take("r-4", Some(&lock("r-3", 3))).await, Locked::Ours(lock("r-4", 4)), "free by itself meanwhile");
}

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let ledger = aws.cloud(&wire).await.ledger();
    for (name, time) in [("b", 2), ("c", 3), ("a", 1)] {
        let run = Run { started_at: second(time), ..run(name) };
        ledger.create_run(&run).await.expect("begins");
        ledger.plan_steps(&run.id, &[step("throttle")]).await.expect("plans");
    }
    let was = ledger.run(&id("c")).await.expect("reads").expect("is there");
    let now = Run { phase: Phase::Concluded, revision: 1, ended_at: Some(second(9)), ..was.clone() };
    assert_eq!(ledger.save_run(&was, &now).await, Ok(Saved::Done));

    let names = |runs: Vec<Run>| runs.into_iter().map(|run| run.id.to_string()).collect::<Vec<_>>();
    assert_eq!(names(ledger.list_runs(10).await.expect("lists")), ["c", "b", "a"]);
    let newest = ledger.list_runs(1).await.expect("lists");
    assert_eq!(newest, [now]);
    assert_eq!(names(ledger.open_runs().await.expect("lists")), ["a", "b"], "what is concluded is not open");
}
