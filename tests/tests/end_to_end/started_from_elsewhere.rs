//! The same plan, started by the alarm and from the console.

use backout_tests::{LocalCloud, PLAN};
use serde_json::json;

#[test]
fn an_alarm_starts_one_run_however_often_it_goes_off() {
    let cloud = LocalCloud::with_example();
    cloud.push_quick_plan();
    let url = cloud.output("ons-data-platform", "url");
    let alarms = aws_sdk_cloudwatch::Client::new(cloud.config());
    let set = |state: &str| {
        let request = alarms.set_alarm_state().alarm_name("ons-influxdb-unavailable").state_reason("tried by a test");
        cloud.wait(request.state_value(state.into()).send()).expect("an alarm");
    };

    // When the alarm goes off, and its delivery is repeated
    set("ALARM");
    let machine = cloud.output("backout", "StateMachineArn");
    let sfn = aws_sdk_sfn::Client::new(cloud.config());
    let executions = || {
        let listed = cloud.wait(sfn.list_executions().state_machine_arn(&machine).send()).expect("executions");
        listed.executions().iter().map(|execution| execution.name().to_owned()).collect::<Vec<_>>()
    };
    let run = cloud.until("an execution", || executions().into_iter().next());
    let delivered = cloud.messages().into_iter().find(|message| message.message.contains("ons-influxdb-unavailable"));
    let sns_event = json!({"Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:a:b",
        "Sns": {
            "Type": "Notification", "MessageId": "again", "TopicArn": "arn:aws:sns:us-east-1:123456789012:a",
            "Subject": "ALARM", "Message": delivered.expect("a delivery").message, "Timestamp": "2026-11-20T10:00:00.000Z",
            "SignatureVersion": "1", "Signature": "x", "SigningCertUrl": "x", "UnsubscribeUrl": "x",
            "MessageAttributes": {},
        },
    }]});
    let lambda = aws_sdk_lambda::Client::new(cloud.config());
    let trigger = cloud.output("backout", "TriggerFunctionArn");
    let again = cloud.wait(
        lambda.invoke().function_name(trigger).payload(serde_json::to_vec(&sns_event).expect("JSON").into()).send(),
    );
    assert_eq!(again.expect("an answer").function_error(), None);

    // Then there is one run, and it brings the platform back
    let (status, error, cause) = cloud.ended(&run);
    assert_eq!(status, "SUCCEEDED", "{error:?} {cause:?}");
    assert_eq!(executions(), std::slice::from_ref(&run));
    let report = cloud.report(&run);
    assert_eq!(report["outcome"], "completed", "{report:#}");
    assert_eq!(report["requested_by"], "alarm:ons-influxdb-unavailable");
    assert_eq!(cloud.get(&format!("{url}/health")).0, 200);
}

#[test]
fn the_console_starts_it_with_the_smallest_input_and_a_second_start_is_refused() {
    let cloud = LocalCloud::with_example();
    let sfn = aws_sdk_sfn::Client::new(cloud.config());
    let machine = cloud.output("backout", "StateMachineArn");
    let begin = |name: &str, input: serde_json::Value| {
        let request = sfn.start_execution().state_machine_arn(&machine).name(name).input(input.to_string());
        cloud.wait(request.send()).expect("an execution");
    };
    cloud.push_quick_plan();
    begin("from-the-console", json!({"plan": PLAN}));
    // Once a step was handed out, the run holds its system.
    cloud.until("a step of the run", || {
        cloud.history("from-the-console").iter().any(|event| event.0 == "MapIterationStarted").then_some(())
    });

    // A second start on the same system is refused and names the run that holds it
    begin("too-late", json!({"plan": PLAN}));
    let (status, error, cause) = cloud.ended("too-late");
    assert_eq!((status.as_str(), error.as_deref()), ("FAILED", Some("Backout.Refused")));
    assert!(cause.as_deref().is_some_and(|cause| cause.contains("from-the-console")), "{cause:?}");
    let second = cloud.backout(&["start", PLAN, "--yes", "--wait", "--output", "json", "--run-id", "too-late-too"]);
    assert_eq!(second.code, 1, "{second:?}");
    assert_eq!(second.json()["error"]["code"], "system-locked", "it is said before anything is started: {second:?}");
    assert!(second.stdout.contains("from-the-console"), "{second:?}");

    // And the first goes on undisturbed
    let (status, error, cause) = cloud.ended("from-the-console");
    assert_eq!(status, "SUCCEEDED", "{error:?} {cause:?}");

    // And now the system is free
    let free = cloud.backout(&["start", PLAN, "--yes", "--wait", "--output", "json", "--only", "Validate"]);
    assert_eq!(free.json()["outcome"], "completed", "{free:?}");
}

#[test]
fn a_run_whose_execution_was_stopped_does_not_stand_in_the_way_of_the_next() {
    let cloud = LocalCloud::with_example();
    let sfn = aws_sdk_sfn::Client::new(cloud.config());
    let machine = cloud.output("backout", "StateMachineArn");
    cloud.push_quick_plan();

    // Given a run that is stopped from outside while a rung is held
    let input = json!({"plan": PLAN, "inputs": {"hold": "10m"}}).to_string();
    let request = sfn.start_execution().state_machine_arn(&machine).name("stopped").input(input);
    cloud.wait(request.send()).expect("an execution");
    cloud.until("the hold", || {
        cloud.history("stopped").iter().any(|event| event.1.as_deref() == Some("Pause")).then_some(())
    });
    cloud.wait(sfn.stop_execution().execution_arn(cloud.execution_arn("stopped")).send()).expect("stopped");
    cloud.until("the end", || (cloud.execution("stopped").0 == "ABORTED").then_some(()));

    // When the plan is started again
    let next = cloud.backout(&["start", PLAN, "--only", "Restore traffic", "--yes", "--wait", "--output", "json"]);

    // Then it has the system, and its ramp ends where traffic was before either of them
    assert_eq!(next.json()["outcome"], "completed", "{next:?}");
    assert_eq!(cloud.throttle(), (1000.0, 2000));
    // And the stopped run is closed, and says so
    let report = cloud.report("stopped");
    assert_eq!(report["outcome"], "aborted", "{report:#}");
    let open = ["planned", "issued", "started"];
    for stage in report["stages"].as_array().into_iter().flatten() {
        for step in stage["steps"].as_array().into_iter().flatten() {
            assert!(!open.contains(&step["status"].as_str().unwrap_or_default()), "{step}");
        }
    }
}
