//! Whatever a run did goes back, in the whole cloud; whatever somebody else did stays.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeMap;

use backout_tests::{FAST, Finished, LocalCloud, PLAN};
use serde_json::{Value, json};

fn start(cloud: &LocalCloud, run: &str, more: &[&str]) -> Finished {
    let arguments: Vec<&str> = ["start", PLAN, "--run-id", run, "--wait", "--yes", "--output", "json"]
        .into_iter()
        .chain(FAST)
        .chain(more.iter().copied())
        .collect();
    cloud.backout(&arguments)
}

fn undo(cloud: &LocalCloud, undone: &str, run: &str, more: &[&str]) -> Finished {
    let arguments = ["undo", undone, "--run-id", run, "--wait", "--yes", "--reason", "it made it worse"];
    let arguments: Vec<&str> = arguments.into_iter().chain(["--output", "json"]).chain(more.iter().copied()).collect();
    cloud.backout(&arguments)
}

fn assert_same(before: &Value, after: &Value) {
    let differences = LocalCloud::differences(before, after);
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn an_undo_leaves_no_difference_in_the_whole_cloud_and_an_undo_of_it_brings_the_rollback_back() {
    // Given the whole cloud as it is, and a rollback
    let cloud = LocalCloud::with_example();
    let before = cloud.snapshot();
    let forth = start(&cloud, "forth", &[]);
    assert_eq!(forth.json()["outcome"], "completed", "{forth:?}");
    let rolled_back = cloud.snapshot();
    assert!(LocalCloud::differences(&before, &rolled_back).len() > 5, "the plan does a lot");
    let report = cloud.report("forth");
    assert!(report["undo_until"].as_str().is_some_and(|until| until > "2026"), "the report says until when");

    // When it is undone
    let back = undo(&cloud, "forth", "back", &[]);

    // Then it says so, and the cloud is as it was
    assert_eq!((back.code, &back.json()["outcome"]), (0, &json!("completed")), "{back:?}");
    assert_same(&before, &cloud.snapshot());

    // And the state machine shows that the run went backwards, and the ramp went back in one move
    let states: Vec<String> = cloud.history("back").into_iter().filter_map(|(_, state)| state).collect();
    assert!(states.iter().any(|state| state == "Unwind"), "{states:?}");
    let undone = cloud.journal("back");
    let throttles = undone.steps.iter().filter(|step| step.uses == "apigateway/throttle").count();
    assert_eq!(throttles, 1, "{:#?}", undone.steps);

    // And the undo can itself be undone, as a pipeline would do it
    cloud.start_execution("forth-again", &json!({"mode": "undo", "undo": "back", "reason": "after all"}));
    assert_eq!(cloud.ended("forth-again").0, "SUCCEEDED");
    assert_same(&rolled_back, &cloud.snapshot());
}

#[test]
fn what_somebody_changed_since_is_left_alone_and_reported_and_part_of_a_run_can_be_undone() {
    let cloud = LocalCloud::with_example();
    let environment_before = cloud.function("rag_query_processor").1;
    let forth = start(&cloud, "forth", &[]);
    assert_eq!(forth.json()["outcome"], "completed", "{forth:?}");

    // Given a colleague who has set a variable that the run had set
    let lambda = aws_sdk_lambda::Client::new(cloud.config());
    let mut theirs = cloud.function("rag_query_processor").1;
    assert_ne!(theirs, environment_before);
    theirs.insert("USE_INFLUXDB".into(), "theirs".into());
    let variables =
        aws_sdk_lambda::types::Environment::builder().set_variables(Some(theirs.clone().into_iter().collect())).build();
    let request = lambda.update_function_configuration().function_name("rag_query_processor").environment(variables);
    cloud.wait(request.send()).expect("updated");
    let stage = |run: &str, id: &str| {
        cloud.journal(run).steps.into_iter().find(|step| step.id.as_str() == id).expect(id).status.to_string()
    };

    // When everything is undone
    let back = undo(&cloud, "forth", "back", &[]);

    // Then theirs is as they made it, the rest is back, and the report says so
    assert_eq!(back.json()["outcome"], "completed_with_warnings", "{back:?}");
    assert_eq!(cloud.function("rag_query_processor").1["USE_INFLUXDB"], "theirs");
    assert_eq!(cloud.flags()["use_influxdb"]["enabled"], true);
    let report = cloud.report("back");
    let drifted: Vec<&Value> = report["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .flat_map(|stage| stage["steps"].as_array().expect("steps"))
        .filter(|step| step["status"] == "drifted")
        .collect();
    assert_eq!(drifted.len(), 1, "{report:#}");
    assert_eq!(drifted[0]["code"], "drift");
    assert!(report["warnings"].to_string().contains("left as they made it"), "{report:#}");

    // And part of the undo can be taken back: the flags alone
    let only = cloud
        .journal("back")
        .steps
        .into_iter()
        .find(|step| step.uses == "appconfig/flag" && step.status.to_string() == "undone")
        .expect("flags went back");
    let again = undo(&cloud, "back", "flags-again", &["--only", only.id.as_str()]);
    assert_eq!(again.json()["outcome"], "completed", "{again:?}");
    assert_eq!(cloud.journal("flags-again").steps.len(), 1);
    assert_eq!(stage("flags-again", &format!("undo.{}", only.id)), "undone");
}

#[test]
fn a_run_that_fails_takes_itself_back_when_its_plan_says_so() {
    // Given a plan that unwinds, whose last function package is missing
    let cloud = LocalCloud::with_example();
    let plan = format!("plans/{PLAN}.yaml");
    let text = std::fs::read_to_string(cloud.root().join(plan)).expect("the shipped plan");
    let text = text.replace("on_failure: halt", "on_failure: unwind");
    assert!(text.contains("on_failure: unwind"), "the shipped plan says what a failure means");
    cloud.push(&format!("{PLAN}.yaml"), &text);
    let key = "rollback-versions/rag_query_processor-v4.zip";
    let s3 =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(cloud.config()).force_path_style(true).build());
    cloud.wait(s3.delete_object().bucket("ons-lambda-deployments").key(key).send()).expect("deleted");
    let before = cloud.snapshot();

    // When it runs
    let finished = start(&cloud, "unwinds", &[]);

    // Then it fails, and has taken back what it had done, last change first, in the same execution
    assert_eq!((finished.code, &finished.json()["outcome"]), (1, &json!("unwound")), "{finished:?}");
    assert_same(&before, &cloud.snapshot());
    assert_eq!(cloud.execution("unwinds").1.as_deref(), Some("Backout.Unwound"));
    let states: Vec<String> = cloud.history("unwinds").into_iter().filter_map(|(_, state)| state).collect();
    let unwind = states.iter().position(|state| state == "Unwind").expect("the history shows it");
    assert!(states[unwind..].iter().any(|state| state == "RunStage"));
    let message = cloud.messages().into_iter().find(|message| message.message.contains("unwinds")).expect("a message");
    assert_eq!(message.subject.as_deref(), Some("backout UNWOUND: influxdb-to-timestream"));
    // And what users see is what they saw before
    assert!(finished.json()["users_see"].as_str().is_some_and(|sees| !sees.contains("Timestream")), "{finished:?}");
}

const TWO_STAGES: &str = r#"
name: two-stages
system: ons-data-platform
description: Points two stages of one API elsewhere, one after the other.
inputs: { api: { from: "ssm:/ons/apigateway/rest-api-id" } }
stages:
  - name: Production
    steps:
      - id: prod
        uses: apigateway/integration
        with: { api: "{{ inputs.api }}", stage: prod, integrations: [{ path: /query, method: POST, function: timestream_query_processor }] }
  - name: Beta
    steps:
      - id: beta
        uses: apigateway/integration
        with: { api: "{{ inputs.api }}", stage: beta, integrations: [{ path: /health, method: GET, function: rag_query_processor }] }
"#;

#[test]
fn two_stages_of_one_api_serve_what_each_was_asked_for_and_go_back_to_what_each_served() {
    // Given a second stage of the API
    let cloud = LocalCloud::with_example();
    cloud.add_api_stage("beta");
    cloud.push("two-stages.yaml", TWO_STAGES);
    let before = cloud.snapshot();
    let served = ["prod", "beta"].map(|stage| cloud.integrations(stage));
    assert_eq!(served[0], served[1]);

    // When both are pointed elsewhere
    let forth = cloud.backout(&["start", "two-stages", "--run-id", "forth", "--wait", "--yes", "--output", "json"]);
    assert_eq!(forth.json()["outcome"], "completed", "{forth:?}");

    // Then each serves what was asked for it, and nothing of the other's
    let changed = |stage: &str, route: &str, was: &BTreeMap<String, String>| {
        let now = cloud.integrations(stage);
        let differing: Vec<_> = now.iter().filter(|(at, function)| was.get(*at) != Some(*function)).collect();
        assert_eq!(differing.len(), 1, "{stage}: {differing:?}");
        now[route].clone()
    };
    assert_eq!(changed("prod", "POST /query", &served[0]), "timestream_query_processor");
    assert_eq!(changed("beta", "GET /health", &served[1]), "rag_query_processor");

    // And an undo leaves each as it was
    let back = undo(&cloud, "forth", "back", &[]);
    assert_eq!(back.json()["outcome"], "completed", "{back:?}");
    assert_eq!(["prod", "beta"].map(|stage| cloud.integrations(stage)), served);
    assert_same(&before, &cloud.snapshot());
}

const ONE_METHOD_TWICE: &str = r#"
name: one-method-twice
system: ons-data-platform
description: Points one method elsewhere, and once more.
inputs: { api: { from: "ssm:/ons/apigateway/rest-api-id" } }
stages:
  - name: First
    steps:
      - id: first
        uses: apigateway/integration
        with: { api: "{{ inputs.api }}", stage: prod, integrations: [{ path: /query, method: POST, function: timestream_query_processor }] }
  - name: Second
    steps:
      - id: second
        uses: apigateway/integration
        with: { api: "{{ inputs.api }}", stage: prod, integrations: [{ path: /query, method: POST, function: rag_query_processor }] }
"#;

#[test]
fn a_method_that_two_steps_have_pointed_elsewhere_goes_back_to_what_it_was_before_both() {
    // Given functions that the API may invoke already: so both steps are taken back at once
    let cloud = LocalCloud::with_example();
    for function in ["timestream_query_processor", "rag_query_processor"] {
        cloud.let_api_invoke(function);
    }
    cloud.push("one-method-twice.yaml", ONE_METHOD_TWICE);
    let before = cloud.snapshot();
    let served = cloud.integrations("prod");

    // When one method is pointed elsewhere by two steps, and the run is undone
    let forth =
        cloud.backout(&["start", "one-method-twice", "--run-id", "forth", "--wait", "--yes", "--output", "json"]);
    assert_eq!(forth.json()["outcome"], "completed", "{forth:?}");
    assert_eq!(cloud.integrations("prod")["POST /query"], "rag_query_processor");
    let back = undo(&cloud, "forth", "back", &[]);

    // Then it is as it was before the first, not between
    assert_eq!(back.json()["outcome"], "completed", "{back:?}");
    assert_eq!(cloud.journal("back").steps.len(), 1);
    assert_eq!(cloud.integrations("prod"), served);
    assert_same(&before, &cloud.snapshot());
}
