//! The order in which a run begins. Every part can be repeated: a repeat goes on from the run's row.

use backout_aws::{
    Cloud, ConfigError, DynamoLedger, Failure, FailureKind, Plans, SystemClock, fingerprint_key, metrics,
};
use backout_catalogue::CATALOGUE;
use backout_engine::{
    clock::{Clock as _, Timestamp},
    fault::Fault,
    ids::RunId,
    journal::{Execution, Mode, Phase, Run, Stage, Task},
    ledger::{Ledger as _, Saved},
    plan::{Expansion, InputValues, expand},
    request::Request,
    resume::{carry_over, still_stands},
    seal::{fits, seal},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    earlier,
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
    evidence_days: i64,
    ledger: DynamoLedger,
    plans: Plans,
    parameters: Parameters,
    locksmith: Locksmith,
}

impl Prepare {
    /// With the clients of one process.
    ///
    /// # Errors
    /// When the environment does not say for how many days the bucket keeps evidence.
    pub fn new(cloud: &Cloud) -> Result<Self, ConfigError> {
        let days = backout_aws::variable("BACKOUT_EVIDENCE_DAYS")?;
        let evidence_days = days
            .parse()
            .map_err(|_| ConfigError::Malformed { variable: "BACKOUT_EVIDENCE_DAYS", wanted: "a number" })?;
        Ok(Self {
            stack: cloud.names().stack.clone(),
            evidence_days,
            ledger: cloud.ledger(),
            plans: cloud.plans(),
            parameters: Parameters::new(cloud),
            locksmith: Locksmith::new(cloud),
        })
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
        if let Some(answer) = already(&run) {
            return Ok(answer);
        }
        // Written before anything else can fail: the trail of runs on a system has no gaps.
        let run = match self.lock(&run).await {
            Ok(follows) if follows == run.follows => run,
            Ok(follows) => match self.write(run, |row| Run { follows: follows.clone(), ..row }).await? {
                Ok(run) => run,
                Err(answer) => return Ok(answer),
            },
            Err(stop) => return self.refused(run, stop).await,
        };
        let stages = match self.plan(&run).await {
            Ok(stages) => stages,
            Err(stop) => return self.refused(run, stop).await,
        };
        let running = |row| Run { phase: Phase::Running, stages: stages.clone(), ..row };
        Ok(match self.write(run, running).await? {
            Ok(run) => {
                if run.request.mode != Mode::Rehearse {
                    metrics::run_started(&self.stack, &run, SystemClock.now());
                }
                Answer::Advance
            }
            Err(answer) => answer,
        })
    }

    async fn refused(&self, run: Run, stop: Stop) -> Result<Answer, Failure> {
        let refusal = match stop {
            Stop::Fault(fault) => return Err(fault.into()),
            Stop::Refused(refusal) => *refusal,
        };
        tracing::warn!(code = refusal.code.as_str(), "refused; the report says why");
        let refused = |row| Run { refusal: Some(refusal.clone()), ..row };
        Ok(self.write(run, refused).await?.map_or_else(|answer| answer, |_| Answer::Conclude))
    }

