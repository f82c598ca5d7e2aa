//! What a person decides where no machine can: what became of a command that was lost, and whether a system is free.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use backout_tests::LocalCloud;
use serde_json::json;

const COMMANDS: &str = r#"
name: commands
system: commands
description: Invokes a function that may not be invoked twice.
stages:
  - name: Tell the warehouse
    steps:
      - id: told
        uses: lambda/invoke
        with: { function: timestream_query_processor, payload: { probe: true }, repeat: never }
  - name: Switch the rule
    steps:
      - { id: rule, uses: events/rule, with: { name: by-hand, state: enabled } }
"#;

/// Holds its system without ever having anything under way that would have to be found out.
const WAITS: &str = r#"
name: waits
system: waiting
description: Waits for a database that has failed.
stages:
  - name: Wait
    steps:
      - { id: database, uses: timestream-influxdb/status, with: { instance: ons-influxdb-prod }, within: 10m, every: 2s }
"#;

/// How often a function of other people was invoked by ours.
fn invocations(cloud: &LocalCloud) -> usize {
    let invoked = |call: &backout_tests::Call| {
        call.function.as_deref() == Some("backout-version") && call.operation.as_deref() == Some("Invoke")
    };
    cloud.calls().iter().filter(|call| invoked(call)).count()
}

#[test]
fn a_command_that_was_lost_is_not_repeated_and_a_person_says_what_became_of_it() {
    // Given a command that may not be repeated, and a function that is killed right after it has sent it
    let cloud = LocalCloud::with_example();
    let events = aws_sdk_eventbridge::Client::new(cloud.config());
    let rule = events.put_rule().name("by-hand").event_pattern(r#"{"source":["nobody"]}"#);
    cloud.wait(rule.state(aws_sdk_eventbridge::types::RuleState::Disabled).send()).expect("a rule");
    cloud.push("commands.yaml", COMMANDS);
    cloud.kill_after("backout-version", "Invoke");

    // When the plan runs
    cloud.start_execution("lost", &json!({"plan": "commands"}));
    let (_, error, _) = cloud.ended("lost");

    // Then the run halts, because nobody knows whether it happened, and it was sent once
    assert_eq!(error.as_deref(), Some("Backout.Halted"));
    assert!(cloud.was_killed("backout-version"));
    assert_eq!(invocations(&cloud), 1);
    let report = cloud.report("lost");
    let stop = &report["stopped_by"][0];
    assert_eq!((&stop["step"], &stop["code"]), (&json!("told"), &json!("outcome-unknown")), "{report:#}");
    assert!(report["what_to_do"].to_string().contains("backout resolve lost told"), "{report:#}");

    // When a person has found out, and says so
    let reason = "the warehouse has it, asked by telephone";
    let resolved = cloud.backout(&["resolve", "lost", "told", "applied", "--reason", reason, "--output", "json"]);

    // Then the journal and the report say by whom and why
    assert_eq!((resolved.code, &resolved.json()["status"]), (0, &json!("applied")), "{resolved:?}");
    assert!(cloud.report("lost").to_string().contains(reason));
    let again = cloud.backout(&["resolve", "lost", "told", "not-applied", "--reason", "no", "--output", "json"]);
    assert_ne!(again.code, 0, "what is known is not decided again: {again:?}");

    // And a run that goes on from there does not send it again
    let resumed = cloud.backout(&["resume", "lost", "--run-id", "resumed", "--wait", "--yes", "--output", "json"]);
    assert_eq!((resumed.code, &resumed.json()["outcome"]), (0, &json!("completed")), "{resumed:?}");
    assert_eq!(invocations(&cloud), 1);
}

#[test]
fn a_system_is_unlocked_only_with_proof_that_its_holder_has_ended() {
    // Given a run that holds the system, and nobody who would hear that its execution has ended
    let cloud = LocalCloud::with_example();
    cloud.disable_rule("backout-execution-ended");
    cloud.disable_rule("backout-sweeper");
    cloud.push("waits.yaml", WAITS);
    cloud.start_execution("holds", &json!({"plan": "waits"}));
    cloud.until("it is under way", || cloud.holder("waiting"));
    let unlock = || cloud.backout(&["unlock", "waiting", "--yes", "--output", "json"]);

    // While it runs, the system stays locked
    let refused = unlock();
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("system-locked") || refused.stdout.contains("system-locked"), "{refused:?}");
    assert_eq!(cloud.holder("waiting").as_deref(), Some("holds"));

    // Once its execution has ended and nothing of it is under way any more, it is closed and the system is free
    cloud.stop_execution("holds");
    let freed = cloud.until("it is unlocked", || Some(unlock()).filter(|unlocked| unlocked.code == 0));
    assert_eq!(freed.json()["freed"], true, "{freed:?}");
    assert!(freed.json()["proof"]["said"].to_string().contains("its execution was stopped"), "{freed:?}");
    assert_eq!(cloud.holder("waiting"), None);
    assert_eq!(cloud.report("holds")["outcome"], "aborted");
}
