//! Given an alarm and stored plans, when the alarm is delivered, then the plans that name it run: once.

#![allow(clippy::expect_used, reason = "that is how a test fails")]

#[path = "../../../../crates/aws/tests/support/mod.rs"]
mod support;

use aws_lambda_events::sns::SnsRecord;
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use backout_aws::{Cloud, FailureKind};
use backout_trigger::Trigger;
use serde_json::{Value, json};
use support::{Aws, Wire};

const ALARM: &str = "influxdb-gone";

struct World {
    _aws: Aws,
    cloud: Cloud,
    cloudwatch: aws_sdk_cloudwatch::Client,
    machine: aws_sdk_sfn::Client,
    arn: String,
    trigger: Trigger,
}

/// An alarm in ALARM, a state machine, and these plans.
async fn given(plans: &[(&str, &str)]) -> World {
    let aws = Aws::whole();
    let cloud = aws.cloud(&Wire::sound()).await;
    for (name, text) in plans {
        cloud.plans().put(&name.parse().expect("a name"), text).await.expect("stores");
    }
    let machine = aws_sdk_sfn::Client::new(cloud.reads());
    let created = machine
        .create_state_machine()
        .name("backout")
        .definition(json!({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}).to_string())
        .role_arn("arn:aws:iam::123456789012:role/any")
        .send()
        .await
        .expect("a state machine");
    let world = World {
        cloudwatch: aws_sdk_cloudwatch::Client::new(cloud.reads()),
        arn: created.state_machine_arn.clone(),
        trigger: Trigger::new(&cloud, created.state_machine_arn),
        _aws: aws,
        cloud,
        machine,
    };
    world
        .cloudwatch
        .put_metric_alarm()
        .alarm_name(ALARM)
        .namespace("platform")
        .metric_name("up")
        .statistic(Statistic::Sum)
        .period(60)
        .evaluation_periods(30)
        .threshold(1.0)
        .comparison_operator(ComparisonOperator::LessThanThreshold)
        .send()
        .await
        .expect("an alarm");
    world.set(StateValue::Alarm).await;
    world
}

impl World {
    async fn set(&self, state: StateValue) {
        let request = self.cloudwatch.set_alarm_state().alarm_name(ALARM).state_value(state);
        request.state_reason("no data for 30 minutes").send().await.expect("sets");
    }

    /// The names and inputs of all executions.
    async fn runs(&self) -> Vec<(String, Value)> {
        let listed = self.machine.list_executions().state_machine_arn(&self.arn).send().await.expect("lists");
        let mut runs = Vec::new();
        for execution in listed.executions {
            let arn = execution.execution_arn;
            let described = self.machine.describe_execution().execution_arn(arn).send().await.expect("describes");
            let input = described.input.expect("an input");
            runs.push((execution.name, serde_json::from_str(&input).expect("JSON")));
        }
        runs.sort_by(|a, b| a.0.cmp(&b.0));
        runs
    }
}

fn topic(messages: &[Value]) -> Value {
    let record = |message: &Value| {
        let mut record = SnsRecord::default();
        record.sns.message = message.to_string();
        record
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

fn message(state: &str) -> Value {
    json!({"AlarmName": ALARM, "NewStateValue": state, "OldStateValue": "OK"})
}

#[tokio::test]
async fn an_alarm_starts_a_plan_once_by_whichever_way_and_however_often_it_is_told() {
    let world = given(&[
        ("back", "triggers: [{ alarm: influxdb-gone }]"),
        ("also", "triggers: [{ alarm: 'influxdb-*' }]"),
        ("other", "triggers: [{ alarm: something-else }]"),
        ("broken", "triggers: [{ alarm: "),
    ])
    .await;
    let time = "2026-11-20T10:00:00.123+0000";
    let state = json!({"value": "ALARM", "reason": "no data", "timestamp": time});
    let detail = json!({"alarmName": ALARM, "state": state, "configuration": {}});
    let deliveries = [
        topic(&[message("ALARM")]),
        topic(&[message("ALARM"), message("ALARM")]),
        json!({"source": "aws.cloudwatch", "alarmArn": "arn", "time": time, "alarmData": detail}),
        json!({"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "detail": detail}),
    ];
    for delivery in deliveries {
        assert_eq!(world.trigger.handle(delivery).await, Ok(()));
    }
    let runs = world.runs().await;
    let names: Vec<&str> = runs.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        matches!(names.as_slice(), [also, back] if also.starts_with("alarm-also-") && back.starts_with("alarm-back-")),
        "{names:?}"
    );
    let input = &runs[1].1;
    assert_eq!(input["plan"], "back");
    assert_eq!(input["requested_by"], "alarm:influxdb-gone");
    assert_eq!(input["reason"], "alarm influxdb-gone: no data for 30 minutes");
}

#[tokio::test]
async fn an_alarm_that_is_over_starts_nothing() {
    let world = given(&[("back", "triggers: [{ alarm: influxdb-gone }]")]).await;
    assert_eq!(world.trigger.handle(topic(&[message("OK")])).await, Ok(()), "told to be over");
    world.set(StateValue::Ok).await;
    assert_eq!(world.trigger.handle(topic(&[message("ALARM")])).await, Ok(()), "over since it was told");
    assert_eq!(world.runs().await, []);
}

#[tokio::test]
async fn a_description_from_before_the_alarm_does_not_end_it() {
    let world = given(&[("back", "triggers: [{ alarm: influxdb-gone }]")]).await;
    world.set(StateValue::Ok).await;
    let told = |in_seconds: i64| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(in_seconds);
        let mut message = message("ALARM");
        message["StateChangeTime"] = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string().into();
        topic(&[message])
    };
    let failure = world.trigger.handle(told(5)).await.expect_err("delivered again");
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert!(failure.message.contains("influxdb-gone") && failure.message.contains("looked at again"), "{failure}");
    assert_eq!(world.runs().await, []);
    assert_eq!(world.trigger.handle(told(-5)).await, Ok(()), "over since it was told");
    // The alarm of before is not started under a name that it has had already, and so passed over.
    world.set(StateValue::Alarm).await;
    assert!(world.trigger.handle(told(5)).await.is_err());
    assert_eq!(world.runs().await, []);
    assert_eq!(world.trigger.handle(told(0)).await, Ok(()));
    assert_eq!(world.runs().await.len(), 1);
}

#[tokio::test]
async fn what_fails_does_not_take_the_rest_with_it() {
    let world = given(&[("back", "triggers: [{ alarm: influxdb-gone }]")]).await;
    let not_text = aws_sdk_s3::primitives::ByteStream::from_static(&[0xff, 0xfe]);
    let put = world.cloud.s3().put_object().bucket("stores").key("plans/blob.yaml").body(not_text);
    put.send().await.expect("stores");
    let unknown = json!({"AlarmName": "no-such-alarm", "NewStateValue": "ALARM"});
    let event = topic(&[json!({"hello": "world"}), unknown, message("ALARM")]);
    let failure = world.trigger.handle(event).await.expect_err("a part has failed");
    assert_eq!(failure.kind, FailureKind::WrongPayload);
    for said in ["`hello`", "no-such-alarm", "plans/blob.yaml"] {
        assert!(failure.message.contains(said), "{failure}");
    }
    assert_eq!(world.runs().await.len(), 1);
}