    /// Changes the run's row, whatever somebody else writes into it meanwhile: that it is to stop, for instance. The inner
    /// error is the answer where there is nothing left to begin.
    async fn write(&self, mut was: Run, change: impl Fn(Run) -> Run) -> Result<Result<Run, Answer>, Failure> {
        loop {
            let now = Run { revision: was.revision + 1, ..change(was.clone()) };
            let other = match self.ledger.save_run(&was, &now).await? {
                Saved::Done => return Ok(Ok(now)),
                Saved::Behind(other) => *other,
            };
            let Some(answer) = already(&other) else {
                was = other;
                continue;
            };
            // Its execution was stopped, and whoever concluded it could not free what was not locked yet.
            if let (Some(_), Some(system)) = (&other.outcome, &other.system) {
                let followed = Run { revision: other.revision + 1, follows: now.follows, ..other.clone() };
                self.ledger.save_run(&other, &followed).await?;
                self.ledger.unlock(system, &other.id).await?;
            }
            return Ok(Err(answer));
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
        let row = match request.mode {
            Mode::Undo => earlier::undo(&self.ledger, request, empty).await?,
            Mode::Apply | Mode::Rehearse => self.pin_plan(request, empty).await?,
        };
        Ok(Run { undo_until: self.kept_until(row.started_at), ..row })
    }

    async fn pin_plan(&self, request: Request, empty: Run) -> Result<Run, Stop> {
        let (request, loaded, inputs) = match &request.resume {
            Some(resumed) => {
                let resumed = earlier::resumed(&self.ledger, resumed).await?;
                let loaded = load(&self.plans, &resumed.pinned).await?;
                (resumed.adapt(request)?, loaded, resumed.inputs)
            }
            None => {
                let loaded = find(&self.plans, &request.plan).await?;
                chosen(&loaded.parsed.plan, &request.only)?;
                let inputs = self.parameters.resolve(&loaded.parsed.plan, &request.inputs).await?;
                (request, loaded, inputs)
            }
        };
        let plan = &loaded.parsed.plan;
        let row = Run {
            system: Some(plan.system.clone()),
            pinned: Some(loaded.pinned.clone()),
            inputs,
            report: plan.report.clone(),
            users_see: plan.users_see.clone(),
            deadline: plan.deadline,
            request,
            ..empty
        };
        let expansion = self.expansion(&row, &loaded).await?;
        Ok(Run { stages: expansion.stages, ..row })
    }

    /// The stages and steps of a run that follows a plan: the same whenever it is asked for.
    async fn expansion(&self, run: &Run, loaded: &Loaded) -> Result<Expansion, Stop> {
        let chosen = chosen(&loaded.parsed.plan, &run.request.only)?;
        let mut expansion = expand(&loaded.parsed, &CATALOGUE, &InputValues::known(run.inputs.clone()), &chosen)
            .map_err(|problems| crate::plan::refusal(&problems))?;
        if let Some(resumed) = &run.request.resume {
            let earlier = earlier::journal(&self.ledger, resumed).await?;
            carry_over(&earlier, &mut expansion)?;
        }
        if let Some(sealed) = &run.request.sealed {
            let rehearsal = earlier::journal(&self.ledger, sealed).await?;
            fits(&rehearsal, run)?;
            seal(&rehearsal, &mut expansion)?;
        }
        if run.request.mode == Mode::Rehearse {
            for step in &mut expansion.steps {
                step.task = Task::Rehearse { after: Vec::new() };
            }
        }
        Ok(expansion)
    }

    /// Takes the lock. Returns the run that had it before.
    async fn lock(&self, run: &Run) -> Result<Option<RunId>, Stop> {
        let Some(system) = &run.system else {
            return Err(Fault::refused("the run's row says neither its system nor its refusal").into());
        };
        match run.request.mode {
            Mode::Apply | Mode::Undo => self.locksmith.lock(&self.ledger, system, run).await,
            // It changes nothing, so it waits for nobody and keeps nobody waiting.
            Mode::Rehearse => {
                let held = self.ledger.held(system).await?;
                Ok(held.holder.map(|holder| holder.run).or(held.previous))
            }
        }
    }

    /// Writes the steps, and returns their stages.
    async fn plan(&self, run: &Run) -> Result<Vec<Stage>, Stop> {
        // Under the lock nobody else can begin to change what the earlier run has done.
        if let Some(resumed) = &run.request.resume {
            still_stands(&self.ledger, run.follows.clone(), resumed).await??;
        }
        // Made again from what is pinned: a repeat writes the very same rows.
        let (stages, steps) = match (run.request.mode, &run.pinned) {
            // Under the lock it counts: what a person has decided since the row was written is in it.
            (Mode::Undo, _) => {
                let undoing = earlier::undoing_of(&self.ledger, &run.request).await?;
                (undoing.stages, undoing.steps)
            }
            (_, Some(pinned)) => {
                let loaded = load(&self.plans, pinned).await?;
                (run.stages.clone(), self.expansion(run, &loaded).await?.steps)
            }
            (_, None) => return Err(Fault::refused("the run's row does not say its plan").into()),
        };
        self.ledger.plan_steps(&run.id, &steps).await?;
        Ok(stages)
    }

    /// Until when the evidence of a run that starts then is kept for certain. What an earlier run has kept within a day
    /// is not kept once more, so it may be a day older than the run.
    fn kept_until(&self, started_at: Timestamp) -> Option<Timestamp> {
        let days = self.evidence_days.saturating_sub(1).max(0);
        started_at.checked_add(SignedDuration::from_hours(24 * days)).ok()
    }
}

/// What is to be done with a run that has begun, or cannot begin any more.
fn already(run: &Run) -> Option<Answer> {
    match (run.phase, &run.outcome, &run.refusal) {
        (Phase::Concluded, ..) | (_, Some(_), _) | (_, _, Some(_)) => Some(Answer::Conclude),
        (Phase::Running, ..) => Some(Answer::Advance),
        (Phase::Preparing, ..) => None,
    }
}

fn empty_row(payload: &Payload) -> Result<Run, Failure> {
    let (id, execution) = (payload.run.clone(), payload.execution.clone());
    Ok(Run::new(id, execution, Request::default(), SystemClock.now(), fingerprint_key()?))
}
