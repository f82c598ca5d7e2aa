//! A ledger in memory, for tests.

use std::{cell::RefCell, collections::BTreeMap};

use async_trait::async_trait;

use super::{Depth, Ledger, Lock, Locked, Saved};
use crate::{
    fault::Fault,
    ids::{RunId, StepId, SystemName},
    journal::{Execution, Journal, Run, Step},
};

/// A ledger in memory. Counts its writes.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    runs: RefCell<BTreeMap<RunId, Run>>,
    steps: RefCell<BTreeMap<(RunId, StepId), Step>>,
    locks: RefCell<BTreeMap<SystemName, (Option<Lock>, u64)>>,
    writes: RefCell<usize>,
}

impl MemoryLedger {
    /// How many rows were written.
    pub fn writes(&self) -> usize {
        *self.writes.borrow()
    }

    /// Puts a row there, whatever stood.
    pub fn put_step(&self, run: &RunId, step: Step) {
        self.steps.borrow_mut().insert((run.clone(), step.id.clone()), step);
    }
}

#[async_trait(?Send)]
impl Ledger for MemoryLedger {
    async fn create_run(&self, run: &Run) -> Result<Saved<Run>, Fault> {
        if let Some(there) = self.runs.borrow().get(&run.id) {
            return Ok(if there == run { Saved::Done } else { Saved::Behind(Box::new(there.clone())) });
        }
        self.runs.borrow_mut().insert(run.id.clone(), run.clone());
        Ok(Saved::Done)
    }

    async fn run(&self, run: &RunId) -> Result<Option<Run>, Fault> {
        Ok(self.runs.borrow().get(run).cloned())
    }

    async fn save_run(&self, was: &Run, now: &Run) -> Result<Saved<Run>, Fault> {
        let there = self.runs.borrow().get(&was.id).cloned();
        match there {
            Some(there) if there.revision == was.revision => {
                self.runs.borrow_mut().insert(now.id.clone(), now.clone());
                Ok(Saved::Done)
            }
            Some(there) => Ok(Saved::Behind(Box::new(there))),
            None => Err(Fault::refused("no such run")),
        }
    }

    async fn plan_steps(&self, run: &RunId, steps: &[Step]) -> Result<(), Fault> {
        for step in steps {
            *self.writes.borrow_mut() += 1;
            self.steps.borrow_mut().entry((run.clone(), step.id.clone())).or_insert_with(|| step.clone());
        }
        Ok(())
    }

    async fn journal(&self, run: &RunId, _depth: Depth) -> Result<Option<Journal>, Fault> {
        let steps = self.steps.borrow().iter().filter(|((of, _), _)| of == run).map(|(_, step)| step.clone()).collect();
        Ok(self.runs.borrow().get(run).map(|run| Journal::new(run.clone(), steps)))
    }

    async fn step(&self, run: &RunId, step: &StepId) -> Result<Option<Step>, Fault> {
        Ok(self.steps.borrow().get(&(run.clone(), step.clone())).cloned())
    }

    async fn save_step(&self, run: &RunId, was: &Step, now: &Step) -> Result<Saved<Step>, Fault> {
        let key = (run.clone(), was.id.clone());
        let there = self.steps.borrow().get(&key).cloned().ok_or_else(|| Fault::refused("no such step"))?;
        if there.revision != was.revision {
            return Ok(Saved::Behind(Box::new(there)));
        }
        *self.writes.borrow_mut() += 1;
        self.steps.borrow_mut().insert(key, now.clone());
        Ok(Saved::Done)
    }

    async fn lock(
        &self,
        system: &SystemName,
        run: &RunId,
        execution: &Execution,
        instead_of: Option<&Lock>,
    ) -> Result<Locked, Fault> {
        let mut locks = self.locks.borrow_mut();
        let (holder, epoch) = locks.entry(system.clone()).or_default();
        match holder {
            Some(lock) if lock.run == *run => return Ok(Locked::Ours(lock.clone())),
            Some(lock) if Some(&*lock) != instead_of => return Ok(Locked::Theirs(lock.clone())),
            _ => {}
        }
        *epoch += 1;
        let lock = Lock { run: run.clone(), execution: execution.clone(), epoch: *epoch };
        *holder = Some(lock.clone());
        Ok(Locked::Ours(lock))
    }

    async fn unlock(&self, system: &SystemName, run: &RunId) -> Result<(), Fault> {
        if let Some((holder, _)) = self.locks.borrow_mut().get_mut(system)
            && holder.as_ref().is_some_and(|lock| lock.run == *run)
        {
            *holder = None;
        }
        Ok(())
    }
}
