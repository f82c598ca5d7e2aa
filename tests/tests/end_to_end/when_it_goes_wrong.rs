//! What stops a run, what does not, and what people are told.

use std::thread::{scope, sleep};
use std::time::Duration;

use backout_tests::{FAST, LocalCloud, PLAN};
use serde_json::{Value, json};

fn start<'a>(run: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["start", PLAN, "--run-id", run, "--wait", "--yes", "--output", "json"]
        .into_iter()
        .chain(FAST)
        .chain(more.iter().copied())
        .collect()
}

#[test]
fn a_missing_artifact_halts_the_run_there_and_people_are_told_what_to_do() {
    // Given a rollback package that is not there
    let cloud = LocalCloud::with_example();
    let key = "rollback-versions/rag_query_processor-v4.zip";
    let s3 =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(cloud.config()).force_path_style(true).build());
    let deleted = cloud.wait(s3.delete_object().bucket("ons-lambda-deployments").key(key).send()).expect("deleted");
    let throttle_before = cloud.throttle();
    let environment_before = cloud.function("rag_query_processor").1;

    // When the plan runs
    let finished = cloud.backout(&start("halts", &[]));

    // Then it halts with the name that a pipeline can branch on
    assert_eq!(finished.code, 1, "{finished:?}");
    assert_eq!(finished.json()["outcome"], "halted");
    let (status, error, cause) = cloud.execution("halts");
    assert_eq!((status.as_str(), error.as_deref()), ("FAILED", Some("Backout.Halted")));

    // And later stages are untouched, maintenance mode is still on, the function is as it was
    let report = cloud.report("halts");
    assert_eq!(cloud.flags()["enable_maintenance_mode"]["enabled"], true);
    assert_eq!(cloud.flags()["use_influxdb"]["enabled"], true);
    assert_eq!(cloud.throttle(), (1.0, 1));
    assert_eq!(cloud.function("rag_query_processor").1, environment_before);
    let later = report["stages"].as_array().expect("stages").iter().skip(3);
    for step in later.flat_map(|stage| stage["steps"].as_array().expect("steps")) {
        assert_eq!(step["status"], "closed", "{step}");
    }

    // And report, cause and message name the step, the cause, what users see and what to do
    let message = cloud.messages().into_iter().find(|message| message.message.contains("halts")).expect("a message");
    assert_eq!(message.subject.as_deref(), Some("backout HALTED: influxdb-to-timestream"));
    let markdown = cloud.backout(&["report", "halts"]).stdout;
    for text in [&message.message, &markdown, &cause.expect("a cause")] {
        for part in ["code-rag_query_processor", key, "maintenance", "backout resume halts"] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
    }

    // And the system is free: with the package back, a new start goes on and completes, what was done found in place
    let marker = deleted.version_id.expect("a versioned bucket");
    cloud
        .wait(s3.delete_object().bucket("ons-lambda-deployments").key(key).version_id(marker).send())
        .expect("the package is back");
    let second = cloud.backout(&start("once-more", &[]));
    assert_eq!(second.json()["outcome"], "completed", "{second:?}");
    let report = cloud.report("once-more");
    let first_change = &report["stages"][1]["steps"][0];
    assert_eq!(first_change["status"], "in_place", "{first_change}");
    // And traffic has the limit from before the halted run, not the one that run left
    assert_eq!(cloud.throttle(), throttle_before);
}

