use serde_json::json;

use super::*;

#[path = "fuzz.rs"]
mod fuzz;

/// An alarm that was told to have changed at `2026-11-20T10:00:00.123Z`.
fn told(alarm: &str, state: CloudWatchAlarmStateValue) -> Result<Notice, NoNotice> {
    Ok(Notice { alarm: alarm.into(), state, since: Some("2026-11-20T10:00:00.123Z".parse().expect("a time")) })
}

fn ringing(alarm: &str) -> Result<Notice, NoNotice> {
    told(alarm, CloudWatchAlarmStateValue::Alarm)
}

/// A record of SNS.
fn topic(message: &str) -> Value {
    json!({
        "EventSource": "aws:sns", "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:alarms:6d1f",
        "Sns": {
            "Type": "Notification", "MessageId": "95df01b4", "Subject": null, "Message": message,
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:alarms", "Timestamp": "2026-11-20T10:00:00.200Z",
            "SignatureVersion": "1", "Signature": "EXAMPLE", "SigningCertUrl": "EXAMPLE", "UnsubscribeUrl": "EXAMPLE",
            "MessageAttributes": {},
        },
    })
}

fn metric_message() -> Value {
    json!({
        "AlarmName": "ons-influxdb-unavailable", "AlarmDescription": null,
        "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x",
        "AWSAccountId": "123456789012", "NewStateValue": "ALARM", "OldStateValue": "INSUFFICIENT_DATA",
        "NewStateReason": "no data", "StateChangeTime": "2026-11-20T10:00:00.123+0000",
        "Region": "US East (N. Virginia)", "Trigger": {"MetricName": "Up", "TreatMissingData": "breaching"},
    })
}

/// The part that a direct action and an event have in common.
fn alarm(state: Value) -> Value {
    let mut alarm = json!({
        "alarmName": "ons-influxdb-unavailable",
        "state": {
            "value": "ALARM", "reason": "no data", "timestamp": "2026-11-20T10:00:00.123+0000",
            "reasonData": "{\"version\":\"1.0\",\"queryDate\":\"2026-11-20T10:00:00.120+0000\"}",
        },
        "previousState": {"value": "OK", "reason": "data", "timestamp": "2026-11-20T09:00:00.123+0000"},
        "configuration": {"metrics": [{"id": "m1", "metricStat": {"period": 60, "stat": "Sum"}}]},
    });
    if !state.is_null() {
        alarm["state"] = state;
    }
    alarm
}

fn direct(state: Value) -> Value {
    json!({
        "source": "aws.cloudwatch", "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x",
        "accountId": "123456789012", "time": "2026-11-20T10:00:00.123+0000", "region": "us-east-1",
        "alarmData": alarm(state),
    })
}

fn event_bridge(state: Value) -> Value {
    json!({
        "version": "0", "id": "c4c1c1c9", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "account": "123456789012", "region": "us-east-1", "time": "2026-11-20T10:00:00Z",
        "resources": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:x"], "detail": alarm(state),
    })
}

#[test]
fn a_metric_alarm_through_a_topic() {
    let event = json!({"Records": [topic(&metric_message().to_string())]});
    assert_eq!(read(&event), [ringing("ons-influxdb-unavailable")]);
}

#[test]
fn a_composite_alarm_through_a_topic_has_no_trigger() {
    let message = json!({
        "AlarmName": "platform-down", "AlarmRule": "ALARM(a) AND ALARM(b)", "NewStateValue": "ALARM",
        "OldStateValue": "OK", "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:platform-down",
        "StateChangeTime": "2026-11-20T10:00:00.123+0000",
    });
    assert_eq!(read(&json!({"Records": [topic(&message.to_string())]})), [ringing("platform-down")]);
}

#[test]
fn a_message_that_somebody_wrote_may_tell_no_time() {
    let read = read(&json!({"Records": [topic(r#"{"AlarmName": "a", "NewStateValue": "ALARM"}"#)]}));
    assert_eq!(read, [Ok(Notice { alarm: "a".into(), state: CloudWatchAlarmStateValue::Alarm, since: None })]);
}

#[test]
fn an_alarm_as_a_direct_action() {
    assert_eq!(read(&direct(json!(null))), [ringing("ons-influxdb-unavailable")]);
    let over = json!({"value": "OK", "reason": "data", "timestamp": "2026-11-20T10:00:00.123+0000"});
    assert_eq!(read(&direct(over)), [told("ons-influxdb-unavailable", CloudWatchAlarmStateValue::Ok)]);
}

#[test]
fn a_composite_alarm_as_a_direct_action_has_another_configuration() {
    let mut event = direct(json!(null));
    event["alarmData"]["configuration"] = json!({"alarmRule": "ALARM(a) AND ALARM(b)"});
    assert_eq!(read(&event), [ringing("ons-influxdb-unavailable")]);
}

#[test]
fn an_alarm_through_a_rule_and_through_a_rule_and_a_topic() {
    assert_eq!(read(&event_bridge(json!(null))), [ringing("ons-influxdb-unavailable")]);
    let event = json!({"Records": [topic(&event_bridge(json!(null)).to_string())]});
    assert_eq!(read(&event), [ringing("ons-influxdb-unavailable")]);
}

#[test]
fn a_state_that_is_not_told_is_not_taken_for_the_end_of_an_alarm() {
    let untold = json!({"reason": "no data", "timestamp": "2026-11-20T10:00:00.123+0000"});
    for event in [direct(untold.clone()), event_bridge(untold)] {
        assert!(matches!(read(&event).as_slice(), [Err(NoNotice::Unknown(what))] if what.contains("no state")));
    }
}

#[test]
fn one_bad_record_does_not_hide_the_others() {
    let records = [topic("is this thing on?"), topic(r#"{"hello": 1}"#), topic(&metric_message().to_string())];
    let read = read(&json!({"Records": records}));
    assert_eq!(read[0], Err(NoNotice::Text));
    assert!(matches!(&read[1], Err(NoNotice::Unknown(what)) if what.contains("`hello`") && what.contains("AlarmName")));
    assert_eq!(read[2], ringing("ons-influxdb-unavailable"));
}

#[test]
fn garbage_is_named_by_its_keys_and_not_by_its_values() {
    for (event, said) in [
        (json!({}), "AlarmName"),
        (json!([1]), "no keys at all"),
        (json!(null), "no keys at all"),
        (json!({"Records": [{"s3": {"object": {}}}]}), "`s3`"),
        (json!({"source": "aws.ec2", "detail": {"instance-id": "i-1"}}), "`source`"),
        (json!({"AlarmName": "x", "Token": "secret"}), "`Token`"),
        (json!({"AlarmName": ["secret"], "NewStateValue": "ALARM"}), "another form"),
        (json!({"AlarmName": "x", "NewStateValue": "secret"}), "another form"),
        (json!({"AlarmName": "x", "NewStateValue": "ALARM", "StateChangeTime": "secret"}), "another form"),
    ] {
        let read = read(&event);
        let [Err(NoNotice::Unknown(what))] = read.as_slice() else { panic!("{event}: {read:?}") };
        assert!(what.contains(said) && !what.contains("secret"), "{what}");
    }
}
