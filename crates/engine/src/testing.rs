//! What the tests of this crate share: a small catalogue, rows, and names.

use std::{fmt::Debug, str::FromStr};

use crate::{
    action::Entry,
    clock::Timestamp,
    ids::StepId,
    journal::{Execution, Journal, Phase, Run, Stage, StageKind, Step},
    ledger::{Ledger as _, memory::MemoryLedger},
    request::Request,
    sensitive::FingerprintKey,
};

pub mod catalogue;

use catalogue::Panel;

pub const RUN: &str = "run-1";

/// A name, or anything else that is read from text.
pub fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect(text)
}

/// So many seconds after the beginning of the tests' time.
pub fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = id("2026-11-20T03:00:00Z");
    start + jiff::SignedDuration::from_secs(seconds)
}

pub fn stage(name: &str, kind: StageKind) -> Stage {
    Stage { name: name.into(), kind, users_see: None }
}

pub fn steps_stage(name: &str) -> Stage {
    stage(name, StageKind::Steps)
}

/// A run that is under way.
pub fn run(stages: Vec<Stage>) -> Run {
    let execution =
        Execution { arn: format!("arn:aws:states:::execution:backout:{RUN}"), started_at: at(0).to_string() };
    let request = Request { plan: "back".into(), ..Request::default() };
    Run {
        phase: Phase::Running,
        system: Some(id("platform")),
        stages,
        ..Run::new(id(RUN), execution, request, at(0), FingerprintKey::new(&[7; 32]))
    }
}

/// A planned step.
pub fn step(name: &str, stage: usize) -> Step {
    let panel = Entry::of::<Panel>();
    Step { summary: format!("does {name}"), ..Step::planned(id(name), &panel, stage) }
}

/// A ledger with a run and its planned steps.
pub fn ledger(journal: &Journal) -> MemoryLedger {
    let ledger = MemoryLedger::default();
    now(ledger.create_run(&journal.run)).expect("created");
    now(ledger.plan_steps(&journal.run.id, &journal.steps)).expect("planned");
    ledger
}

/// What a future that has nothing to wait for gives.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    futures::FutureExt::now_or_never(future).expect("nothing to wait for")
}

/// The row of a step.
pub fn row(ledger: &MemoryLedger, step: &str) -> Step {
    now(ledger.step(&id(RUN), &id::<StepId>(step))).expect("read").expect(step)
}
