//! What something else does: it puts resources back behind the engine's back.

use backout_engine::{
    action::Claim,
    ids::StepId,
    journal::{Journal, Status, Step, TakesBack, Task},
};

use super::{fixtures::Kept, machine::Machine, world::World};

/// Puts back what the steps of a journal may have changed, the last one first.
pub async fn put_back(world: &World, journal: &Journal) {
    for step in journal.steps.iter().rev().filter(|step| step.before != step.after) {
        back_to_before(world, journal, step).await;
    }
}

/// By a run of its own, with the step's claim, so that what the step has made is known as its own.
async fn back_to_before(world: &World, journal: &Journal, step: &Step) {
    let found: StepId = "found".parse().expect("a name");
    let claim = match &step.task {
        Task::TakeBack(takes) => takes.claim.clone(),
        _ => Claim { run: journal.run.id.clone(), step: step.id.clone() },
    };
    let takes = TakesBack { run: journal.run.id.clone(), steps: vec![found.clone()], claim };
    let clean = Step { task: Task::TakeBack(takes), ..step.like(step.id.clone(), 1) };
    let first = Step { id: found, stage: 0, status: Status::Applied, task: Task::Apply, ..step.clone() };
    let machine = Machine::new(world, Kept::Memory, &journal.run.id, &[first, clean]).await;
    // A run in a run: the future has no size of its own.
    let ended = Box::pin(machine.run()).await;
    let row = ended.steps.last().expect("a step");
    assert!(row.status.is_good(), "it could not be put back: {row:#?}");
}
