//! A rehearsal goes through the real machine, shows what each step would do, and changes nothing.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use backout_tests::{FAST, LocalCloud, PLAN};
use serde_json::Value;

fn rehearse(cloud: &LocalCloud, run: &str) -> backout_tests::Finished {
    let arguments: Vec<&str> =
        ["rehearse", PLAN, "--run-id", run, "--output", "json"].into_iter().chain(FAST).collect();
    cloud.backout(&arguments)
}

fn steps(report: &Value) -> Vec<&Value> {
    let stages = report["stages"].as_array().expect("stages").iter();
    stages.flat_map(|stage| stage["steps"].as_array().expect("steps")).collect()
}

#[test]
fn a_rehearsal_shows_the_difference_of_each_step_without_one_mutating_call_and_a_sealed_start_does_just_that() {
    // Given the platform
    let cloud = LocalCloud::with_example();
    let before = cloud.snapshot();
    let looked_at = cloud.calls().len();

    // When the plan is rehearsed, while another run could hold the system
    let finished = rehearse(&cloud, "rehearsal");

    // Then it says so, and nothing was changed, not even the lock was taken
    assert_eq!(finished.code, 0, "{finished:?}");
    let differences = LocalCloud::differences(&before, &cloud.snapshot());
    assert!(differences.is_empty(), "{differences:#?}");
    for call in cloud.calls().into_iter().skip(looked_at) {
        let by_an_action = call.is_by_an_action();
        // What the log cannot name is a page of the platform's or of the data plane; the snapshot says what it has done.
        let (service, Some(operation)) = (call.service.unwrap_or_default(), call.operation) else { continue };
        // Its own journal apart; and to probe a function is to ask it, which its check says of itself.
        if !by_an_action || service == "dynamodb" || (service == "lambda" && operation == "Invoke") {
            continue;
        }
        let reads = ["Get", "List", "Describe", "Head", "Filter", "Query", "Start"];
        assert!(reads.iter().any(|read| operation.starts_with(read)), "{service}:{operation}");
        assert_ne!(operation, "StartDeployment");
    }
    assert_eq!(cloud.holder("ons-data-platform"), None);

    // And each change shows what it would do, an earlier step on the same resource counted as done
    let report = cloud.report("rehearsal");
    assert_eq!(report["outcome"], "rehearsed", "{report:#}");
    let of = |id: &str| {
        let all = steps(&report);
        all.into_iter().find(|step| step["id"] == id).cloned().unwrap_or_else(|| panic!("{id}: {report:#}"))
    };
    assert_eq!(of("throttle-down")["changes"].to_string().matches("1000").count(), 1);
    let second = of("traffic-2")["changes"].to_string();
    assert!(second.contains("10") && second.contains("50"), "{second}");
    for step in steps(&report) {
        assert!(
            ["rehearsed", "in_place", "passed", "failed", "inconclusive"]
                .contains(&step["status"].as_str().expect("text")),
            "{step}"
        );
    }

    // When the plan is started sealed, it does what was rehearsed
    let arguments: Vec<&str> = ["start", PLAN, "--run-id", "sealed", "--sealed", "rehearsal", "--wait", "--yes"]
        .into_iter()
        .chain(["--output", "json"])
        .chain(FAST)
        .collect();
    let sealed = cloud.backout(&arguments);
    assert_eq!(sealed.json()["outcome"], "completed", "{sealed:?}");
}

#[test]
fn a_sealed_start_refuses_when_the_world_differs_and_says_where() {
    let cloud = LocalCloud::with_example();
    assert_eq!(rehearse(&cloud, "rehearsal").code, 0);

    // Given a throttle that somebody has set since
    let api = cloud.output("ons-data-platform", "rest_api_id");
    let client = aws_sdk_apigateway::Client::new(cloud.config());
    let set = aws_sdk_apigateway::types::PatchOperation::builder()
        .op(aws_sdk_apigateway::types::Op::Replace)
        .path("/*/*/throttling/rateLimit")
        .value("700")
        .build();
    cloud.wait(client.update_stage().rest_api_id(api).stage_name("prod").patch_operations(set).send()).expect("set");
    let before = cloud.snapshot();

    // When the plan is started sealed
    let arguments: Vec<&str> = ["start", PLAN, "--run-id", "sealed", "--sealed", "rehearsal", "--wait", "--yes"]
        .into_iter()
        .chain(["--output", "json"])
        .chain(FAST)
        .collect();
    let sealed = cloud.backout(&arguments);

    // Then it changes nothing and says where the world differs
    assert_eq!((sealed.code, &sealed.json()["outcome"]), (1, &Value::from("not_ready")), "{sealed:?}");
    assert!(sealed.json()["stopped_by"].to_string().contains("differs-from-rehearsal"), "{sealed:?}");
    let report = cloud.report("sealed");
    let differs = steps(&report).into_iter().find(|step| step["status"] == "failed").expect("one differs").clone();
    assert!(differs["changes"].to_string().contains("700"), "{differs}");
    let differences = LocalCloud::differences(&before, &cloud.snapshot());
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn a_missing_artifact_is_found_by_a_rehearsal() {
    let cloud = LocalCloud::with_example();
    let key = "rollback-versions/rag_query_processor-v4.zip";
    let s3 =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(cloud.config()).force_path_style(true).build());
    cloud.wait(s3.delete_object().bucket("ons-lambda-deployments").key(key).send()).expect("deleted");
    let finished = rehearse(&cloud, "rehearsal");
    assert_eq!(finished.code, 1, "{finished:?}");
    let report = cloud.report("rehearsal");
    assert_eq!(report["outcome"], "not_ready", "{report:#}");
    let missing = steps(&report).into_iter().find(|step| step["id"] == "code-rag_query_processor").expect("it").clone();
    assert_eq!(missing["status"], "failed");
    assert!(missing["says"].to_string().contains(key), "{missing}");
    assert!(cloud.messages().iter().all(|message| !message.message.contains("rehearsal")), "nobody is woken up");
}
