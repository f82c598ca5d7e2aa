//! A ledger that tells the watch until when the row of the step at work allows changes.

use async_trait::async_trait;
use backout_engine::{
    fault::Fault,
    ids::{RunId, StepId, SystemName},
    journal::{Execution, Journal, Run, Status, Step},
    ledger::{Depth, Held, Ledger, Lock, Locked, Saved},
};

use super::wire::Wire;

/// See the module.
pub struct Watched {
    below: Box<dyn Ledger>,
    wire: Wire,
}

impl Watched {
    pub fn new(below: Box<dyn Ledger>, wire: Wire) -> Self {
        Self { below, wire }
    }
}

#[async_trait(?Send)]
impl Ledger for Watched {
    async fn create_run(&self, run: &Run) -> Result<Saved<Run>, Fault> {
        self.below.create_run(run).await
    }

    async fn run(&self, run: &RunId) -> Result<Option<Run>, Fault> {
        self.below.run(run).await
    }

    async fn save_run(&self, was: &Run, now: &Run) -> Result<Saved<Run>, Fault> {
        self.below.save_run(was, now).await
    }

    async fn plan_steps(&self, run: &RunId, steps: &[Step]) -> Result<(), Fault> {
        self.below.plan_steps(run, steps).await
    }

    async fn journal(&self, run: &RunId, depth: Depth) -> Result<Option<Journal>, Fault> {
        self.below.journal(run, depth).await
    }

    async fn step(&self, run: &RunId, step: &StepId) -> Result<Option<Step>, Fault> {
        self.below.step(run, step).await
    }

    async fn save_step(&self, run: &RunId, was: &Step, now: &Step) -> Result<Saved<Step>, Fault> {
        let saved = self.below.save_step(run, was, now).await?;
        let stands = match &saved {
            Saved::Done => now,
            Saved::Behind(other) => other,
        };
        self.wire.watch().may_write_until = stands.until.filter(|_| stands.status == Status::Started);
        Ok(saved)
    }

    async fn lock(
        &self,
        system: &SystemName,
        run: &RunId,
        execution: &Execution,
        instead_of: Option<&Lock>,
    ) -> Result<Locked, Fault> {
        self.below.lock(system, run, execution, instead_of).await
    }

    async fn held(&self, system: &SystemName) -> Result<Held, Fault> {
        self.below.held(system).await
    }

    async fn unlock(&self, system: &SystemName, run: &RunId) -> Result<(), Fault> {
        self.below.unlock(system, run).await
    }
}
