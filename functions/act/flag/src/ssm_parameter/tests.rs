use aws_sdk_ssm::types::ParameterInlinePolicy;
use backout_aws::testing::{Asks, Kept, cloud};
use backout_engine::{
    action::Claim,
    clock::Timestamp,
    fault::{CarriedOut, Lasting},
};
use serde_json::{Value, json};

use super::*;

/// An SSM with the parameter `/a/bucket` of this type, which refuses to set it with this code, if any.
fn ssm(of: &'static str, refusing: Option<&'static str>) -> (Parameter, Asks) {
    let (cloud, asks) = cloud(move |asked| {
        let operation = asked.what.rsplit('.').next().unwrap_or_default();
        match (operation, refusing) {
            ("GetParameter", _) => (
                200,
                json!({"Parameter": {"Name": "/a/bucket", "Type": of, "Value": "old", "Version": 3,
                                     "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/a/bucket"}})
                .to_string(),
            ),
            ("DescribeParameters", _) => (
                200,
                json!({"Parameters": [{"Name": "/a/bucket", "Type": of, "Description": "where content is",
                                       "AllowedPattern": "^[a-z-]+$", "Tier": "Advanced", "DataType": "text",
                                       "Policies": [{"PolicyText": "{\"Type\":\"Expiration\"}"}]}]})
                .to_string(),
            ),
            ("PutParameter", None) => (200, json!({"Version": 4, "Tier": "Advanced"}).to_string()),
            ("PutParameter", Some(code)) => {
                (400, json!({"__type": code, "message": "the value new-and-secret was not taken"}).to_string())
            }
            other => panic!("{other:?}"),
        }
    });
    (Parameter::new(&cloud), asks)
}

fn with() -> SsmParameterWith {
    SsmParameterWith { name: "/a/bucket".into(), value: "new-and-secret".into() }
}

fn claim() -> Claim {
    Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") }
}

fn at<'a>(with: &'a SsmParameterWith, claim: &'a Claim, evidence: &'a Kept) -> At<'a, SsmParameterWith> {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
    At { with, claim, evidence, now, issued_at: now, started_at: None, since: now, deadline: Timestamp::MAX }
}

/// Reads it and sets it to what is wanted.
async fn set(parameter: &Parameter) -> (State, Facts, Result<(), Fault>) {
    let (with, claim, evidence) = (with(), claim(), Kept::default());
    let at = at(&with, &claim, &evidence);
    let Ok(Reading::Settled { state, facts }) = parameter.read(&at).await else { panic!("settled") };
    let wanted = parameter.desired(&at, &state).await.expect("a state");
    let written = parameter.write(&at, (&state, &facts), &wanted).await;
    (state, facts, written)
}

#[tokio::test]
async fn a_new_value_leaves_everything_else_of_the_parameter_as_it_is() {
    let (parameter, asks) = ssm("StringList", None);
    let (state, facts, written) = set(&parameter).await;
    written.expect("written");
    assert_eq!((state.value.expose().as_str(), facts.version), ("old", 3));
    let asks = asks.lock().expect("asks");
    let put: Value = serde_json::from_str(&asks.last().expect("a call").body).expect("JSON");
    assert_eq!(
        put,
        json!({"Name": "/a/bucket", "Value": "new-and-secret", "Overwrite": true, "Type": "StringList",
               "Description": "where content is", "AllowedPattern": "^[a-z-]+$", "Tier": "Advanced",
               "DataType": "text", "Policies": "[{\"Type\":\"Expiration\"}]"})
    );
}

#[tokio::test]
async fn a_secret_is_refused_before_anything_is_set() {
    let (parameter, asks) = ssm("SecureString", None);
    let (with, claim, evidence) = (with(), claim(), Kept::default());
    let fault = parameter.read(&at(&with, &claim, &evidence)).await.expect_err("a secret");
    assert_eq!((fault.carried_out, fault.lasting), (CarriedOut::No, Lasting::Permanent));
    assert!(fault.advice.is_some_and(|advice| advice.contains("a plan holds no secrets")));
    assert_eq!(asks.lock().expect("asks").len(), 1);
}

#[tokio::test]
async fn a_refusal_tells_no_value_and_says_whether_it_passes() {
    for (code, lasting) in
        [("TooManyUpdates", Lasting::Transient), ("ParameterPatternMismatchException", Lasting::Permanent)]
    {
        let (_, _, written) = set(&ssm("String", Some(code)).0).await;
        let fault = written.expect_err("refused");
        assert_eq!((fault.carried_out, fault.lasting), (CarriedOut::No, lasting), "{fault}");
        assert!(fault.message.contains(code) && !fault.message.contains("new-and-secret"), "{fault}");
    }
}

#[test]
fn a_state_reads_back_as_it_was_written() {
    let state = State { value: Sensitive::new("v".to_owned()) };
    let json = serde_json::to_value(&state).expect("writes");
    assert_eq!(json, json!({"value": {"$sensitive": "v"}}));
    assert_eq!(serde_json::from_value::<State>(json).expect("reads"), state);
}

#[test]
fn the_policies_of_a_parameter_go_back_as_one_list() {
    let policy = |text: &str| ParameterInlinePolicy::builder().policy_text(text).build();
    let of = ParameterMetadata::builder().policies(policy(r#"{"Type":"A"}"#)).policies(policy(r#"{"Type":"B"}"#));
    assert_eq!(policies(&of.build()).as_deref(), Some(r#"[{"Type":"A"},{"Type":"B"}]"#));
    assert_eq!(policies(&ParameterMetadata::builder().build()), None);
}
