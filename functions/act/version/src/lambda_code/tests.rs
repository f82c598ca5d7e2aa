use backout_engine::evidence::{ContentHash, Evidence as _};
use serde_json::{Value, json};

use super::*;
use crate::testing::{at, claim, too_late};
use backout_aws::testing::{Asks, Kept, cloud};

const PACKAGE: &str = "PK the new package";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/code";

fn with(more: &[(&str, Value)]) -> LambdaCodeWith {
    let mut with = json!({"function": "loader", "s3": "s3://deployments/rollback/loader-v5.zip"});
    for (key, value) in more {
        with[*key] = value.clone();
    }
    serde_json::from_value(with).expect("reads")
}

fn configuration(
    update: LastUpdateStatus,
) -> aws_sdk_lambda::operation::get_function_configuration::builders::GetFunctionConfigurationOutputBuilder {
    GetFunctionConfigurationOutput::builder()
        .package_type(PackageType::Zip)
        .state(FunctionState::Active)
        .last_update_status(update)
        .last_modified("2026-11-20T10:00:00.000+0000")
        .code_sha256("sha")
        .revision_id("revision")
        .architectures(Architecture::Arm64)
}

fn ten_oclock() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().expect("a time")
}

/// A Lambda and an S3 with the given aliases, signing configuration and object.
fn lambda(aliases: Value, signing: &'static str, object: Option<&'static str>) -> (Code, Asks) {
    let (cloud, asks) = cloud(move |asked| {
        if asked.what.contains("/aliases") {
            (200, json!({"Aliases": aliases}).to_string())
        } else if asked.what.contains("/code-signing-config") {
            (200, json!({"CodeSigningConfigArn": signing, "FunctionName": "loader"}).to_string())
        } else if asked.what.starts_with("PUT ") {
            (200, "{}".into())
        } else if asked.what.starts_with("GET /2015-03-31/functions/loader ") {
            (200, json!({"Configuration": {}, "Code": {"SourceKMSKeyArn": KEY}}).to_string())
        } else if let Some(object) = object {
            (200, object.into())
        } else {
            (404, "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>".into())
        }
    });
    (Code::new(&cloud), asks)
}

async fn desired(code: &Code, with: &LambdaCodeWith) -> Result<State, Fault> {
    let now = State { code_sha256: Sha256Base64::told("old") };
    code.desired(&at(with, &claim(), &Kept::default()), &now).await
}

#[test]
fn the_state_is_the_hash_and_the_facts_are_what_an_update_needs() {
    let Ok(Reading::Settled { state, facts }) =
        reading("loader", &configuration(LastUpdateStatus::Successful).build(), None)
    else {
        panic!("not settled")
    };
    assert_eq!(serde_json::to_value(state).expect("writes"), json!({"code_sha256": "sha"}));
    assert_eq!((facts.revision_id.as_deref(), facts.architectures), (Some("revision"), vec!["arm64".to_owned()]));
}

#[test]
fn an_update_under_way_settles() {
    let found = configuration(LastUpdateStatus::InProgress).build();
    assert!(matches!(reading("loader", &found, None), Ok(Reading::Settling { .. })));
    let found = configuration(LastUpdateStatus::Successful).state(FunctionState::Pending).build();
    assert!(matches!(reading("loader", &found, None), Ok(Reading::Settling { .. })));
}

#[test]
fn only_the_failure_of_our_own_update_is_an_obstacle() {
    let found = configuration(LastUpdateStatus::Failed).build();
    let later: Timestamp = "2026-11-20T10:00:01Z".parse().expect("a time");
    assert!(matches!(reading("loader", &found, None), Ok(Reading::Settled { .. })));
    assert!(matches!(reading("loader", &found, Some(later)), Ok(Reading::Settled { .. })));
    assert!(matches!(reading("loader", &found, Some(ten_oclock())), Ok(Reading::Broken { .. })));
}

#[test]
fn an_image_is_refused_with_advice() {
    let found = configuration(LastUpdateStatus::Successful).package_type(PackageType::Image).build();
    let fault = reading("loader", &found, None).expect_err("an image");
    assert!(fault.message.contains("container image") && fault.advice.is_some());
}

#[tokio::test]
async fn wants_the_hash_of_the_object() {
    let (code, _) = lambda(json!([]), "", Some(PACKAGE));
    let state = desired(&code, &with(&[])).await.expect("a state");
    assert_eq!(state.code_sha256, Sha256Base64::of(PACKAGE.as_bytes()));
}

#[tokio::test]
async fn a_missing_artifact_is_refused_with_its_name() {
    let (code, _) = lambda(json!([]), "", None);
    let fault = desired(&code, &with(&[])).await.expect_err("no artifact");
    assert!(!fault.is_transient());
    assert!(
        fault.advice.is_some_and(|advice| advice.contains("s3://deployments/rollback/loader-v5.zip does not exist"))
    );
}

#[tokio::test]
async fn what_is_no_zip_is_refused() {
    let (code, _) = lambda(json!([]), "", Some("<html>"));
    assert!(desired(&code, &with(&[])).await.expect_err("no zip").message.contains("not a zip file"));
}

