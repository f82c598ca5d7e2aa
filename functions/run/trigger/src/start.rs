//! The execution that an alarm starts, under a name that one alarm gives only once.

use aws_sdk_sfn::{Client, error::SdkError, operation::start_execution::StartExecutionError};
use backout_aws::{fault, shortened};
use backout_engine::{evidence::ContentHash, fault::Fault, ids::PlanName, request::Request};

use crate::alarm::Alarm;

/// The longest part of a plan's name that fits into an execution's name, which has 80 characters at most.
const PLAN_PART: usize = 40;
/// How many hex digits of the fingerprint are kept.
const FINGERPRINT: usize = 16;
/// The longest reason that is handed on, in characters.
const REASON: usize = 300;

/// A start, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The execution's name, and so the run's id.
    pub name: String,
    /// Its input.
    pub request: Request,
}

impl Start {
    /// What an alarm starts. The same change of state always gives the same name, by whichever way and however often it
    /// is told.
    pub fn new(plan: &PlanName, alarm: &Alarm) -> Self {
        let of =
            format!("{plan}\n{}\n{}\n{}.{:09}", alarm.arn, alarm.state, alarm.since.secs(), alarm.since.subsec_nanos());
        let fingerprint: String = ContentHash::of(of.as_bytes()).0.chars().take(FINGERPRINT).collect();
        let part: String = plan.as_str().chars().take(PLAN_PART).collect();
        let told = if alarm.reason.is_empty() { "no reason given".into() } else { shortened(&alarm.reason, REASON) };
        let request = Request {
            plan: plan.to_string(),
            reason: Some(format!("alarm {}: {told}", alarm.name)),
            requested_by: Some(format!("alarm:{}", alarm.name)),
            ..Request::default()
        };
        Self { name: format!("alarm-{part}-{fingerprint}"), request }
    }
}

/// What became of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It runs.
    Now,
    /// The alarm was delivered before.
    Before,
}

/// Starts it. May be repeated: an execution's name is taken only once.
pub async fn start(machine: &Client, arn: &str, start: &Start) -> Result<Started, Fault> {
    let doing = format!("start the plan `{}`", start.request.plan);
    let input = start.request.written().map_err(|refusal| Fault::refused(format!("could not {doing}: {refusal}")))?;
    match machine.start_execution().state_machine_arn(arn).name(&start.name).input(input).send().await {
        Ok(_) => Ok(Started::Now),
        Err(SdkError::ServiceError(answer))
            if matches!(answer.err(), StartExecutionError::ExecutionAlreadyExists(_)) =>
        {
            Ok(Started::Before)
        }
        Err(error) => Err(fault(&doing, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudwatch::{primitives::DateTime, types::StateValue};
    use backout_engine::ids::RunId;

    fn alarm(since: i64) -> Alarm {
        Alarm {
            name: "influxdb-gone".into(),
            arn: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:influxdb-gone".into(),
            state: StateValue::Alarm,
            since: DateTime::from_secs_and_nanos(since, 5),
            reason: "no data ".repeat(100),
        }
    }

    fn plan(name: &str) -> PlanName {
        name.parse().expect("a name")
    }

    #[test]
    fn one_change_of_state_has_one_name_and_the_next_another() {
        let name = |since, name: &str| Start::new(&plan(name), &alarm(since)).name;
        assert_eq!(name(1, "back"), name(1, "back"));
        assert_ne!(name(1, "back"), name(2, "back"));
        let long = "a".repeat(59);
        assert_ne!(name(1, &format!("{long}1")), name(1, &format!("{long}2")), "beyond what fits into the name");
        for name in [name(1, "back"), name(1, &format!("{long}1"))] {
            assert!(name.parse::<RunId>().is_ok() && name.starts_with("alarm-"), "{name}");
        }
    }

    #[test]
    fn the_request_says_which_alarm_and_why() {
        let request = Start::new(&plan("back"), &alarm(1)).request;
        assert_eq!((request.plan.as_str(), request.requested_by.as_deref()), ("back", Some("alarm:influxdb-gone")));
        let reason = request.reason.clone().expect("a reason");
        assert!(reason.starts_with("alarm influxdb-gone: no data") && reason.ends_with('…'), "{reason}");
        let input = serde_json::to_value(&request).expect("writes");
        assert_eq!(Request::read(&input), Ok(request), "Prepare reads what is sent");
    }
}
