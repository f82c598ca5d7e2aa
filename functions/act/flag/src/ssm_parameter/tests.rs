use aws_sdk_ssm::types::ParameterInlinePolicy;
use backout_aws::testing::{Asks, Kept, cloud};
use backout_engine::{
    action::Claim,
    clock::Timestamp,
    fault::{CarriedOut, Lasting},
};
use serde_json::{Value, json};

use super::*;

/// An SSM with one parameter.
#[derive(Clone, Copy)]
struct Ssm {
    of: &'static str,
    /// `None` is one of which SSM names no tier.
    tier: Option<&'static str>,
    pattern: &'static str,
    /// What it is once it is described, just before it is set.
    described: (&'static str, i64),
    /// The code with which it is refused to set it.
    refusing: Option<&'static str>,
}

const USUAL: Ssm =
    Ssm { of: "String", tier: Some("Standard"), pattern: "^[a-z-]+$", described: ("String", 3), refusing: None };

/// An SSM with the parameter `/a/bucket`.
fn ssm(given: Ssm) -> (Parameter, Asks) {
    let (cloud, asks) = cloud(move |asked| {
        let operation = asked.what.rsplit('.').next().unwrap_or_default();
        match (operation, given.refusing) {
            ("GetParameter", _) => (
                200,
                json!({"Parameter": {"Name": "/a/bucket", "Type": given.of, "Value": "old", "Version": 3,
                                     "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/a/bucket"}})
                .to_string(),
            ),
            // The first page is empty, as it may be.
            ("DescribeParameters", _) if !asked.body.contains("NextToken") => {
                (200, json!({"Parameters": [], "NextToken": "2"}).to_string())
            }
            ("DescribeParameters", _) => (
                200,
                json!({"Parameters": [{"Name": "/a/bucket", "Type": given.described.0, "Version": given.described.1,
                                       "Description": "where content is", "AllowedPattern": given.pattern,
                                       "Tier": given.tier, "DataType": "text",
                                       "Policies": [{"PolicyText": "{\"Type\":\"Expiration\"}"}]}]})
                .to_string(),
            ),
            ("PutParameter", None) => (200, json!({"Version": 4, "Tier": given.tier}).to_string()),
            ("PutParameter", Some(code)) => {
                (400, json!({"__type": code, "message": "the value new-and-secret was not taken"}).to_string())
            }
            other => panic!("{other:?}"),
        }
    });
    (Parameter::new(&cloud), asks)
}

/// How often the parameter was set.
fn puts(asks: &Asks) -> usize {
    asks.lock().expect("asks").iter().filter(|asked| asked.what.ends_with("PutParameter")).count()
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
    let given = Ssm { of: "StringList", tier: Some("Advanced"), described: ("StringList", 3), ..USUAL };
    let (parameter, asks) = ssm(given);
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
async fn the_tier_is_the_one_that_it_has_whatever_the_account_has_by_default() {
    for (tier, sent) in [(Some("Standard"), "Standard"), (Some("Advanced"), "Advanced"), (None, "Standard")] {
        let (parameter, asks) = ssm(Ssm { tier, ..USUAL });
        set(&parameter).await.2.expect("written");
        let put = asks.lock().expect("asks").last().expect("a call").body.clone();
        assert_eq!(serde_json::from_str::<Value>(&put).expect("JSON")["Tier"], sent, "{tier:?}");
    }
}

/// What is wanted of a parameter, or why not.
async fn wanted(given: Ssm, value: &str) -> Result<State, Fault> {
    let with = SsmParameterWith { name: "/a/bucket".into(), value: value.into() };
    let (claim, evidence, now) = (claim(), Kept::default(), State { value: Sensitive::new("old".into()) });
    ssm(given).0.desired(&at(&with, &claim, &evidence), &now).await
}

#[tokio::test]
async fn a_value_too_large_for_a_standard_parameter_is_refused_in_a_rehearsal_too() {
    let (largest, larger) = ("x".repeat(4096), "x".repeat(4097));
    assert!(wanted(USUAL, &largest).await.is_ok());
    assert!(wanted(Ssm { tier: Some("Advanced"), ..USUAL }, &larger).await.is_ok());
    let fault = wanted(USUAL, &larger).await.expect_err("too large");
    assert_eq!((fault.carried_out, fault.lasting), (CarriedOut::No, Lasting::Permanent));
    let (says, advice) = (fault.message.as_str(), fault.advice.unwrap_or_default());
    assert!(says.contains("4097 bytes") && says.contains("/a/bucket"), "{says}");
    assert!(advice.contains("make an advanced parameter of it first"), "{advice}");
}

#[tokio::test]
async fn what_the_parameters_own_pattern_excludes_is_refused_in_a_rehearsal_too() {
    let fault = wanted(USUAL, "S3cret").await.expect_err("excluded");
    assert_eq!((fault.carried_out, fault.lasting), (CarriedOut::No, Lasting::Permanent));
    assert!(fault.message.contains("/a/bucket: ^[a-z-]+$") && !fault.message.contains("S3cret"), "{fault}");
    assert!(fault.advice.is_some());
    // What SSM may take is left to it: a line break at the end, a pattern that is none here, the items of a list.
    assert!(wanted(USUAL, "bucket\n").await.is_ok());
    assert!(wanted(Ssm { pattern: "(?<!x)y", ..USUAL }, "S3cret").await.is_ok());
    assert!(wanted(Ssm { described: ("StringList", 3), ..USUAL }, "a,b").await.is_ok());
}

#[tokio::test]
async fn what_somebody_else_set_since_it_was_read_is_not_written_over() {
    for version in [2, 4] {
        let (parameter, asks) = ssm(Ssm { described: ("String", version), ..USUAL });
        let fault = set(&parameter).await.2.expect_err("another version");
        assert_eq!((fault.carried_out, fault.lasting), (CarriedOut::No, Lasting::Transient), "{fault}");
        assert!(fault.message.contains("/a/bucket was set by somebody else"), "{fault}");
        assert_eq!(puts(&asks), 0);
    }
}

#[tokio::test]
async fn what_became_a_secret_since_it_was_read_is_refused() {
    let (parameter, asks) = ssm(Ssm { described: ("SecureString", 4), ..USUAL });
    let fault = set(&parameter).await.2.expect_err("a secret");
    assert_eq!((fault.carried_out, fault.lasting), (CarriedOut::No, Lasting::Permanent));
    assert!(fault.advice.is_some_and(|advice| advice.contains("a plan holds no secrets")));
    assert_eq!(puts(&asks), 0);
}

#[tokio::test]
async fn a_misspelt_name_comes_with_its_advice() {
    let (cloud, _) = cloud(|_| (400, json!({"__type": "ParameterNotFound"}).to_string()));
    let (with, claim, evidence) = (with(), claim(), Kept::default());
    let fault = Parameter::new(&cloud).read(&at(&with, &claim, &evidence)).await.expect_err("none");
    assert_eq!((fault.carried_out, fault.lasting), (CarriedOut::No, Lasting::Permanent));
    assert!(fault.advice.is_some_and(|advice| advice.contains("check the parameter's name and the region")));
}

#[tokio::test]
async fn a_secret_is_refused_before_anything_is_set() {
    let (parameter, asks) = ssm(Ssm { of: "SecureString", ..USUAL });
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
        let (_, _, written) = set(&ssm(Ssm { refusing: Some(code), ..USUAL }).0).await;
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
