//! All alarms of an invocation.

use aws_lambda_events::cloudwatch_alarms::CloudWatchAlarmStateValue;
use aws_sdk_cloudwatch::types::StateValue;
use backout_aws::{Cloud, Failure, FailureKind, Plans};
use backout_engine::fault::Fault;
use serde_json::Value;

use crate::{
    alarm::{self, Alarm},
    delivery::{self, NoNotice, Notice},
    matching,
    start::{self, Start, Started},
};

/// Starts the plans that an alarm is to start.
pub struct Trigger {
    cloudwatch: aws_sdk_cloudwatch::Client,
    machine: aws_sdk_sfn::Client,
    arn: String,
    plans: Plans,
}

impl Trigger {
    /// One that starts executions of the state machine with that ARN.
    pub fn new(cloud: &Cloud, arn: String) -> Self {
        Self {
            cloudwatch: aws_sdk_cloudwatch::Client::new(cloud.reads()),
            // The execution's name makes a start one that may be repeated, so it has retries like a read.
            machine: aws_sdk_sfn::Client::new(cloud.reads()),
            arn,
            plans: cloud.plans(),
        }
    }

    /// Handles everything that arrived.
    ///
    /// # Errors
    /// After all of it, when a part of it failed: Lambda then delivers all of it again, and what was started is not
    /// started twice.
    pub async fn handle(&self, event: Value) -> Result<(), Failure> {
        let mut failures = Vec::new();
        for arrived in delivery::read(&event) {
            match arrived {
                Ok(notice) => failures.extend(self.follow(&notice).await),
                Err(NoNotice::Text) => tracing::warn!("a message that is no alarm, sent by hand: passed over"),
                Err(NoNotice::Unknown(what)) => failures
                    .push(Failure { kind: FailureKind::WrongPayload, message: format!("what arrived is {what}") }),
            }
        }
        match failures.as_slice() {
            [] => Ok(()),
            [first, ..] => {
                let all: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
                Err(Failure { kind: first.kind, message: all.join("; ") })
            }
        }
    }

    /// Starts whatever one alarm starts; returns what did not work.
    async fn follow(&self, notice: &Notice) -> Vec<Failure> {
        let alarm = match self.ringing(notice).await {
            Ok(Some(alarm)) => alarm,
            Ok(None) => return Vec::new(),
            Err(fault) => return vec![fault.into()],
        };
        let (plans, faults) = match matching::triggers(&self.plans).await {
            Ok(read) => read,
            Err(fault) => return vec![fault.into()],
        };
        let mut failures: Vec<Failure> = faults.into_iter().map(Failure::from).collect();
        let meant = matching::matching(&plans, &alarm.name);
        if meant.is_empty() {
            tracing::warn!(alarm = alarm.name, plans = plans.len(), "no plan has a trigger that names this alarm");
        }
        for plan in meant {
            let start = Start::new(plan, &alarm);
            let (alarm, plan, run) = (alarm.name.as_str(), plan.as_str(), start.name.as_str());
            match start::start(&self.machine, &self.arn, &start).await {
                Ok(Started::Now) => tracing::info!(alarm, plan, run, "started"),
                Ok(Started::Before) => tracing::info!(alarm, plan, run, "was started before"),
                Err(fault) => failures.push(fault.into()),
            }
        }
        failures
    }

    /// The alarm, if it is in ALARM: as it was told, and still.
    ///
    /// A reading from before what was told is a fault that passes: the delivery fails, and Lambda repeats it a minute and
    /// three minutes later. What is old even then goes to the queue of lost alarms, and people are told.
    async fn ringing(&self, notice: &Notice) -> Result<Option<Alarm>, Fault> {
        if notice.state != CloudWatchAlarmStateValue::Alarm {
            tracing::info!(alarm = notice.alarm, state = ?notice.state, "nothing to do in this state");
            return Ok(None);
        }
        let Some(alarm) = alarm::describe(&self.cloudwatch, &notice.alarm).await? else {
            let why = "it is not known in this account and region; was it deleted, or is it another's?";
            return Err(Fault::refused(format!("the alarm `{}` cannot start anything: {why}", notice.alarm)));
        };
        if notice.since.is_some_and(|told| alarm.is_older_than(told)) {
            let why = "CloudWatch still shows it as it was before that; it will be looked at again";
            return Err(Fault::passing(format!("the alarm `{}` was told to be in ALARM: {why}", notice.alarm)));
        }
        if alarm.state != StateValue::Alarm {
            tracing::info!(alarm = alarm.name, state = alarm.state.as_str(), "it has changed again: nothing to do");
            return Ok(None);
        }
        Ok(Some(alarm))
    }
}
