//! The three shapes in which an alarm arrives: through a topic, through a rule, and as an alarm's direct action.
//!
//! Only the alarm's name, its new state and the time of the change are read. Everything else is asked of CloudWatch,
//! because what they say may be old. The time tells whether CloudWatch's answer is: an alarm is lost if a description from
//! before the change is taken for the end of it.
//!
//! The envelopes are those of `aws_lambda_events`. Where it is stricter than CloudWatch, and nothing here is read, its
//! generic parameters are [`Value`]: the data of a reason, which may be text; configurations, which differ by the kind
//! of alarm. Its form of an alarm's message to a topic wants a metric and a description, which not all alarms have, so
//! that message is read here ([`TopicMessage`]).

use aws_lambda_events::{
    cloudwatch_alarms::{CloudWatchAlarm, CloudWatchAlarmData, CloudWatchAlarmStateValue},
    eventbridge::EventBridgeEvent,
    sns::SnsRecord,
};
use backout_engine::clock::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// What is told of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The alarm's name.
    pub alarm: String,
    /// Its new state.
    pub state: CloudWatchAlarmStateValue,
    /// When it changed to it. Not told by messages that people write themselves.
    pub since: Option<Timestamp>,
}

/// Something that arrived and is not the notice of an alarm. Says what it is instead, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoNotice {
    /// Text that somebody sent to the topic by hand; no alarm sends such.
    Text,
    /// Anything else: an alarm may be lost in it, so it is an error.
    Unknown(String),
}

/// What an alarm sends to a topic; a composite alarm sends the same without `Trigger`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TopicMessage {
    alarm_name: String,
    new_state_value: CloudWatchAlarmStateValue,
    #[serde(default)]
    state_change_time: Option<Timestamp>,
}

/// An alarm as events and direct actions have it.
type Alarm = CloudWatchAlarmData<Value, Value>;

/// What arrived, one result for each record.
pub fn read(event: &Value) -> Vec<Result<Notice, NoNotice>> {
    match event.get("Records").and_then(Value::as_array) {
        // One by one, because one bad record must not hide the others.
        Some(records) => records.iter().map(record).collect(),
        None => vec![notice(event)],
    }
}

/// A record of a topic. Its message is what an alarm sends to a topic, or what a rule has put there.
fn record(record: &Value) -> Result<Notice, NoNotice> {
    let record: SnsRecord = typed("a record of SNS", record)?;
    match serde_json::from_str(&record.sns.message) {
        Ok(message @ Value::Object(_)) => notice(&message),
        _ => Err(NoNotice::Text),
    }
}

fn notice(message: &Value) -> Result<Notice, NoNotice> {
    if message.get("alarmData").is_some() {
        let direct: CloudWatchAlarm<Value, Value> = typed("an alarm", message)?;
        return noticed(direct.alarm_data, message, "/alarmData/state/value");
    }
    if message.get("detail").is_some() {
        let event: EventBridgeEvent<Alarm> = typed("an alarm", message)?;
        return noticed(event.detail, message, "/detail/state/value");
    }
    let TopicMessage { alarm_name, new_state_value, state_change_time } = typed("an alarm", message)?;
    Ok(Notice { alarm: alarm_name, state: new_state_value, since: state_change_time })
}

/// The crate takes a state that is not told for `OK`, and so an alarm for none.
fn noticed(alarm: Alarm, message: &Value, state: &str) -> Result<Notice, NoNotice> {
    match alarm.state {
        Some(found) if message.pointer(state).is_some() => {
            let since = Timestamp::from_millisecond(found.timestamp.timestamp_millis()).ok();
            Ok(Notice { alarm: alarm.alarm_name, state: found.value, since })
        }
        _ => Err(unknown("an alarm (it tells no state)", message)),
    }
}

fn typed<T: DeserializeOwned>(what: &str, value: &Value) -> Result<T, NoNotice> {
    T::deserialize(value).map_err(|error| {
        let why = error.to_string();
        // Other errors quote the value, which may be anything.
        let why = if why.starts_with("missing field") { why } else { "a field is of another form".to_owned() };
        unknown(&format!("{what} ({why})"), value)
    })
}

/// Names what was there by its keys: its values may be anything.
fn unknown(what: &str, value: &Value) -> NoNotice {
    let keys = match value {
        Value::Object(map) => map.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
        _ => "no keys at all".into(),
    };
    NoNotice::Unknown(format!("not {what}: it has {keys}"))
}

#[cfg(test)]
#[path = "delivery/tests.rs"]
mod tests;
