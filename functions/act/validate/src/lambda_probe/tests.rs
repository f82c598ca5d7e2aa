use serde_json::json;

use super::*;
use crate::testing::judge;
use backout_aws::testing::cloud;

fn expect(expect: Value) -> ProbeExpect {
    serde_json::from_value(expect).expect("reads")
}

fn answer(body: Value) -> InvokeOutput {
    InvokeOutput::builder().status_code(200).payload(Blob::new(body.to_string())).build()
}

#[test]
fn the_wanted_fields_are_compared_and_observed() {
    let found = answer(json!({"ok": true, "backend": "timestream", "secret": "hunter2"}));
    let verdict = verdict(&expect(json!({"contains": {"backend": "timestream"}})), &found);
    assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "it answered that backend is \"timestream\""));
    assert_eq!(verdict.observed, [("backend".to_owned(), json!("timestream"))].into());
}

#[test]
fn a_status_is_that_of_an_answer_for_api_gateway() {
    let found = answer(json!({"statusCode": 503, "body": "{}"}));
    let verdict = verdict(&expect(json!({"status": 200})), &found);
    assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Fail, "statusCode is 503, wanted 200"));
}

#[test]
fn an_error_of_the_function_fails_whatever_is_expected() {
    let error = json!({"errorType": "StoreUnavailable", "errorMessage": "InfluxDB is FAILED", "stackTrace": ["x"]});
    let found = InvokeOutput::builder().function_error("Unhandled").payload(Blob::new(error.to_string())).build();
    let verdict = verdict(&ProbeExpect::default(), &found);
    assert_eq!(
        (verdict.finding, verdict.says.as_str()),
        (Finding::Fail, "it failed: StoreUnavailable: InfluxDB is FAILED")
    );
}

#[test]
fn an_answer_that_is_no_json_is_well_only_if_nothing_is_wanted_of_it() {
    let found = InvokeOutput::builder().payload(Blob::new("plain")).build();
    assert_eq!(verdict(&ProbeExpect::default(), &found).finding, Finding::Pass);
    assert_eq!(verdict(&expect(json!({"contains": {"ok": true}})), &found).finding, Finding::Fail);
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
