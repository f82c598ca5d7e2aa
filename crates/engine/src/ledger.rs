//! Where journals and locks are kept.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    ids::{RunId, StepId, SystemName},
    journal::{Execution, Journal, Run, Step},
};

#[cfg(any(test, feature = "testing"))]
pub mod memory;

/// How much of the rows is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Without `with`, `before`, `after` and `facts`: enough to decide what is next.
    Outline,
    /// Everything.
    Full,
}

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved<T> {
    /// It stands as it was given (also when it was this very write that got there before).
    Done,
    /// Somebody else has moved the row on; this is how it stands.
    Behind(Box<T>),
}

/// Who holds a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The run.
    pub run: RunId,
    /// Its execution.
    pub execution: Execution,
    /// Counts the holders of this system.
    pub epoch: u64,
    /// The run that held it before.
    #[serde(default)]
    pub previous: Option<RunId>,
}

/// Who holds a system, and who did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// The run that holds it now.
    pub holder: Option<Lock>,
    /// The run that held it before.
    pub previous: Option<RunId>,
}

/// What became of an attempt to lock a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked {
    /// It is ours (also when it already was).
    Ours(Lock),
    /// Another run holds it.
    Theirs(Lock),
}

/// Journals and locks. Every write is conditional on what it follows; a write whose outcome was lost is read back
/// before it counts as failed.
#[async_trait(?Send)]
pub trait Ledger {
    /// Writes a run's first row, unless there is one: then that one is returned.
    async fn create_run(&self, run: &Run) -> Result<Saved<Run>, Fault>;
    /// The row of a run.
    async fn run(&self, run: &RunId) -> Result<Option<Run>, Fault>;
    /// Moves a run's row on, if it is still at the revision that `was` has.
    async fn save_run(&self, was: &Run, now: &Run) -> Result<Saved<Run>, Fault>;
    /// Writes planned steps; those that are there already are left as they are.
    async fn plan_steps(&self, run: &RunId, steps: &[Step]) -> Result<(), Fault>;
    /// The journal of a run, read consistently.
    async fn journal(&self, run: &RunId, depth: Depth) -> Result<Option<Journal>, Fault>;
    /// The row of a step, whole, read consistently.
    async fn step(&self, run: &RunId, step: &StepId) -> Result<Option<Step>, Fault>;
    /// Moves a step's row on, if it is still at the revision that `was` has. Writes what differs.
    async fn save_step(&self, run: &RunId, was: &Step, now: &Step) -> Result<Saved<Step>, Fault>;
    /// Locks a system for a run; with `instead_of`, takes it over from exactly that holder.
    async fn lock(
        &self,
        system: &SystemName,
        run: &RunId,
        execution: &Execution,
        instead_of: Option<&Lock>,
    ) -> Result<Locked, Fault>;
    /// Who holds a system, read consistently.
    async fn held(&self, system: &SystemName) -> Result<Held, Fault>;
    /// Frees a system, if that run holds it.
    async fn unlock(&self, system: &SystemName, run: &RunId) -> Result<(), Fault>;
}
