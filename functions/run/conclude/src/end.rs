//! The order in which a run ends. Every part can be repeated; the lock is freed before anybody is told.

use aws_sdk_sns::Client;
use backout_aws::{
    Cloud, ConfigError, DynamoLedger, Failure, FailureKind, Reports, SystemClock, fault, fingerprint_key, metrics,
};
use backout_engine::{
    clock::Clock as _,
    code::Code,
    conclude::{Closed, Ended, close, conclude},
    ids::RunId,
    journal::{Execution, Journal, Mode, Outcome, Phase, Refusal, Run},
    ledger::{Ledger as _, Saved},
    report::{Message, Report, markdown, message},
    request::Request,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::functions::Functions;

/// The most characters of a cause in the execution; Step Functions allows 32,768.
const LONGEST_CAUSE: usize = 4_000;

/// What the state machine sends.
#[derive(Debug, Deserialize)]
pub struct Payload {
    run: RunId,
    execution: Execution,
    request: Value,
    fault: Option<Caught>,
}

/// A run whose end somebody else has to bring about: its execution has ended.
#[derive(Debug)]
pub struct Orphan {
    /// The run.
    pub run: RunId,
    /// Its execution.
    pub execution: Execution,
    /// What was asked for.
    pub request: Value,
    /// How the execution has ended.
    pub ended: Ended,
}

/// An error that the state machine caught.
#[derive(Debug, Deserialize)]
pub struct Caught {
    #[serde(rename = "Error", default)]
    error: String,
    #[serde(rename = "Cause", default)]
    cause: String,
}

/// What the execution ends with.
#[derive(Debug, Serialize)]
pub struct Answer {
    ok: bool,
    run_id: RunId,
    outcome: Outcome,
    error: &'static str,
    cause: String,
    report: String,
}

/// Ends runs.
pub struct Conclude {
    stack: String,
    topic: String,
    ledger: DynamoLedger,
    reports: Reports,
    functions: Functions,
    sns: Client,
}

impl Conclude {
    /// With the clients of one process.
    ///
    /// # Errors
    /// When the environment does not name the notification topic.
    pub fn new(cloud: &Cloud) -> Result<Self, ConfigError> {
        Ok(Self {
            stack: cloud.names().stack.clone(),
            topic: backout_aws::variable("BACKOUT_TOPIC")?,
            ledger: cloud.ledger(),
            reports: cloud.reports(),
            functions: Functions::new(cloud),
            sns: Client::new(cloud.writes()),
        })
    }

    /// Ends a run, as its state machine asks.
    ///
    /// # Errors
    /// When AWS does not answer, or an invocation of a step could still be writing.
    pub async fn end(&self, payload: Payload) -> Result<Answer, Failure> {
        let ended = payload.fault.as_ref().map(Caught::ended);
        let row = match self.ledger.run(&payload.run).await? {
            Some(row) => row,
            None => {
                let ended = ended.clone().unwrap_or_else(Caught::nothing);
                self.never_prepared(&payload.run, &payload.execution, &payload.request, ended).await?
            }
        };
        if row.execution != payload.execution {
            return Ok(self.not_ours(payload.run, &row));
        }
        match self.close(&payload.run, ended.as_ref()).await? {
            Closed::Outcome(journal) => self.tell(&journal).await,
            Closed::StillUnderWay(until) => {
                let message = format!("what a step has done is not known before {until:.0}");
                Err(Failure { kind: FailureKind::StillUnderWay, message })
            }
        }
    }

    /// Ends a run whose execution has ended; `None` when it is too early for that, or the run is another's.
    ///
    /// # Errors
    /// When AWS does not answer.
    pub async fn end_orphan(&self, orphan: &Orphan) -> Result<Option<Answer>, Failure> {
        let Orphan { run, execution, request, ended } = orphan;
        let row = match self.ledger.run(run).await? {
            Some(row) => row,
            None => self.never_prepared(run, execution, request, ended.clone()).await?,
        };
        if row.execution.arn != execution.arn {
            return Ok(None);
        }
        match self.close(run, Some(ended)).await? {
            Closed::Outcome(journal) => self.tell(&journal).await.map(Some),
            Closed::StillUnderWay(until) => {
                tracing::info!(run = run.as_str(), %until, "a step is not settled yet; the sweeper comes back to it");
                Ok(None)
            }
        }
    }

    async fn close(&self, run: &RunId, ended: Option<&Ended>) -> Result<Closed, Failure> {
        Ok(close(&self.ledger, &SystemClock, Some(&self.functions), run, ended).await?)
    }

    /// The ledger.
    pub const fn ledger(&self) -> &DynamoLedger {
        &self.ledger
    }

    async fn tell(&self, journal: &Journal) -> Result<Answer, Failure> {
        let run = &journal.run;
        let report = Report::of(journal, run.ended_at.unwrap_or_else(|| SystemClock.now()));
        let place = self.reports.location(&run.id);
        let message = message(&report, &place);
        if run.phase != Phase::Concluded {
            self.spread(run, &report, &message).await?;
            // A rehearsal is nothing that people are woken up for; and of two who conclude a run one counts it.
            if conclude(&self.ledger, run).await? && run.request.mode != Mode::Rehearse {
                metrics::run_ended(&self.stack, run);
            }
        }
        Ok(answer(run, message, place))
    }

    /// Report, lock and message do not wait for each other: what fails is repeated, and people are told once.
    async fn spread(&self, run: &Run, report: &Report, message: &Message) -> Result<(), Failure> {
        let json = serde_json::to_value(report)
            .map_err(|error| Failure::internal(format!("the report cannot be written as JSON: {error}")))?;
        let written = self.reports.put(&run.id, &json, &markdown(report)).await;
        let freed = match &run.system {
            Some(system) => self.ledger.unlock(system, &run.id).await,
            None => Ok(()),
        };
        if run.told_at.is_none() && run.request.mode != Mode::Rehearse {
            self.publish(&run.id, message).await?;
            if written.is_err() || freed.is_err() {
                let told = Run { revision: run.revision + 1, told_at: Some(SystemClock.now()), ..run.clone() };
                self.ledger.save_run(run, &told).await?;
            }
        }
        freed?;
        written?;
        Ok(())
    }

    /// A message that would be refused again does not keep the run from being concluded: its report says the same.
    async fn publish(&self, run: &RunId, message: &Message) -> Result<(), Failure> {
        let request = self.sns.publish().topic_arn(&self.topic).subject(&message.subject).message(&message.body);
        let Err(error) = request.send().await else { return Ok(()) };
        let fault = fault(&format!("send the message about the run `{run}`"), error);
        if fault.is_transient() {
            return Err(fault.into());
        }
        tracing::error!(code = fault.code, "{}", fault.message);
        Ok(())
    }

    /// `Prepare` came to its end before it could write anything: the run is refused, unless somebody stopped it, and has a
    /// row like any other.
    async fn never_prepared(
        &self,
        run: &RunId,
        execution: &Execution,
        request: &Value,
        ended: Ended,
    ) -> Result<Run, Failure> {
        let request = Request::read(request).unwrap_or_else(|_| Request::unreadable(request));
        let row = Run {
            refusal: (ended.outcome != Outcome::Aborted).then_some(ended.refusal),
            ..Run::new(run.clone(), execution.clone(), request, SystemClock.now(), fingerprint_key()?)
        };
        Ok(match self.ledger.create_run(&row).await? {
            Saved::Done => row,
            Saved::Behind(other) => *other,
        })
    }

    /// The id belongs to another execution, whose journal and report stay as they are.
    fn not_ours(&self, run: RunId, row: &Run) -> Answer {
        Answer {
            ok: false,
            outcome: Outcome::Refused,
            error: Outcome::Refused.error_name(),
            cause: format!(
                "the run id `{run}` is known from the execution {} [{}]",
                row.execution.arn,
                Code::RunIdTaken
            ),
            report: self.reports.location(&run),
            run_id: run,
        }
    }
}

impl Caught {
    fn ended(&self) -> Ended {
        // Lambda gives its error as JSON.
        let said = serde_json::from_str::<Value>(&self.cause)
            .ok()
            .and_then(|cause| cause.get("errorMessage").and_then(Value::as_str).map(str::to_owned))
            .unwrap_or_else(|| self.cause.clone());
        let refusal = Refusal {
            code: Code::Internal,
            what: format!("{}: {said}", self.error),
            help: Some("look at the log of the function that failed".into()),
        };
        Ended { outcome: Outcome::Halted, refusal, at: None }
    }

    fn nothing() -> Ended {
        let refusal = Refusal {
            code: Code::Internal,
            what: "the run was to be concluded before it was prepared".into(),
            help: Some("look at the execution's history, then start the plan again".into()),
        };
        Ended { outcome: Outcome::Halted, refusal, at: None }
    }
}

fn answer(run: &Run, message: Message, report: String) -> Answer {
    let outcome = run.outcome.unwrap_or(Outcome::Halted);
    Answer {
        ok: outcome.is_success(),
        run_id: run.id.clone(),
        outcome,
        error: outcome.error_name(),
        cause: message.body.chars().take(LONGEST_CAUSE).collect(),
        report,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_aws::testing::cloud;

    /// What comes of a message that SNS refuses with this code.
    async fn refused_with(code: &'static str) -> Result<(), Failure> {
        let (cloud, _) = cloud(move |_| {
            (400, format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>"))
        });
        let conclude = Conclude {
            stack: "backout".into(),
            topic: "arn:aws:sns:us-east-1:123456789012:backout".into(),
            ledger: cloud.ledger(),
            reports: cloud.reports(),
            functions: Functions::new(&cloud),
            sns: Client::new(cloud.writes()),
        };
        let message = Message { subject: "UNWOUND".into(), body: "as it was".into() };
        conclude.publish(&"r-1".parse().expect("an id"), &message).await
    }

    #[tokio::test]
    async fn a_message_that_the_key_of_the_topic_had_no_time_for_is_sent_again() {
        let failure = refused_with("KMSThrottling").await.expect_err("sent again");
        assert_eq!(failure.kind, FailureKind::Unavailable);
    }

    #[tokio::test]
    async fn a_message_that_would_be_refused_again_keeps_no_run_open() {
        assert_eq!(refused_with("KMSDisabled").await, Ok(()));
    }
}
