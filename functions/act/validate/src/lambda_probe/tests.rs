use serde_json::json;

use super::*;
use crate::testing::judge;
use backout_aws::testing::cloud;

fn expect(expect: Value) -> ProbeExpect {
    serde_json::from_value(expect).expect("reads")
}

#[test]
fn the_wanted_fields_are_compared_and_observed() {
    let found = json!({"ok": true, "backend": "timestream", "secret": "hunter2"});
    let verdict = verdict(&expect(json!({"contains": {"backend": "timestream"}})), &found);
    assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "it answered that backend is \"timestream\""));
    assert_eq!(verdict.observed, [("answer".to_owned(), json!({"backend": "timestream"}))].into());
}

#[test]
fn a_status_is_that_of_an_answer_for_api_gateway() {
    let found = json!({"statusCode": 503, "body": "{}"});
    let verdict = verdict(&expect(json!({"status": 200})), &found);
    assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Fail, "statusCode is 503, wanted 200"));
}

#[test]
fn nothing_but_what_is_named_within_a_body_is_observed() {
    let found = json!({"statusCode": 200, "body": "{\"ok\": true, \"token\": \"hunter2\"}"});
    let verdict = verdict(&expect(json!({"contains": {"body": {"ok": true}}})), &found);
    assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "it answered that body is {\"ok\":true}"));
    assert_eq!(verdict.observed, [("answer".to_owned(), json!({"body": {"ok": true}}))].into());
}

#[test]
fn a_field_of_an_answer_may_be_called_as_one_of_every_step() {
    let found = json!({"status": "healthy", "says": "hello"});
    let verdict = verdict(&expect(json!({"contains": {"status": "healthy", "says": "hello"}})), &found);
    assert_eq!(verdict.observed, [("answer".to_owned(), found)].into());
}

#[test]
fn an_answer_that_is_no_json_is_well_only_if_nothing_is_wanted_of_it() {
    let found = body(&InvokeOutput::builder().payload(Blob::new("plain")).build());
    assert_eq!(verdict(&ProbeExpect::default(), &found).finding, Finding::Pass);
    assert_eq!(verdict(&expect(json!({"contains": {"ok": true}})), &found).finding, Finding::Fail);
}

/// The verdict on a function of which nothing is expected and that fails with this; Lambda tells of its configuration
/// so.
async fn failing(error: Value, configuration: (u16, Value)) -> Verdict {
    let answer = InvokeOutput::builder().function_error("Unhandled").payload(Blob::new(error.to_string())).build();
    let (cloud, _) = cloud(move |_| (configuration.0, configuration.1.to_string()));
    let with = serde_json::from_value(json!({"function": "query:live"})).expect("reads");
    Probe::new(&cloud).answered(&with, &answer).await
}

#[tokio::test]
async fn of_an_error_only_its_type_is_told_and_where_to_read_more() {
    let error = json!({"errorType": "StoreUnavailable", "errorMessage": "https://u:hunter2@host", "stackTrace": ["x"]});
    let chosen = json!({"FunctionName": "query", "LoggingConfig": {"LogGroup": "/platform/query"}});
    let verdict = failing(error.clone(), (200, chosen)).await;
    assert_eq!(
        (verdict.finding, verdict.says.as_str()),
        (Finding::Fail, "it failed with StoreUnavailable; why is in the log group /platform/query")
    );
    assert!(verdict.observed.is_empty(), "{verdict:?}");
    let usual = failing(error.clone(), (200, json!({"FunctionName": "query"}))).await;
    assert_eq!(usual.says, "it failed with StoreUnavailable; why is in the log group /aws/lambda/query");
    let unknown = failing(json!({"errorMessage": "hunter2"}), (403, json!({"message": "no"}))).await;
    assert_eq!(unknown.says, "it failed with an error without a type; why is in its log");
}

#[tokio::test]
async fn the_event_is_sent_once_even_when_lambda_answers_with_an_error() {
    let (cloud, asks) = cloud(|_| (500, json!({"message": "try later"}).to_string()));
    let with = serde_json::from_value(json!({"function": "query:live", "event": {"probe": true}})).expect("reads");
    let fault = judge(&Probe::new(&cloud), &with).await.expect_err("an error");
    assert!(fault.is_transient());
    let asks = asks.lock().expect("asks");
    let [asked] = asks.as_slice() else { panic!("one call, not {asks:?}") };
    assert!(asked.what.starts_with("POST /2015-03-31/functions/query%3Alive/invocations"), "{}", asked.what);
    assert_eq!(asked.body, "{\"probe\":true}");
}

/// A probe of a function that has these aliases and answers well.
async fn probed(function: &str, aliases: &str, listed: Value) -> (Result<Verdict, Fault>, usize) {
    let (cloud, asks) = cloud(move |asked| {
        if asked.what.starts_with("GET /2015-03-31/functions/query/aliases") {
            (200, json!({"Aliases": listed}).to_string())
        } else {
            (200, "{}".into())
        }
    });
    let with = serde_json::from_value(json!({"function": function, "aliases": aliases})).expect("reads");
    let verdict = judge(&Probe::new(&cloud), &with).await;
    let invoked = asks.lock().expect("asks").iter().filter(|asked| asked.what.starts_with("POST ")).count();
    (verdict, invoked)
}

#[tokio::test]
async fn the_latest_code_is_not_taken_for_what_callers_get_through_an_alias() {
    let live = json!([{"Name": "live", "FunctionVersion": "7"}]);
    let (refused, invoked) = probed("query", "refuse", live.clone()).await;
    let fault = refused.expect_err("aliased");
    assert_eq!(invoked, 0);
    assert!(fault.message.ends_with("live (version 7)"), "{fault}");
    assert!(fault.advice.is_some_and(|advice| advice.contains("`function: query:<alias>`")));
    for (function, aliases, listed) in [
        ("query:live", "refuse", live.clone()),
        ("query:$LATEST", "refuse", live.clone()),
        ("query", "leave", live),
        ("query", "refuse", json!([{"Name": "dev", "FunctionVersion": "$LATEST"}])),
    ] {
        let (verdict, invoked) = probed(function, aliases, listed).await;
        assert_eq!((verdict.expect("a verdict").finding, invoked), (Finding::Pass, 1), "{function} {aliases}");
    }
}
