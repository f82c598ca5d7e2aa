//! How an alarm stands now.

use aws_sdk_cloudwatch::{
    Client,
    primitives::DateTime,
    types::{AlarmType, StateValue},
};
use backout_aws::fault;
use backout_engine::{clock::Timestamp, fault::Fault};
use jiff::SignedDuration;

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

/// How much earlier than it was told a change of state may be shown, and still be the same one: times are told to the
/// millisecond or to the second.
const TOLD_TO: SignedDuration = SignedDuration::from_secs(1);

impl Alarm {
    /// Whether this is how the alarm stood before the change of state that was told at that time. Descriptions of alarms
    /// are eventually consistent: such a reading says nothing about what was told.
    pub fn is_older_than(&self, told: Timestamp) -> bool {
        let since = i32::try_from(self.since.subsec_nanos()).ok();
        let since = since.and_then(|nanos| Timestamp::new(self.since.secs(), nanos).ok());
        since.is_some_and(|since| since.duration_until(told) > TOLD_TO)
    }
}

/// The three kinds of alarms have the same fields, and no trait in common.
macro_rules! of_that_name {
    ($alarms:expr, $name:expr) => {
        $alarms.iter().find(|alarm| alarm.alarm_name() == Some($name)).map(|alarm| {
            let since = alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp()).copied();
            (alarm.alarm_arn.clone(), alarm.state_value.clone(), since, alarm.state_reason.clone())
        })
    };
}

/// The alarm of that name; `None` if there is none in this account and region.
pub async fn describe(cloudwatch: &Client, name: &str) -> Result<Option<Alarm>, Fault> {
    // Without the types only metric alarms are described.
    let types = AlarmType::values().iter().map(|&kind| kind.into()).collect();
    let request = cloudwatch.describe_alarms().alarm_names(name).set_alarm_types(Some(types));
    let answer = request.send().await.map_err(|error| fault(&format!("look at the alarm `{name}`"), error))?;
    let found = of_that_name!(answer.metric_alarms(), name)
        .or_else(|| of_that_name!(answer.composite_alarms(), name))
        .or_else(|| of_that_name!(answer.log_alarms(), name));
    let Some((arn, state, since, reason)) = found else { return Ok(None) };
    let (Some(arn), Some(state), Some(since)) = (arn, state, since) else {
        return Err(Fault::refused(format!("CloudWatch does not say since when the alarm `{name}` is in its state")));
    };
    Ok(Some(Alarm { name: name.to_owned(), arn, state, since, reason: reason.unwrap_or_default() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_aws::testing::{cloud_in_bytes, described_alarm};

    #[tokio::test]
    async fn an_alarm_of_every_kind_is_asked_for_and_found() {
        // Were the SDK to learn of a fourth kind, this fails until its answers are read too.
        for kind in AlarmType::values() {
            let (cloud, asks) =
                cloud_in_bytes(move |_| (200, described_alarm(kind, "gone", "ALARM", 1_795_168_800.25)));
            let found = describe(&Client::new(cloud.reads()), "gone").await.expect("an answer").expect(kind);
            assert_eq!((found.state, found.since.as_secs_f64()), (StateValue::Alarm, 1_795_168_800.25), "{kind}");
            assert!(asks.lock().expect("asks")[0].body.contains(kind), "{kind} is not asked for");
        }
    }

    #[tokio::test]
    async fn another_alarm_is_not_taken_for_it() {
        let (cloud, _) = cloud_in_bytes(|_| (200, described_alarm("LogAlarm", "other", "ALARM", 0.0)));
        assert_eq!(describe(&Client::new(cloud.reads()), "gone").await, Ok(None));
    }

    #[test]
    fn a_reading_from_before_what_was_told_is_old() {
        let since = DateTime::from_secs_and_nanos(1_795_168_800, 500_000_000);
        let alarm = Alarm { name: "a".into(), arn: "arn".into(), state: StateValue::Ok, since, reason: String::new() };
        let old = |seconds, nanos| alarm.is_older_than(Timestamp::new(seconds, nanos).expect("a time"));
        assert!(old(1_795_168_801, 600_000_000));
        assert!(!old(1_795_168_800, 500_000_000), "the very change that was told");
        assert!(!old(1_795_168_801, 0), "told to the second");
        assert!(!old(1_795_168_000, 0), "it has changed again since it was told");
    }
}
