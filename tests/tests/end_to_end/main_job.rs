//! An alarm, a person or a console sends the platform back from InfluxDB to Timestream.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use backout_tests::{FAST, LocalCloud, PLAN};
use serde_json::{Value, json};

const CHANGES: [&str; 3] = ["apigateway/integration", "appconfig/flag", "lambda/code"];
const FUNCTIONS: [&str; 3] = ["influxdb_loader", "timeseries_query_processor", "rag_query_processor"];

fn start<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["start", PLAN, "--reason", "tried by hand", "--wait", "--yes", "--output", "json"]
        .into_iter()
        .chain(FAST)
        .chain(more.iter().copied())
        .collect()
}

#[test]
fn started_by_hand_the_platform_is_healthy_again_and_only_what_was_asked_for_has_changed() {
    // Given the platform with its InfluxDB dead
    let cloud = LocalCloud::with_example();
    let url = cloud.output("ons-data-platform", "url");
    let (status, body) = cloud.get(&format!("{url}/health"));
    assert_eq!(status, 503, "{body}");
    let flags_before = cloud.flags();
    let before: Vec<_> = FUNCTIONS.iter().map(|name| cloud.function(name)).collect();
    let throttle_before = cloud.throttle();

    // When the plan runs
    let finished = cloud.backout(&start(&[]));

    // Then it says so
    let said = finished.json();
    assert_eq!(finished.code, 0, "{finished:?}");
    assert_eq!(said["outcome"], "completed", "{finished:?}");
    let run = said["run_id"].as_str().expect("a run id");
    assert!(said["report"].as_str().expect("a place").ends_with(&format!("/reports/{run}/report.md")));
    assert_eq!(cloud.execution(run).0, "SUCCEEDED");

    // And the platform answers
    let (status, body) = cloud.get(&format!("{url}/health"));
    assert_eq!(status, 200, "{body}");

    // And the flags that were named are switched, and the others are as they were
    let flags = cloud.flags();
    for (flag, value) in &flags {
        let expected = match flag.as_str() {
            "use_influxdb" | "enable_flux_queries" => &json!(false),
            _ => &flags_before[flag]["enabled"],
        };
        assert_eq!(&value["enabled"], expected, "{flag}");
    }
    assert_eq!(flags.len(), flags_before.len());

    // And the functions run the Timestream packages, with the variables that nobody named untouched
    for (name, (code_before, variables_before)) in FUNCTIONS.iter().zip(before) {
        let (code, variables) = cloud.function(name);
        assert_ne!(code, code_before, "{name}");
        assert_eq!(variables["USE_INFLUXDB"], "false");
        for (key, value) in &variables_before {
            if key != "USE_INFLUXDB" {
                assert_eq!(variables.get(key), Some(value), "{name}: {key}");
            }
        }
    }
    // And traffic has its original limit
    assert_eq!(cloud.throttle(), throttle_before);

    // And the report names the gap, and people were told
    let report = cloud.report(run);
    assert!(report["notes"][0].as_str().expect("a note").contains("InfluxDB only"), "{report}");
    let messages = cloud.messages();
    let told: Vec<_> = messages.iter().filter(|message| message.message.contains(run)).collect();
    assert_eq!(told.len(), 1, "{messages:?}");
    assert_eq!(told[0].subject.as_deref(), Some("backout COMPLETED: influxdb-to-timestream"));

    // And a step that is done at once takes four ledger writes and at most sixteen events
    the_cost_of_a_step(&cloud, run, &report);

    // When it is started again, everything is in place but for what the ramp and maintenance mode do
    let again = cloud.backout(&start(&["--only", "Roll back function code", "--only", "Switch the API"]));
    assert_eq!(again.json()["outcome"], "completed", "{again:?}");
    let report = cloud.report(again.json()["run_id"].as_str().expect("a run id"));
    for step in steps(&report).into_iter().filter(|step| step["status"] != "skipped") {
        let expected =
            if step["uses"].as_str().is_some_and(|uses| CHANGES.contains(&uses)) { "in_place" } else { "passed" };
        assert_eq!(step["status"], expected, "{step}");
    }
    let in_place = steps(&report).into_iter().filter(|step| step["status"] == "in_place").count();
    assert_eq!(in_place, 5, "three packages, the flags, the integration");
    assert!(cloud.calls_of_actions() > 0);
}

fn steps(report: &Value) -> Vec<&Value> {
    let stages = report["stages"].as_array().expect("stages");
    stages.iter().flat_map(|stage| stage["steps"].as_array().expect("steps")).collect()
}

/// The rows of the run's steps are written four times for a change and three times for a check, polls included; the
/// run's own row and the lock take a fixed number.
fn the_cost_of_a_step(cloud: &LocalCloud, run: &str, report: &Value) {
    let (mut expected, mut changes) = (0, 0);
    for step in steps(report) {
        expected += match step["status"].as_str().expect("a status") {
            "applied" => 4,
            "in_place" | "passed" => 3,
            other => panic!("{other}: {step}"),
        };
        changes += usize::from(step["status"] == "applied");
    }
    assert!(changes >= 12, "a plan of a dozen changes: {changes}");
    let table_writes = cloud
        .calls()
        .iter()
        .filter(|call| call.service.as_deref() == Some("dynamodb"))
        .filter(|call| matches!(call.operation.as_deref(), Some("PutItem" | "UpdateItem")))
        .count();
    // Of the run: created, running, ended, concluded; of the lock: taken, freed.
    assert_eq!(table_writes, expected + 6, "for {} steps", steps(report).len());

    let events = cloud.history(run);
    let iteration_starts: Vec<usize> =
        events.iter().enumerate().filter(|(_, event)| event.0 == "MapIterationStarted").map(|(at, _)| at).collect();
    assert_eq!(iteration_starts.len(), steps(report).len());
    // A stage with one step that is done at once: all events between its start and its end are its own.
    let alone = iteration_starts
        .iter()
        .filter_map(|start| {
            let end = events[*start..].iter().position(|event| event.0 == "MapIterationSucceeded")?;
            let own = &events[*start..=start + end];
            let single = own.iter().filter(|event| event.0 == "MapIterationStarted").count() == 1;
            let polled = own.iter().any(|event| event.1.as_deref() == Some("Wait"));
            (single && !polled).then_some(own.len())
        })
        .min();
    assert!(alone.is_some_and(|count| count <= 16), "{alone:?}");
}