#[tokio::test]
async fn aliases_that_would_not_be_reached_are_named() {
    let aliases = json!([
        {"Name": "live", "FunctionVersion": "7"},
        {"Name": "dev", "FunctionVersion": "$LATEST"},
    ]);
    let (code, _) = lambda(aliases.clone(), "", Some(PACKAGE));
    let fault = desired(&code, &with(&[])).await.expect_err("aliased");
    assert!(fault.message.contains("live (version 7)") && !fault.message.contains("dev"), "{fault}");

    let (code, _) = lambda(aliases, "", Some(PACKAGE));
    assert!(desired(&code, &with(&[("aliases", json!("leave"))])).await.is_ok());
}

#[tokio::test]
async fn signed_code_is_refused() {
    let (code, _) = lambda(json!([]), "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-1", Some(PACKAGE));
    assert!(desired(&code, &with(&[])).await.expect_err("signed").message.contains("csc-1"));
}

#[tokio::test]
async fn an_update_takes_the_kept_package_and_names_revision_and_key() {
    let (code, asks) = lambda(json!([]), "", None);
    let to = State { code_sha256: Sha256Base64::of(PACKAGE.as_bytes()) };
    let facts = Facts {
        revision_id: Some("revision".into()),
        architectures: vec!["arm64".into()],
        runtime: None,
        last_modified: None,
    };
    let now = State { code_sha256: Sha256Base64::told("old") };
    code.write(&at(&with(&[]), &claim(), &Kept::default()), (&now, &facts), &to).await.expect("written");

    let asks = asks.lock().expect("asks");
    let [_, asked] = asks.as_slice() else { panic!("a look and one update, not {asks:?}") };
    assert!(asked.what.starts_with("PUT /2015-03-31/functions/loader/code"), "{}", asked.what);
    let body: Value = serde_json::from_str(&asked.body).expect("JSON");
    let key = format!("evidence/{}", ContentHash::of(PACKAGE.as_bytes()).0);
    assert_eq!(
        body,
        json!({"S3Bucket": "backout", "S3Key": key, "RevisionId": "revision", "Architectures": ["arm64"],
               "SourceKMSKeyArn": KEY})
    );
}

#[tokio::test]
async fn nothing_is_sent_that_could_outlive_the_invocation() {
    let (code, asks) = lambda(json!([]), "", Some(PACKAGE));
    let (with, claim, kept) = (with(&[]), claim(), Kept::default());
    let to = State { code_sha256: Sha256Base64::of(PACKAGE.as_bytes()) };
    let facts = Facts { revision_id: None, architectures: Vec::new(), runtime: None, last_modified: None };
    let now = State { code_sha256: Sha256Base64::told("old") };
    assert!(code.write(&too_late(&with, &claim, &kept), (&now, &facts), &to).await.expect_err("late").is_transient());
    assert!(asks.lock().expect("asks").iter().all(|asked| asked.what.starts_with("GET ")));

    let (cloud, _) = cloud(|asked| {
        let function = json!({"Configuration": {"CodeSha256": "another"}, "Code": {}}).to_string();
        (200, if asked.what.starts_with("GET /2015-03-31/functions") { function } else { PACKAGE.into() })
    });
    let late = Code::new(&cloud).preserve(&too_late(&with, &claim, &kept), &to).await.expect_err("late");
    assert!(late.is_transient() && kept.0.borrow().is_empty(), "{late}");
}

#[tokio::test]
async fn a_copy_that_an_earlier_run_kept_is_kept_again() {
    let old = Sha256Base64::of(b"PK an older package");
    let (cloud, _) = cloud(move |asked| {
        if asked.what.starts_with("GET /2015-03-31/functions") {
            (
                200,
                json!({"Configuration": {"CodeSha256": "another"}, "Code": {"Location": "http://127.0.0.1:1/"}})
                    .to_string(),
            )
        } else if asked.what.contains("evidence/") {
            (200, "PK an older package".into())
        } else {
            (200, PACKAGE.into())
        }
    });
    let kept = Kept::default();
    let (code, with, claim) = (Code::new(&cloud), with(&[]), claim());
    code.preserve(&at(&with, &claim, &kept), &State { code_sha256: old.clone() }).await.expect("kept");
    assert!(kept.has(&old.content_hash().expect("a hash")).await.expect("has"));
}

#[tokio::test]
async fn a_package_that_nobody_has_is_refused() {
    let (cloud, _) = cloud(|asked| {
        if asked.what.starts_with("GET /2015-03-31/functions") {
            (200, json!({"Configuration": {"CodeSha256": "another"}, "Code": {}}).to_string())
        } else if asked.what.contains("evidence/") {
            (404, "<Error><Code>NoSuchKey</Code></Error>".into())
        } else {
            (200, PACKAGE.into())
        }
    });
    let (code, with, claim, kept) = (Code::new(&cloud), with(&[]), claim(), Kept::default());
    let lost = State { code_sha256: Sha256Base64::of(b"PK lost") };
    let fault = code.preserve(&at(&with, &claim, &kept), &lost).await.expect_err("lost");
    assert!(fault.message.contains("is not kept"), "{fault}");
}
