use super::*;
use aws_sdk_lambda::types::{EnvironmentError, EnvironmentResponse};
use backout_aws::testing::{Kept, cloud};
use backout_engine::{action::Claim, clock::Timestamp};
use serde_json::{Value, json};

fn configuration()
-> aws_sdk_lambda::operation::get_function_configuration::builders::GetFunctionConfigurationOutputBuilder {
    GetFunctionConfigurationOutput::builder()
}

#[test]
fn an_environment_that_lambda_cannot_read_is_a_fault_and_not_an_empty_one() {
    let error = EnvironmentError::builder().error_code("AccessDeniedException").message("kms").build();
    let unreadable = configuration().environment(EnvironmentResponse::builder().error(error).build()).build();
    let fault = readable("loader", &unreadable).expect_err("unreadable");
    assert!(fault.message.contains("AccessDeniedException"), "{fault}");
    assert!(!fault.is_transient());
    assert!(readable("loader", &configuration().build()).expect("none at all").is_empty());
}

#[test]
fn a_function_under_way_is_waited_for() {
    let updating = configuration().last_update_status(LastUpdateStatus::InProgress).build();
    assert_eq!(unsettled(&updating), Some(Unsettled::Waiting("is being updated".into())));
    let pending = configuration().state(FunctionState::Pending).build();
    assert!(matches!(unsettled(&pending), Some(Unsettled::Waiting(_))));
    let failed =
        configuration().last_update_status(LastUpdateStatus::Failed).last_update_status_reason("no IPs").build();
    assert_eq!(unsettled(&failed), Some(Unsettled::Failed("no IPs".into())));
    let idle = configuration().state(FunctionState::Inactive).last_update_status(LastUpdateStatus::Successful).build();
    assert_eq!(unsettled(&idle), None);
}

#[test]
fn the_state_holds_what_is_set_and_what_is_removed_and_marks_values() {
    let with =
        serde_json::from_value(json!({"function": "f", "set": {"ON": "true"}, "remove": ["OLD"]})).expect("reads");
    let state = serde_json::to_value(desired(&with)).expect("writes");
    assert_eq!(state, json!({"variables": {"ON": {"$sensitive": "true"}, "OLD": null}}));
    assert_eq!(serde_json::from_value::<State>(state).expect("reads"), desired(&with));
}

fn claim() -> Claim {
    Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// With a first write at ten o'clock.
fn at<'a>(with: &'a LambdaEnvironmentWith, claim: &'a Claim, evidence: &'a Kept) -> At<'a, LambdaEnvironmentWith> {
    let began = time("2026-11-20T10:00:00Z");
    let deadline = Timestamp::MAX;
    At { with, claim, evidence, now: began, issued_at: began, started_at: Some(began), since: began, deadline }
}

/// A Lambda whose function has this configuration, and which answers an update so.
fn lambda(configuration: &Value, update: (u16, Value)) -> Environment {
    let (configuration, (status, answer)) = (configuration.to_string(), (update.0, update.1.to_string()));
    let (cloud, _) =
        cloud(
            move |asked| {
                if asked.what.starts_with("PUT ") { (status, answer.clone()) } else { (200, configuration.clone()) }
            },
        );
    Environment::new(&cloud)
}

/// What a look finds, after a write that Lambda deferred, when the last update failed at this time.
async fn after_a_failure(last_modified: &str) -> Reading<State, Facts> {
    let found = json!({
        "State": "Active",
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReason": "no IPs",
        "LastModified": last_modified,
        "Environment": {"Variables": {"ON": "true"}},
    });
    let with = serde_json::from_value(json!({"function": "f", "set": {"ON": "false"}})).expect("reads");
    let unused = (500, Value::Null);
    lambda(&found, unused).read(&at(&with, &claim(), &Kept::default())).await.expect("a reading")
}

#[tokio::test]
async fn a_failure_from_before_our_write_is_noted_and_no_obstacle() {
    let found = after_a_failure("2026-11-20T09:59:59.999+0000").await;
    let Reading::Settled { state, facts } = found else { panic!("settled, not {found:?}") };
    assert_eq!(state.variables["ON"], Some(Sensitive::new("true".to_owned())));
    assert_eq!(facts.notes, ["an earlier update of f failed: no IPs"]);
}

#[tokio::test]
async fn a_failure_since_our_write_is_ours() {
    let found = after_a_failure("2026-11-20T10:00:00.000+0000").await;
    assert_eq!(found, Reading::Broken { why: "the last update of f failed: no IPs".into() });
}

/// What is wanted where the function has these aliases.
async fn wanted(aliases: Value, more: &[(&str, Value)]) -> Result<State, Fault> {
    let mut with = json!({"function": "f", "set": {"ON": "false"}});
    for (key, value) in more {
        with[*key] = value.clone();
    }
    let with = serde_json::from_value(with).expect("reads");
    let (cloud, _) = cloud(move |asked| {
        let listed = asked.what.starts_with("GET /2015-03-31/functions/f/aliases");
        if listed { (200, json!({"Aliases": aliases}).to_string()) } else { (500, String::new()) }
    });
    let now = State { variables: Variables::new() };
    Environment::new(&cloud).desired(&at(&with, &claim(), &Kept::default()), &now).await
}

#[tokio::test]
async fn aliases_that_would_not_be_reached_are_named() {
    let aliases = json!([{"Name": "live", "FunctionVersion": "7"}, {"Name": "dev", "FunctionVersion": "$LATEST"}]);
    let fault = wanted(aliases.clone(), &[]).await.expect_err("aliased");
    assert!(fault.message.contains("live (version 7)") && !fault.message.contains("dev"), "{fault}");
    assert!(fault.advice.is_some_and(|advice| advice.contains("`aliases: leave`")));
    assert!(wanted(aliases, &[("aliases", json!("leave"))]).await.is_ok());
    assert!(wanted(json!([]), &[]).await.is_ok());
}

#[tokio::test]
async fn no_value_is_in_what_is_told_of_a_refused_update_not_even_where_it_is_cut() {
    let (key, url) = ("pass\"phrase\"-0123456789", "https://user:hunter2@host/".repeat(30));
    let found = json!({"RevisionId": "1", "Environment": {"Variables": {"KEY": key, "ON": "true"}}});
    let with = serde_json::from_value(json!({"function": "f", "set": {"ON": "false", "URL": url}})).expect("reads");
    // The key is escaped, and the value that follows is longer than what is passed on.
    let quoting = format!("the environment {} is not valid", json!({"KEY": key, "URL": url}));
    let lambda = lambda(&found, (400, json!({"__type": "InvalidParameterValueException", "message": quoting})));
    let (claim, evidence) = (claim(), Kept::default());
    let at = at(&with, &claim, &evidence);
    let Ok(Reading::Settled { state, facts }) = lambda.read(&at).await else { panic!("settled") };
    let fault = lambda.write(&at, (&state, &facts), &desired(&with)).await.expect_err("refused");
    assert_eq!(
        fault.message,
        "could not update the environment of f: InvalidParameterValueException: the environment \
         {\"KEY\":\"(hidden)\",\"URL\":\"(hidden)\"} is not valid"
    );
}
