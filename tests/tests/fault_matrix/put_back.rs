//! What something else does: it puts resources back behind the engine's back.

use backout_engine::{
    ids::StepId,
    journal::{Journal, Status, Step},
};

use super::{fixtures::Kept, machine::Machine, world::World};

/// Puts back what the steps of a journal may have changed, the last one first.
pub async fn put_back(world: &World, journal: &Journal) {
    for step in journal.steps.iter().rev().filter(|step| step.before != step.after) {
        back_to_before(world, journal, step).await;
    }
}

/// By a run of its own, with the step's name, so that what the step has made is known as its own.
async fn back_to_before(world: &World, journal: &Journal, step: &Step) {
    let found: StepId = "found".parse().expect("a name");
    let clean = Step { original_of: Some(found.clone()), ..step.like(step.id.clone(), 1) };
    let first = Step { id: found, stage: 0, status: Status::Applied, original_of: None, ..step.clone() };
    let machine = Machine::new(world, Kept::Memory, &journal.run.id, &[first, clean]).await;
    // A run in a run: the future has no size of its own.
    let ended = Box::pin(machine.run()).await;
    let row = ended.steps.last().expect("a step");
    assert!(row.status.is_good(), "it could not be put back: {row:#?}");
}
