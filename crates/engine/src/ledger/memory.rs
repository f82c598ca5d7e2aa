//! A ledger in memory, for tests. It keeps rows as JSON and writes what differs, as a real one does.

#![allow(clippy::expect_used, reason = "that is how a test fails")]

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{Depth, Held, Ledger, Lock, Locked, Saved};
use crate::{
    fault::Fault,
    ids::{RunId, StepId, SystemName},
    journal::{Execution, Journal, Run, Status, Step},
};

/// Who holds a system, and who did.
#[derive(Debug, Default)]
struct Holding {
    holder: Option<Lock>,
    previous: Option<RunId>,
    epoch: u64,
}

/// A ledger in memory. Counts its writes.
#[derive(Default)]
pub struct MemoryLedger {
    runs: RefCell<BTreeMap<RunId, Run>>,
    steps: RefCell<BTreeMap<(RunId, StepId), Map<String, Value>>>,
    locks: RefCell<BTreeMap<SystemName, Holding>>,
    writes: RefCell<usize>,
    after_write: RefCell<Option<Box<dyn Fn()>>>,
    /// How many more rows are written before nothing answers any more.
    left: Cell<Option<usize>>,
}

impl MemoryLedger {
    /// How many rows were written.
    pub fn writes(&self) -> usize {
        *self.writes.borrow()
    }

    /// Does something whenever a step's row was written.
    pub fn after_each_write(&self, then: impl Fn() + 'static) {
        *self.after_write.borrow_mut() = Some(Box::new(then));
    }

    /// After so many more rows it answers nothing: whoever uses it has been killed.
    pub fn cut_after(&self, writes: usize) {
        self.left.set(Some(writes));
    }

    /// Whether it has come to that.
    pub fn is_cut(&self) -> bool {
        self.left.get() == Some(0)
    }

    /// It answers again.
    pub fn mend(&self) {
        self.left.set(None);
    }

    async fn answers(&self) {
        if self.is_cut() {
            std::future::pending().await
        }
    }

    fn written(&self) {
        *self.writes.borrow_mut() += 1;
        self.left.set(self.left.get().map(|left| left.saturating_sub(1)));
        if let Some(then) = &*self.after_write.borrow() {
            then();
        }
    }

    /// The rows of all runs that are started now.
    pub fn started(&self) -> Vec<Step> {
        let steps = self.steps.borrow();
        let rows = steps.values().map(|row| read(row.clone(), Depth::Full));
        rows.filter(|row| row.status == Status::Started).collect()
    }

    /// Loses a row.
    pub fn forget(&self, run: &RunId, step: &StepId) {
        self.steps.borrow_mut().remove(&(run.clone(), step.clone()));
    }

    fn find(&self, run: &RunId, step: &StepId) -> Option<Map<String, Value>> {
        self.steps.borrow().get(&(run.clone(), step.clone())).cloned()
    }
}

fn written(step: &Step) -> Map<String, Value> {
    serde_json::to_value(step).expect("writes").as_object().expect("a row").clone()
}

fn read(row: Map<String, Value>, depth: Depth) -> Step {
    let large = |name: &str| ["with", "before", "after", "facts"].contains(&name);
    let row: Map<_, _> = row.into_iter().filter(|(name, _)| depth == Depth::Full || !large(name)).collect();
    serde_json::from_value(row.into()).expect("reads")
}

#[async_trait(?Send)]
impl Ledger for MemoryLedger {
    async fn create_run(&self, run: &Run) -> Result<Saved<Run>, Fault> {
        self.answers().await;
        if let Some(there) = self.runs.borrow().get(&run.id) {
            return Ok(if there == run { Saved::Done } else { Saved::Behind(Box::new(there.clone())) });
        }
        self.runs.borrow_mut().insert(run.id.clone(), run.clone());
        Ok(Saved::Done)
    }

    async fn run(&self, run: &RunId) -> Result<Option<Run>, Fault> {
        self.answers().await;
        Ok(self.runs.borrow().get(run).cloned())
    }

    async fn save_run(&self, was: &Run, now: &Run) -> Result<Saved<Run>, Fault> {
        self.answers().await;
        let there = self.runs.borrow().get(&was.id).cloned();
        match there {
            Some(there) if there.revision == was.revision => {
                self.runs.borrow_mut().insert(now.id.clone(), now.clone());
                self.left.set(self.left.get().map(|left| left.saturating_sub(1)));
                Ok(Saved::Done)
            }
            Some(there) => Ok(Saved::Behind(Box::new(there))),
            None => Err(Fault::refused("no such run")),
        }
    }

    async fn plan_steps(&self, run: &RunId, steps: &[Step]) -> Result<(), Fault> {
        for step in steps {
            self.answers().await;
            self.written();
            self.steps.borrow_mut().entry((run.clone(), step.id.clone())).or_insert_with(|| written(step));
        }
        Ok(())
    }

    async fn journal(&self, run: &RunId, depth: Depth) -> Result<Option<Journal>, Fault> {
        self.answers().await;
        let steps = self.steps.borrow();
        let steps = steps.iter().filter(|((of, _), _)| of == run).map(|(_, row)| read(row.clone(), depth)).collect();
        Ok(self.runs.borrow().get(run).map(|run| Journal::new(run.clone(), steps)))
    }

    async fn step(&self, run: &RunId, step: &StepId) -> Result<Option<Step>, Fault> {
        self.answers().await;
        Ok(self.find(run, step).map(|row| read(row, Depth::Full)))
    }

    async fn save_step(&self, run: &RunId, was: &Step, now: &Step) -> Result<Saved<Step>, Fault> {
        self.answers().await;
        let mut row = self.find(run, &was.id).ok_or_else(|| Fault::refused("no such step"))?;
        if row.get("revision") != Some(&was.revision.into()) {
            return Ok(Saved::Behind(Box::new(read(row, Depth::Full))));
        }
        let (was, next) = (written(was), written(now));
        for name in was.keys().filter(|name| !next.contains_key(*name)) {
            row.remove(name);
        }
        row.extend(next.into_iter().filter(|(name, value)| was.get(name) != Some(value)));
        self.steps.borrow_mut().insert((run.clone(), now.id.clone()), row);
        self.written();
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
        let held = locks.entry(system.clone()).or_default();
        match &held.holder {
            Some(lock) if lock.run == *run => return Ok(Locked::Ours(lock.clone())),
            Some(lock) if Some(lock) != instead_of => return Ok(Locked::Theirs(lock.clone())),
            Some(lock) => held.previous = Some(lock.run.clone()),
            None => {}
        }
        held.epoch += 1;
        let previous = held.previous.clone();
        let lock = Lock { run: run.clone(), execution: execution.clone(), epoch: held.epoch, previous };
        held.holder = Some(lock.clone());
        Ok(Locked::Ours(lock))
    }

    async fn held(&self, system: &SystemName) -> Result<Held, Fault> {
        let locks = self.locks.borrow();
        let held = locks.get(system).map(|held| Held { holder: held.holder.clone(), previous: held.previous.clone() });
        Ok(held.unwrap_or_default())
    }

    async fn unlock(&self, system: &SystemName, run: &RunId) -> Result<(), Fault> {
        if let Some(held) = self.locks.borrow_mut().get_mut(system)
            && held.holder.as_ref().is_some_and(|lock| lock.run == *run)
        {
            held.holder = None;
            held.previous = Some(run.clone());
        }
        Ok(())
    }
}