#[test]
fn errors_during_the_ramp_hold_it_where_it_is() {
    let cloud = LocalCloud::with_example();
    let logs = aws_sdk_cloudwatchlogs::Client::new(cloud.config());
    let group = format!("API-Gateway-Execution-Logs_{}/prod", cloud.output("ons-data-platform", "rest_api_id"));
    let error = |count: usize| {
        let _ = cloud.wait(logs.create_log_stream().log_group_name(&group).log_stream_name("errors").send());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_millis();
        let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder()
            .timestamp(i64::try_from(now).expect("a time"))
            .message("(x) Method completed with status: 502")
            .build()
            .expect("an event");
        let request = logs.put_log_events().log_group_name(&group).log_stream_name("errors");
        cloud.wait(request.set_log_events(Some(vec![event; count])).send()).expect("written");
    };

    // When errors appear at one hundred requests a second
    let finished = scope(|threads| {
        let run = threads.spawn(|| {
            // A cloud's handle stays with its thread; the command line needs only the environment.
            std::process::Command::new(backout_tests::binary("backout"))
                .args(start("held", &[]).into_iter().map(|argument| argument.replace("hold=3s", "hold=6s")))
                .envs(cloud.environment())
                .output()
                .expect("runs")
        });
        let begun = std::time::Instant::now();
        while cloud.throttle() != (100.0, 100) {
            assert!(!run.is_finished() && begun.elapsed() < Duration::from_secs(300), "the rung was never reached");
            sleep(Duration::from_millis(200));
        }
        // The window begins when the rung has been read back.
        sleep(Duration::from_secs(2));
        error(8);
        run.join().expect("ends")
    });

    // Then the ramp stays there and the run ends with a warning
    let said: Value =
        serde_json::from_slice(finished.stdout.trim_ascii().rsplit(|byte| *byte == b'\n').next().expect("a line"))
            .expect("JSON");
    assert_eq!(said["outcome"], "completed_with_warnings", "{}", String::from_utf8_lossy(&finished.stderr));
    assert_eq!(finished.status.code(), Some(0));
    assert_eq!(cloud.throttle(), (100.0, 100));
    let report = cloud.report("held");
    assert!(report["warnings"].to_string().contains("traffic-3-guard-1"), "{report:#}");
    assert_eq!(cloud.execution("held").0, "SUCCEEDED");
}

#[test]
fn what_cannot_be_right_is_refused_before_anything_is_changed() {
    let cloud = LocalCloud::with_example();
    let sfn = aws_sdk_sfn::Client::new(cloud.config());
    let machine = cloud.output("backout", "StateMachineArn");
    let requests = [
        ("no-plan", json!({"plan": "influxdb-to-timestram"}), "did you mean `influxdb-to-timestream`"),
        ("no-stage", json!({"plan": PLAN, "only": ["Validat"]}), "did you mean `Validate`"),
        ("no-input", json!({"plan": PLAN, "inputs": {"setle": "1s"}}), "did you mean `settle`"),
        ("bad-input", json!({"plan": PLAN, "inputs": {"hold": "soon"}}), "is not a duration"),
        ("no-request", json!({"plan": PLAN, "onyl": []}), "onyl"),
        ("empty", json!({}), "plan"),
    ];
    for (run, input, said) in requests {
        let request = sfn.start_execution().state_machine_arn(&machine).name(run).input(input.to_string());
        cloud.wait(request.send()).expect("an execution");
        let (status, error, cause) = cloud.ended(run);
        assert_eq!((status.as_str(), error.as_deref()), ("FAILED", Some("Backout.Refused")), "{run}: {cause:?}");
        assert!(
            cause.as_deref().is_some_and(|cause| cause.to_lowercase().contains(&said.to_lowercase())),
            "{run}: {cause:?}"
        );
        assert_eq!(cloud.report(run)["outcome"], "refused");
    }
    assert_eq!(cloud.calls_of_actions(), 0);
    assert_eq!(cloud.throttle().0, 1000.0);
}

#[test]
fn a_preflight_that_does_not_pass_changes_nothing() {
    let cloud = LocalCloud::with_example();

    // When the plan runs with a window that no backup can meet
    let finished = cloud.backout(&start("not-ready", &["--input", "backup_window=1s"]));

    // Then it says so, and nothing was changed
    assert_eq!(finished.code, 1, "{finished:?}");
    assert_eq!(finished.json()["outcome"], "not_ready", "{finished:?}");
    let (status, error, cause) = cloud.execution("not-ready");
    assert_eq!((status.as_str(), error.as_deref()), ("FAILED", Some("Backout.NotReady")), "{cause:?}");
    let report = cloud.report("not-ready");
    assert_eq!(report["stopped_by"][0]["step"], "backup-fresh", "{report:#}");
    assert_eq!(cloud.throttle(), (1000.0, 2000));
    assert_eq!(cloud.flags()["enable_maintenance_mode"]["enabled"], false);
}
