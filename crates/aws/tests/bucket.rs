//! Plans, evidence and reports against a real bucket.

#![allow(clippy::expect_used, reason = "that is how a test fails")]

mod support;

use backout_engine::{
    evidence::{ContentHash, Evidence},
    ids::{PlanName, RunId},
};
use serde_json::json;
use support::{Aws, Wire};

#[tokio::test]
async fn a_pinned_plan_stays_as_it_was_when_the_plan_is_replaced() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let plans = aws.cloud(&wire).await.plans();
    let name: PlanName = "back".parse().expect("a name");

    assert_eq!(plans.get(&name).await, Ok(None));
    let first = plans.put(&name, "name: back\n").await.expect("stores");
    assert_eq!(plans.get(&name).await, Ok(Some(first.clone())));
    let second = plans.put(&name, "name: back # ação\n").await.expect("stores");
    assert_ne!((&first.version, &first.sha256), (&second.version, &second.sha256));
    assert_eq!(plans.get(&name).await, Ok(Some(second)));
    assert_eq!(plans.get_version(&name, &first.version).await, Ok(Some(first)));

    plans.put(&"another".parse().expect("a name"), "name: another\n").await.expect("stores");
    let names: Vec<String> = plans.names().await.expect("lists").iter().map(ToString::to_string).collect();
    assert_eq!(names, ["another", "back"]);
    assert!(plans.list().await.expect("lists")[0].stored_at.is_some());
}

#[tokio::test]
async fn an_object_that_is_no_text_is_told_apart_from_a_store_that_does_not_answer() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let cloud = aws.cloud(&wire).await;
    let blob = aws_sdk_s3::primitives::ByteStream::from_static(&[b'n', 0xff]);
    let bucket = &cloud.names().bucket;
    cloud.s3().put_object().bucket(bucket).key("plans/blob.yaml").body(blob).send().await.expect("stores");
    let fault = cloud.plans().get(&"blob".parse().expect("a name")).await.expect_err("no plan");
    assert_eq!((fault.code.as_str(), fault.is_transient()), (backout_aws::NOT_TEXT, false));
    assert!(fault.message.contains("/plans/blob.yaml is not a plan: it is not UTF-8 text"), "{fault}");
}

#[tokio::test]
async fn kept_bytes_are_found_under_their_hash() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let cloud = aws.cloud(&wire).await;
    let evidence = cloud.evidence();
    let bytes = vec![0, 159, 146, 150];
    let hash = ContentHash::of(&bytes);

    assert_eq!(evidence.has(&hash).await, Ok(false));
    assert_eq!(evidence.get(&hash).await, Ok(None));
    assert_eq!(evidence.keep(bytes.clone()).await, Ok(hash.clone()));
    assert_eq!(evidence.keep(bytes.clone()).await, Ok(hash.clone()), "twice is once");
    assert_eq!(evidence.has(&hash).await, Ok(true));
    assert_eq!(evidence.get(&hash).await, Ok(Some(bytes)));

    let place = evidence.location(&hash);
    let forged = aws_sdk_s3::primitives::ByteStream::from_static(b"forged");
    cloud.s3().put_object().bucket(&place.bucket).key(&place.key).body(forged).send().await.expect("forges");
    let fault = evidence.get(&hash).await.expect_err("are not those bytes");
    assert!(fault.message.contains(&hash.0), "{fault}");
}

#[tokio::test]
async fn a_report_is_there_for_people_and_for_programs() {
    let (aws, wire) = (Aws::stores(), Wire::sound());
    let reports = aws.cloud(&wire).await.reports();
    let run: RunId = "r-1".parse().expect("a name");

    assert_eq!(reports.json(&run).await, Ok(None));
    assert_eq!(reports.markdown(&run).await, Ok(None));
    let place = reports.put(&run, &json!({"outcome": "halted"}), "# Halted ação\n").await.expect("writes");
    assert_eq!(place, "s3://stores/reports/r-1/report.md");
    assert_eq!(reports.json(&run).await, Ok(Some(json!({"outcome": "halted"}))));
    assert_eq!(reports.markdown(&run).await, Ok(Some("# Halted ação\n".into())));
}
