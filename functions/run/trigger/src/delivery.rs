//! The three shapes in which an alarm arrives: through a topic, through a rule, and as an alarm's direct action.
//!
//! Only the alarm's name and its new state are read. Everything else is asked of CloudWatch, because the three write
//! times in three ways, and because what they say may be old.

use serde::Deserialize;
use serde_json::Value;

/// What is told of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The alarm's name.
    pub alarm: String,
    /// Its new state: `ALARM`, `OK` or `INSUFFICIENT_DATA`.
    pub state: String,
}

/// Something that arrived and is not the notice of an alarm. Says what it is instead, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoNotice {
    /// Text that somebody sent to the topic by hand; no alarm sends such.
    Text,
    /// Anything else: an alarm may be lost in it, so it is an error.
    Unknown(String),
}

/// What arrived, one result for each record.
pub fn read(event: &Value) -> Vec<Result<Notice, NoNotice>> {
    match event.get("Records").and_then(Value::as_array) {
        Some(records) => records.iter().map(record).collect(),
        None => vec![notice(event)],
    }
}

/// A record of a topic. Its message is what an alarm sends to a topic, or what a rule has put there.
fn record(record: &Value) -> Result<Notice, NoNotice> {
    let Some(message) = record.pointer("/Sns/Message").and_then(Value::as_str) else {
        return Err(unknown("a record that is not of SNS", record));
    };
    match serde_json::from_str(message) {
        Ok(message @ Value::Object(_)) => notice(&message),
        _ => Err(NoNotice::Text),
    }
}

fn notice(message: &Value) -> Result<Notice, NoNotice> {
    /// What an alarm sends to a topic; a composite alarm sends the same without `Trigger`.
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Topic {
        alarm_name: String,
        new_state_value: String,
    }
    /// `alarmData` of a direct action, `detail` of an event.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Alarm {
        alarm_name: String,
        state: State,
    }
    #[derive(Deserialize)]
    struct State {
        value: String,
    }
    if let Some(alarm) = message.get("alarmData").or_else(|| message.get("detail")) {
        return Alarm::deserialize(alarm)
            .map(|Alarm { alarm_name, state }| Notice { alarm: alarm_name, state: state.value })
            .map_err(|error| unknown(&format!("not an alarm ({error})"), message));
    }
    Topic::deserialize(message)
        .map(|topic| Notice { alarm: topic.alarm_name, state: topic.new_state_value })
        .map_err(|error| unknown(&format!("not an alarm ({error})"), message))
}

/// Names what was there by its keys: its values may be anything.
fn unknown(what: &str, value: &Value) -> NoNotice {
    let keys = match value {
        Value::Object(map) => map.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
        _ => "no keys at all".into(),
    };
    NoNotice::Unknown(format!("{what}: it has {keys}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ringing(alarm: &str) -> Result<Notice, NoNotice> {
        Ok(Notice { alarm: alarm.into(), state: "ALARM".into() })
    }

    fn topic(message: &str) -> Value {
        json!({"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Type": "Notification", "Message": message}})
    }

    fn metric_message() -> Value {
        json!({
            "AlarmName": "ons-influxdb-unavailable", "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x",
            "AWSAccountId": "123456789012", "NewStateValue": "ALARM", "OldStateValue": "INSUFFICIENT_DATA",
            "NewStateReason": "no data", "StateChangeTime": "2026-11-20T10:00:00.123+0000",
            "Region": "US East (N. Virginia)", "Trigger": {"MetricName": "Up", "TreatMissingData": "breaching"},
        })
    }

    fn event_bridge() -> Value {
        json!({
            "version": "0", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
            "time": "2026-11-20T10:00:00Z", "resources": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:x"],
            "detail": {
                "alarmName": "ons-influxdb-unavailable",
                "state": {"value": "ALARM", "reason": "no data", "timestamp": "2026-11-20T10:00:00.123+0000"},
                "previousState": {"value": "OK"}, "configuration": {"metrics": []},
            },
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
        });
        assert_eq!(read(&json!({"Records": [topic(&message.to_string())]})), [ringing("platform-down")]);
    }

    #[test]
    fn an_alarm_as_a_direct_action() {
        let event = json!({
            "source": "aws.cloudwatch", "alarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:x",
            "accountId": "123456789012", "time": "2026-11-20T10:00:00.123+0000", "region": "us-east-1",
            "alarmData": {
                "alarmName": "ons-influxdb-unavailable",
                "state": {"value": "OK", "reason": "data", "timestamp": "2026-11-20T10:00:00.123+0000"},
                "previousState": {"value": "ALARM"}, "configuration": {"metrics": []},
            },
        });
        assert_eq!(read(&event), [Ok(Notice { alarm: "ons-influxdb-unavailable".into(), state: "OK".into() })]);
    }

    #[test]
    fn an_alarm_through_a_rule_and_through_a_rule_and_a_topic() {
        assert_eq!(read(&event_bridge()), [ringing("ons-influxdb-unavailable")]);
        let event = json!({"Records": [topic(&event_bridge().to_string())]});
        assert_eq!(read(&event), [ringing("ons-influxdb-unavailable")]);
    }

    #[test]
    fn one_bad_record_does_not_hide_the_others() {
        let records = [topic("is this thing on?"), topic(r#"{"hello": 1}"#), topic(&metric_message().to_string())];
        let read = read(&json!({"Records": records}));
        assert_eq!(read[0], Err(NoNotice::Text));
        assert!(
            matches!(&read[1], Err(NoNotice::Unknown(what)) if what.contains("`hello`") && what.contains("AlarmName"))
        );
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
        ] {
            let read = read(&event);
            let [Err(NoNotice::Unknown(what))] = read.as_slice() else { panic!("{event}: {read:?}") };
            assert!(what.contains(said) && !what.contains("secret"), "{what}");
        }
    }
}
