//! How an alarm stands now.

use aws_sdk_cloudwatch::{
    Client,
    primitives::DateTime,
    types::{AlarmType, CompositeAlarm, MetricAlarm, StateValue},
};
use backout_aws::fault;
use backout_engine::fault::Fault;

/// An alarm, as CloudWatch describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its state.
    pub state: StateValue,
    /// Since when it is in this state.
    pub since: DateTime,
    /// Why it is in this state, as CloudWatch says it.
    pub reason: String,
}

/// The alarm of that name; `None` if there is none in this account and region.
pub async fn describe(cloudwatch: &Client, name: &str) -> Result<Option<Alarm>, Fault> {
    let request = cloudwatch
        .describe_alarms()
        .alarm_names(name)
        // Without this only metric alarms are described.
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm);
    let answer = request.send().await.map_err(|error| fault(&format!("look at the alarm `{name}`"), error))?;
    let metric = answer.metric_alarms().iter().find(|alarm| alarm.alarm_name() == Some(name)).map(of_metric);
    let composite =
        || answer.composite_alarms().iter().find(|alarm| alarm.alarm_name() == Some(name)).map(of_composite);
    let Some(parts) = metric.or_else(composite) else { return Ok(None) };
    let (arn, state, since, reason) = parts;
    let (Some(arn), Some(state), Some(since)) = (arn, state, since) else {
        return Err(Fault::refused(format!("CloudWatch does not say since when the alarm `{name}` is in its state")));
    };
    Ok(Some(Alarm { name: name.to_owned(), arn, state, since, reason: reason.unwrap_or_default() }))
}

type Parts = (Option<String>, Option<StateValue>, Option<DateTime>, Option<String>);

fn of_metric(alarm: &MetricAlarm) -> Parts {
    let since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp());
    (alarm.alarm_arn.clone(), alarm.state_value.clone(), since.copied(), alarm.state_reason.clone())
}

fn of_composite(alarm: &CompositeAlarm) -> Parts {
    let since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp());
    (alarm.alarm_arn.clone(), alarm.state_value.clone(), since.copied(), alarm.state_reason.clone())
}
