//! The order in which a run begins. Every part can be repeated: a repeat goes on from the run's row.

use backout_aws::{Cloud, DynamoLedger, Failure, FailureKind, Plans, SystemClock, fingerprint_key, metrics};
use backout_catalogue::CATALOGUE;
use backout_engine::{
    clock::Clock as _,
    fault::Fault,
    ids::RunId,
    journal::{Execution, Phase, Run},
    ledger::{Ledger as _, Saved},
    plan::{Expansion, InputValues, expand},
    request::Request,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    inputs::Parameters,
    lock::Locksmith,
    plan::{Loaded, chosen, find, load},
    stop::Stop,
};

/// What the state machine sends.
#[derive(Deserialize)]
pub struct Payload {
    request: Value,
    run: RunId,
    execution: Execution,
}

/// What it is told to do.
#[derive(Debug, Serialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub enum Answer {
    /// The steps are planned and the lock is held.
    Advance,
    /// The run cannot begin; its row says why.
    Conclude,
}

/// Begins runs.
pub struct Prepare {
    stack: String,
    ledger: DynamoLedger,
    plans: Plans,
    parameters: Parameters,
    locksmith: Locksmith,
}

impl Prepare {
    /// With the clients of one process.
    pub fn new(cloud: &Cloud) -> Self {
        Self {
            stack: cloud.names().stack.clone(),
            ledger: cloud.ledger(),
            plans: cloud.plans(),
            parameters: Parameters::new(cloud),
            locksmith: Locksmith::new(cloud),
        }
    }

    /// Begins a run, or goes on beginning it.
    ///
    /// # Errors
    /// When AWS does not answer, or the run's id belongs to another execution.
    pub async fn begin(&self, payload: Payload) -> Result<Answer, Failure> {
        let run = match self.ledger.run(&payload.run).await? {
            Some(run) => run,
            None => self.create(&payload).await?,
        };
        if run.execution != payload.execution {
            let message = format!("the run id `{}` is known from the execution {}", run.id, run.execution.arn);
            return Err(Failure { kind: FailureKind::RunIdTaken, message });
        }
        match (run.phase, &run.refusal) {
            (Phase::Running, _) => return Ok(Answer::Advance),
            (Phase::Concluded, _) | (_, Some(_)) => return Ok(Answer::Conclude),
            (Phase::Preparing, None) => {}
        }
        let mut row = run.clone();
        match self.lock_and_plan(&run, &mut row).await {
            Ok(()) => Ok(Answer::Advance),
            Err(Stop::Fault(fault)) => Err(fault.into()),
            Err(Stop::Refused(refusal)) => {
                tracing::warn!(code = refusal.code.as_str(), "refused; the report says why");
                let refused = Run { revision: run.revision + 1, refusal: Some(*refusal), ..row };
                self.ledger.save_run(&run, &refused).await?;
                Ok(Answer::Conclude)
            }
        }
    }

    /// Writes the run's first row: what was asked for, and either all that is pinned or why it cannot begin.
    async fn create(&self, payload: &Payload) -> Result<Run, Failure> {
        let empty = empty_row(payload)?;
        let row = match self.pin(payload, empty.clone()).await {
            Ok(row) => row,
            Err(Stop::Fault(fault)) => return Err(fault.into()),
            Err(Stop::Refused(refusal)) => {
                tracing::warn!(code = refusal.code.as_str(), "refused; the report says why");
                let request = Request::read(&payload.request).unwrap_or_else(|_| Request::unreadable(&payload.request));
                Run { request, refusal: Some(*refusal), ..empty }
            }
        };
        Ok(match self.ledger.create_run(&row).await? {
            Saved::Done => row,
            Saved::Behind(other) => *other,
        })
    }

    async fn pin(&self, payload: &Payload, empty: Run) -> Result<Run, Stop> {
        let request = Request::read(&payload.request)?;
        let Loaded { parsed, pinned } = find(&self.plans, &request.plan).await?;
        let chosen = chosen(&parsed.plan, &request.only)?;
        let inputs = self.parameters.resolve(&parsed.plan, &request.inputs).await?;
        let expansion = expand(&parsed, &CATALOGUE, &InputValues::known(inputs.clone()), &chosen)
            .map_err(|problems| crate::plan::refusal(&problems))?;
        let plan = parsed.plan;
        Ok(Run {
            request,
            system: Some(plan.system),
            pinned: Some(pinned),
            inputs,
            stages: expansion.stages,
            report: plan.report,
            users_see: plan.users_see,
            deadline: plan.deadline,
            ..empty
        })
    }

    /// Takes the lock and writes the steps. What the lock says goes into `row`, also when the run is refused after it:
    /// the trail of runs on a system has no gaps.
    async fn lock_and_plan(&self, run: &Run, row: &mut Run) -> Result<(), Stop> {
        let (Some(system), Some(pinned)) = (&run.system, &run.pinned) else {
            return Err(Fault::refused("the run's row says neither its plan nor its refusal").into());
        };
        row.follows = self.locksmith.lock(&self.ledger, system, run).await?;
        // Expanded again from what is pinned: a repeat writes the very same rows.
        let Loaded { parsed, .. } = load(&self.plans, pinned).await?;
        let chosen = chosen(&parsed.plan, &run.request.only)?;
        let Expansion { steps, .. } = expand(&parsed, &CATALOGUE, &InputValues::known(run.inputs.clone()), &chosen)
            .map_err(|problems| crate::plan::refusal(&problems))?;
        self.ledger.plan_steps(&run.id, &steps).await?;
        let running = Run { revision: run.revision + 1, phase: Phase::Running, ..row.clone() };
        if let Saved::Done = self.ledger.save_run(run, &running).await? {
            metrics::run_started(&self.stack, &running, SystemClock.now());
        }
        Ok(())
    }
}

fn empty_row(payload: &Payload) -> Result<Run, Failure> {
    let (id, execution) = (payload.run.clone(), payload.execution.clone());
    Ok(Run::new(id, execution, Request::default(), SystemClock.now(), fingerprint_key()?))
}
