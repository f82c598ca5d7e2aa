//! The order in which a run ends. Every part can be repeated; the lock is freed before anybody is told.

use aws_sdk_sns::Client;
use backout_aws::{
    Cloud, ConfigError, DynamoLedger, Failure, FailureKind, Reports, SystemClock, fault, fingerprint_key, metrics,
};
use backout_engine::{
    clock::Clock as _,
    code::Code,
    conclude::{Closed, close, conclude},
    ids::RunId,
    journal::{Execution, Journal, Outcome, Phase, Refusal, Run},
    ledger::{Ledger as _, Saved},
    report::{Message, Report, markdown, message},
    request::Request,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most characters of a cause in the execution; Step Functions allows 32,768.
const LONGEST_CAUSE: usize = 4_000;

/// What the state machine sends.
#[derive(Deserialize)]
pub struct Payload {
    run: RunId,
    execution: Execution,
    request: Value,
    fault: Option<Caught>,
}

/// An error that the state machine caught.
#[derive(Deserialize)]
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
            sns: Client::new(cloud.writes()),
        })
    }

    /// Ends a run.
    ///
    /// # Errors
    /// When AWS does not answer, or an invocation of a step could still be writing.
    pub async fn end(&self, payload: Payload) -> Result<Answer, Failure> {
        let refusal = payload.fault.as_ref().map(Caught::refusal);
        let row = match self.ledger.run(&payload.run).await? {
            Some(row) => row,
            None => self.never_prepared(&payload, refusal.clone()).await?,
        };
        if row.execution != payload.execution {
            return Ok(self.not_ours(payload.run, &row));
        }
        let journal = match close(&self.ledger, &SystemClock, &payload.run, refusal.as_ref()).await? {
            Closed::Outcome(journal) => *journal,
            Closed::StillUnderWay(until) => {
                let message = format!("an invocation of a step could still be writing until {until}");
                return Err(Failure { kind: FailureKind::StillUnderWay, message });
            }
        };
        self.tell(&journal).await
    }

    async fn tell(&self, journal: &Journal) -> Result<Answer, Failure> {
        let run = &journal.run;
        let report = Report::of(journal, run.ended_at.unwrap_or_else(|| SystemClock.now()));
        let place = self.reports.location(&run.id);
        let message = message(&report, &place);
        if run.phase != Phase::Concluded {
            self.spread(run, &report, &message).await?;
            metrics::run_ended(&self.stack, run);
            conclude(&self.ledger, run).await?;
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
        if run.told_at.is_none() {
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

    /// `Prepare` failed before it could write anything: the run is refused, and has a row like any other.
    async fn never_prepared(&self, payload: &Payload, refusal: Option<Refusal>) -> Result<Run, Failure> {
        let request = Request::read(&payload.request).unwrap_or_else(|_| Request::unreadable(&payload.request));
        let (id, execution) = (payload.run.clone(), payload.execution.clone());
        let row = Run {
            refusal: refusal.or_else(|| Some(Caught::nothing())),
            ..Run::new(id, execution, request, SystemClock.now(), fingerprint_key()?)
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
    fn refusal(&self) -> Refusal {
        // Lambda gives its error as JSON.
        let said = serde_json::from_str::<Value>(&self.cause)
            .ok()
            .and_then(|cause| cause.get("errorMessage").and_then(Value::as_str).map(str::to_owned))
            .unwrap_or_else(|| self.cause.clone());
        Refusal {
            code: Code::Internal,
            what: format!("{}: {said}", self.error),
            help: Some("look at the log of the function that failed, then start the plan again".into()),
        }
    }

    fn nothing() -> Refusal {
        Refusal {
            code: Code::Internal,
            what: "the run was to be concluded before it was prepared".into(),
            help: Some("look at the execution's history, then start the plan again".into()),
        }
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
