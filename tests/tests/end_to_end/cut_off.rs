//! A run that is killed, stopped or left alone in the middle: nothing happens twice, and somebody ends it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use backout_catalogue::CATALOGUE;
use backout_tests::{FAST, LocalCloud, PLAN};
use serde_json::json;

/// Inputs that make the plan's waits short, as a request gives them.
fn inputs() -> serde_json::Value {
    FAST.chunks(2).filter_map(|pair| pair[1].split_once('=')).map(|(name, value)| (name, json!(value))).collect()
}

/// The operation that each change makes, once where nothing goes wrong.
const EFFECTS: [(&str, &str); 4] = [
    ("apigateway/throttle", "UpdateStage"),
    ("appconfig/flag", "StartDeployment"),
    ("lambda/code", "UpdateFunctionCode"),
    ("lambda/environment", "UpdateFunctionConfiguration"),
];

#[test]
fn functions_that_are_killed_right_after_their_calls_do_nothing_twice_and_the_run_completes() {
    // Given functions that are killed with SIGKILL right after calls that change something, before they hear the answer
    let cloud = LocalCloud::with_example();
    let killed = [("backout-traffic", "UpdateStage"), ("backout-endpoint", "UpdateFunctionConfiguration")];
    for (function, operation) in killed {
        cloud.kill_after(function, operation);
    }

    // When the plan runs
    cloud.start_execution("killed", &json!({"plan": PLAN, "inputs": inputs()}));

    // Then the run completes
    let (status, error, cause) = cloud.ended("killed");
    assert_eq!(status, "SUCCEEDED", "{error:?} {cause:?}");
    for (function, operation) in killed {
        assert!(cloud.was_killed(function), "{function} was never killed at {operation}");
    }
    let url = cloud.output("ons-data-platform", "url");
    assert_eq!(cloud.get(&format!("{url}/health")).0, 200);

    // And nothing has happened twice: as many effects as there were changes
    let (calls, journal) = (cloud.calls(), cloud.journal("killed"));
    for (uses, operation) in EFFECTS {
        let by_us = |call: &&backout_tests::Call| {
            call.operation.as_deref() == Some(operation)
                && call.function.as_deref().is_some_and(|function| function.starts_with("backout-"))
        };
        let changes = journal.steps.iter().filter(|step| step.uses == uses && step.status.to_string() == "applied");
        assert_eq!(calls.iter().filter(by_us).count(), changes.count(), "{operation}");
    }
}

/// Starts a run and stops its execution once a step of that stage has been handed out.
fn stopped_in(cloud: &LocalCloud, run: &str, stage: &str) {
    cloud.start_execution(run, &json!({"plan": PLAN, "inputs": inputs(), "requested_by": "pipeline"}));
    cloud.until("the stage is under way", || {
        use backout_engine::ledger::{Depth, Ledger as _};
        let journal = cloud.wait(cloud.ledger().journal(&run.parse().expect("id"), Depth::Outline)).expect("reads")?;
        let index = journal.run.stages.iter().position(|it| it.name == stage)?;
        journal.stage_steps(index).any(|step| step.issued_at.is_some()).then_some(())
    });
    cloud.stop_execution(run);
}

/// What everybody is promised of a run that was stopped.
fn assert_concluded(cloud: &LocalCloud, run: &str) {
    cloud.until("the system is free", || cloud.holder("ons-data-platform").is_none().then_some(()));
    let report = cloud.report(run);
    assert_eq!(report["outcome"], "aborted", "{report:#}");
    let told = cloud.until("a message", || cloud.messages().into_iter().find(|it| it.message.contains(run)));
    assert_eq!(told.subject.as_deref(), Some("backout STOPPED: influxdb-to-timestream"));
    assert!(told.message.contains(&format!("backout resume {run}")), "{}", told.message);
    for step in cloud.journal(run).steps {
        assert!(step.status.is_final(), "{} is {}", step.id, step.status);
    }
}

#[test]
fn a_stopped_execution_is_concluded_and_the_run_can_be_resumed() {
    let cloud = LocalCloud::with_example();
    stopped_in(&cloud, "stopped", "Roll back function environment");
    assert_concluded(&cloud, "stopped");
    let told = cloud.messages().into_iter().find(|it| it.message.contains("stopped")).expect("a message");
    assert!(told.message.contains("backout undo stopped"), "{}", told.message);

    // A redrive goes on at the state that was left, with the payload that it had: its functions find nothing to do
    let before = cloud.snapshot();
    assert_eq!(cloud.invoke("backout-advance", &json!({"run": "stopped"})), json!({"next": "finish"}));
    for step in cloud.journal("stopped").steps.iter().filter(|step| step.issued_at.is_some()) {
        let payload = json!({"run": "stopped", "step": step.id, "issue": step.issues, "attempt": 0});
        let host = CATALOGUE.find(&step.uses).expect("an action").host;
        let answer = cloud.invoke(&format!("backout-{host}"), &payload);
        assert_eq!(answer["status"], "done", "{}: {answer}", step.id);
    }
    let differences = LocalCloud::differences(&before, &cloud.snapshot());
    assert!(differences.is_empty(), "{differences:#?}");

    let resumed = cloud.backout(&[
        "resume",
        "stopped",
        "--run-id",
        "resumed",
        "--wait",
        "--yes",
        "--reason",
        "wrong button",
        "--output",
        "json",
    ]);
    assert_eq!((resumed.code, &resumed.json()["outcome"]), (0, &json!("completed")), "{resumed:?}");
    let url = cloud.output("ons-data-platform", "url");
    assert_eq!(cloud.get(&format!("{url}/health")).0, 200);
    assert_eq!(cloud.throttle(), (1000.0, 2000), "back to what was before the stopped run");
}

#[test]
fn with_the_events_switched_off_the_sweeper_concludes_it_and_the_run_can_be_undone() {
    let cloud = LocalCloud::with_example();
    let before = cloud.snapshot();
    cloud.disable_rule("backout-execution-ended");
    stopped_in(&cloud, "stopped", "Divert traffic");
    assert_concluded(&cloud, "stopped");
    let back = cloud.backout(&[
        "undo",
        "stopped",
        "--run-id",
        "back",
        "--wait",
        "--yes",
        "--reason",
        "wrong button",
        "--output",
        "json",
    ]);
    assert_eq!((back.code, &back.json()["outcome"]), (0, &json!("completed")), "{back:?}");
    cloud.enable_rule("backout-execution-ended");
    let differences = LocalCloud::differences(&before, &cloud.snapshot());
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn an_abort_says_by_whom_and_why_and_frees_the_system() {
    let cloud = LocalCloud::with_example();
    cloud.start_execution("unwanted", &json!({"plan": PLAN, "inputs": inputs()}));
    cloud.until("it is under way", || cloud.holder("ons-data-platform"));
    let aborted = cloud.backout(&[
        "abort",
        "unwanted",
        "--reason",
        "the database is back",
        "--yes",
        "--wait",
        "--output",
        "json",
    ]);
    assert_eq!(aborted.json()["outcome"], "aborted", "{aborted:?}");
    assert_concluded(&cloud, "unwanted");
    let report = cloud.report("unwanted");
    assert!(report["stopped_by"].to_string().contains("the database is back"), "{report:#}");
}
