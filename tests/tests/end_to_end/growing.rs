//! Large plans, and a stack that is deployed again while a run is under way.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]
#![allow(clippy::print_stdout, reason = "it says what it measured")]

use std::{collections::BTreeSet, fmt::Write as _};

use backout_tests::{FAST, LocalCloud, PLAN};
use serde_json::json;

/// A plan that switches so many rules on and off, stage after stage.
fn switching(cloud: &LocalCloud, name: &str, stages: usize, rules: usize) {
    let events = aws_sdk_eventbridge::Client::new(cloud.config());
    for rule in 0..rules {
        let request = events.put_rule().name(format!("{name}-{rule}")).event_pattern(r#"{"source":["nobody"]}"#);
        cloud.wait(request.state(aws_sdk_eventbridge::types::RuleState::Enabled).send()).expect("a rule");
    }
    let mut plan = format!("name: {name}\nsystem: {name}\ndescription: Switches rules on and off.\nstages:\n");
    for stage in 0..stages {
        let state = if stage % 2 == 0 { "disabled" } else { "enabled" };
        let items: Vec<String> = (0..rules).map(|rule| rule.to_string()).collect();
        let _ = write!(
            plan,
            "  - name: Stage {stage}\n    steps:\n      - id: \"s{stage}-{{{{ item }}}}\"\n        for_each: [{}]\n        \
             uses: events/rule\n        with: {{ name: \"{name}-{{{{ item }}}}\", state: {state} }}\n",
            items.join(", ")
        );
    }
    cloud.push(&format!("{name}.yaml"), &plan);
}

/// History events and ledger writes of a run, per step.
fn cost(cloud: &LocalCloud, run: &str, plan: &str) -> (usize, f64, f64) {
    let writes = || {
        let written = |call: &backout_tests::Call| {
            call.service.as_deref() == Some("dynamodb")
                && call.operation.as_deref().is_some_and(|it| matches!(it, "PutItem" | "UpdateItem"))
        };
        cloud.calls().iter().filter(|call| written(call)).count()
    };
    let before = writes();
    cloud.start_execution(run, &json!({"plan": plan}));
    let (status, error, cause) = cloud.ended(run);
    assert_eq!(status, "SUCCEEDED", "{error:?} {cause:?}");
    let steps = cloud.journal(run).steps.len();
    let per_step = |count: usize| {
        f64::from(u32::try_from(count).expect("a count")) / f64::from(u32::try_from(steps).expect("a count"))
    };
    (steps, per_step(cloud.history(run).len()), per_step(writes() - before))
}

#[test]
fn a_plan_of_five_hundred_steps_costs_no_more_per_step_than_one_of_ten() {
    let cloud = LocalCloud::with_example();
    switching(&cloud, "small", 2, 5);
    switching(&cloud, "large", 20, 25);
    let (few, small_events, small_writes) = cost(&cloud, "small", "small");
    let (many, large_events, large_writes) = cost(&cloud, "large", "large");
    assert_eq!((few, many), (10, 500));
    println!(
        "per step: {small_events:.1} events and {small_writes:.1} writes with {few} steps, {large_events:.1} and \
         {large_writes:.1} with {many}"
    );
    assert!(large_events <= small_events, "{large_events} events a step, not {small_events}");
    assert!(large_writes <= small_writes, "{large_writes} writes a step, not {small_writes}");

    // And its undo finds every rule as it was before: twenty switches of one rule go back in one move.
    cloud.start_execution("back", &json!({"mode": "undo", "undo": "large"}));
    assert_eq!(cloud.ended("back").0, "SUCCEEDED");
    assert_eq!(cloud.journal("back").steps.len(), 25);
}

/// The versions of the functions that a run's execution has invoked.
fn versions(cloud: &LocalCloud, run: &str) -> BTreeSet<String> {
    let client = aws_sdk_sfn::Client::new(cloud.config());
    let mut found = BTreeSet::new();
    let mut token = None;
    loop {
        let request = client.get_execution_history().execution_arn(cloud.execution_arn(run)).set_next_token(token);
        let page = cloud.wait(request.max_results(1000).send()).expect("a history");
        for event in page.events() {
            let Some(parameters) = event.task_scheduled_event_details().map(|details| details.parameters()) else {
                continue;
            };
            let parameters: serde_json::Value = serde_json::from_str(parameters).expect("JSON");
            let arn = parameters["FunctionName"].as_str().expect("an ARN").to_owned();
            found.insert(arn.rsplit(':').next().expect("a version").to_owned());
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return found;
        }
    }
}

#[test]
fn a_run_ends_on_the_versions_that_it_began_with_when_the_stack_is_deployed_again_in_its_middle() {
    // Given a run that is under way
    let cloud = LocalCloud::with_example();
    let inputs: serde_json::Map<String, serde_json::Value> = FAST
        .chunks(2)
        .filter_map(|pair| pair[1].split_once('='))
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    cloud.start_execution("under-way", &json!({"plan": PLAN, "inputs": inputs}));
    cloud.until("it is under way", || cloud.holder("ons-data-platform"));

    // When the stack is deployed again with another log level, so that every function gets a new version
    cloud.deploy_again(&[("LogLevel", "debug")]);
    assert_eq!(cloud.execution("under-way").0, "RUNNING", "it was deployed in the middle");

    // Then the run ends well, on the versions that it began with
    let (status, error, cause) = cloud.ended("under-way");
    assert_eq!(status, "SUCCEEDED", "{error:?} {cause:?}");
    let old = versions(&cloud, "under-way");
    assert_eq!(old.len(), 1, "{old:?}");

    // And the next one, which takes it back, runs on the new versions
    cloud.start_execution("back", &json!({"mode": "undo", "undo": "under-way"}));
    assert_eq!(cloud.ended("back").0, "SUCCEEDED");
    let new = versions(&cloud, "back");
    assert!(new.len() == 1 && new != old, "{old:?}, then {new:?}");
}
