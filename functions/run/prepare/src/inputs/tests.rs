use backout_aws::testing::cloud;
use backout_engine::journal::Refusal;
use serde_json::json;

use super::*;

/// A plan with the one input `limit`, a number that comes from Parameter Store.
fn plan() -> Plan {
    let plan = json!({
        "name": "back", "system": "platform", "description": "d", "stages": [],
        "inputs": {"limit": {"from": "ssm:/platform/limit", "type": "number"}},
    });
    serde_json::from_value(plan).expect("reads")
}

/// What the input becomes, with a Parameter Store that answers so.
async fn resolved(status: u16, answer: Value) -> Result<Value, Refusal> {
    let (cloud, asks) = cloud(move |_| (status, answer.to_string()));
    let values = Parameters::new(&cloud).resolve(&plan(), &BTreeMap::new()).await;
    let asks = asks.lock().expect("asks");
    assert_eq!(asks[0].body, json!({"Name": "/platform/limit"}).to_string());
    match values {
        Ok(values) => Ok(values["limit"].clone()),
        Err(Stop::Refused(refusal)) => Err(*refusal),
        Err(Stop::Fault(fault)) => panic!("{fault}"),
    }
}

fn parameter_of(kind: &str, value: &str) -> Value {
    json!({"Parameter": {"Name": "/platform/limit", "Type": kind, "Value": value, "Version": 1}})
}

#[tokio::test]
async fn an_input_comes_from_its_parameter() {
    assert_eq!(resolved(200, parameter_of("String", "500")).await, Ok(json!(500)));
}

#[tokio::test]
async fn a_secret_is_refused_because_inputs_are_not_kept_secret() {
    let refusal = resolved(200, parameter_of("SecureString", "AQICAHi4")).await.expect_err("refused");
    assert_eq!(refusal.code, Code::InputNotFound);
    assert!(refusal.what.contains("`limit`") && refusal.what.contains("/platform/limit, which is a SecureString"));
    assert!(!format!("{refusal:?}").contains("AQICAHi4"), "{refusal:?}");
}

#[tokio::test]
async fn a_value_of_another_form_is_refused_without_telling_it() {
    let refusal = resolved(200, parameter_of("String", "five hundred")).await.expect_err("refused");
    assert_eq!(refusal.code, Code::InputNotFound);
    assert!(refusal.what.contains("/platform/limit") && !format!("{refusal:?}").contains("hundred"), "{refusal:?}");
}

#[tokio::test]
async fn a_missing_parameter_is_named() {
    let missing = json!({"__type": "ParameterNotFound", "message": ""});
    let refusal = resolved(400, missing).await.expect_err("refused");
    assert_eq!(refusal.code, Code::InputNotFound);
    assert!(refusal.what.contains("/platform/limit") && refusal.what.contains("ParameterNotFound"), "{refusal}");
}

#[tokio::test]
async fn what_is_given_is_told_when_it_is_of_another_form() {
    let (cloud, asks) = cloud(|_| (500, String::new()));
    let given = [("limit".to_owned(), json!("five"))].into();
    let Err(Stop::Refused(refusal)) = Parameters::new(&cloud).resolve(&plan(), &given).await else {
        panic!("not refused")
    };
    assert_eq!(
        (refusal.code, refusal.what.as_str()),
        (Code::WrongValue, "the input `limit` is a number, and `five` is not")
    );
    assert!(asks.lock().expect("asks").is_empty(), "a given input is not looked up");
}
