//! What a resource was before anybody's run changed it.
//!
//! A run that goes on where an earlier one stopped finds that one's doing. So the trail is followed back, from run to
//! run, as long as what a run found is what the run before it left.

use serde_json::Value;

use crate::{
    fault::Fault,
    ids::{RunId, StepId},
    journal::{Journal, Outcome, Status, Step},
    ledger::{Depth, Ledger},
};

/// How many runs are followed back.
const MOST_RUNS: usize = 20;

/// The state that `first` found, or that a run found which left it so. The inner error says why it is not known.
///
/// # Errors
/// When the ledger cannot be reached.
pub(super) async fn original(ledger: &dyn Ledger, run: &RunId, first: &StepId) -> Result<Result<Value, Fault>, Fault> {
    let Some(step) = ledger.step(run, first).await? else { return Ok(Err(unrecorded(first))) };
    // A rehearsal goes by what the step would have found; a resumed run by what it found before.
    let tells = matches!(step.status, Status::Applied | Status::InPlace | Status::Rehearsed | Status::Skipped);
    let (true, Some(mut found)) = (tells, step.before.clone()) else { return Ok(Err(unrecorded(first))) };
    let mut changed_by_a_run = step.before != step.after;
    let mut at = run.clone();
    for _ in 0..MOST_RUNS {
        let Some(earlier) = ledger.run(&at).await?.and_then(|run| run.follows) else { break };
        let Some(journal) = ledger.journal(&earlier, Depth::Full).await? else { break };
        at = earlier;
        let same = on_same(&journal, &step);
        // A run in between that left it alone.
        let Some((oldest, newest)) = same.first().zip(same.last()) else { continue };
        // A whole plan that completed left it as it is meant to be.
        if journal.run.outcome == Some(Outcome::Completed) && journal.run.request.only.is_empty() {
            break;
        }
        // Somebody else's hand in between: what they made of it is the original.
        let (Some(before), true) = (oldest.before.clone(), newest.after.as_ref() == Some(&found)) else { break };
        found = before;
        changed_by_a_run |= oldest.status == Status::Applied;
    }
    Ok(if changed_by_a_run { Ok(found) } else { Err(changed_already(first)) })
}

/// The steps of a run that made or found such a change to the resource, in order.
fn on_same<'j>(journal: &'j Journal, step: &Step) -> Vec<&'j Step> {
    let same = |other: &&Step| other.uses == step.uses && other.resource.is_some() && other.resource == step.resource;
    let known = |other: &&Step| matches!(other.status, Status::Applied | Status::InPlace);
    journal.steps.iter().filter(same).filter(known).collect()
}

fn unrecorded(first: &StepId) -> Fault {
    Fault::refused(format!("the step `{first}` did not record what it found"))
}

fn changed_already(first: &StepId) -> Fault {
    Fault::refused(format!("what it was originally is not known: the step `{first}` found it changed already"))
        .with_advice("take the original from the report of the run that first changed it, and set it by hand")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        journal::Run,
        ledger::memory::MemoryLedger,
        resource::Resource,
        testing::{id, now, run, step},
    };

    /// A run that changed (or found) the limit of one stage, rung by rung.
    fn ran(ledger: &MemoryLedger, name: &str, follows: Option<&str>, rungs: &[(u32, u32)]) {
        let run = Run { id: id(name), follows: follows.map(id), ..run(Vec::new()) };
        now(ledger.create_run(&run)).expect("a run");
        for (index, (before, after)) in rungs.iter().enumerate() {
            let status = if before == after { Status::InPlace } else { Status::Applied };
            let (before, after) = (Some(json!({"rate": before})), Some(json!({"rate": after})));
            let resource = Some(Resource::new("api", "stage", ["prod"]));
            let step = Step { status, before, after, resource, ..step(&format!("s{index}"), index) };
            now(ledger.plan_steps(&run.id, &[step])).expect("a step");
        }
    }

    fn found(ledger: &MemoryLedger, run: &str) -> Option<Value> {
        now(original(ledger, &id(run), &id("s0"))).expect("an answer").ok()
    }

    #[test]
    fn a_run_that_goes_on_after_a_halt_knows_what_was_there_before_the_first() {
        let ledger = MemoryLedger::default();
        ran(&ledger, "halted", None, &[(1000, 1)]);
        ran(&ledger, "halted-again", Some("halted"), &[(1, 1), (1, 10)]);
        ran(&ledger, "goes-on", Some("halted-again"), &[(10, 1)]);
        assert_eq!(found(&ledger, "goes-on"), Some(json!({"rate": 1000})));
        assert_eq!(found(&ledger, "halted-again"), Some(json!({"rate": 1000})));
    }

    #[test]
    fn a_run_in_between_that_left_it_alone_does_not_end_the_trail() {
        let ledger = MemoryLedger::default();
        ran(&ledger, "halted", None, &[(1000, 1)]);
        ran(&ledger, "elsewhere", Some("halted"), &[]);
        ran(&ledger, "goes-on", Some("elsewhere"), &[(1, 1)]);
        assert_eq!(found(&ledger, "goes-on"), Some(json!({"rate": 1000})));
    }

    #[test]
    fn what_a_completed_plan_left_is_the_original() {
        let ledger = MemoryLedger::default();
        let completed = Run { id: id("completed"), outcome: Some(Outcome::Completed), ..run(Vec::new()) };
        now(ledger.create_run(&completed)).expect("a run");
        ran(&ledger, "completed", None, &[(1000, 500)]);
        ran(&ledger, "next", Some("completed"), &[(500, 1)]);
        assert_eq!(found(&ledger, "next"), Some(json!({"rate": 500})));
    }

    #[test]
    fn what_somebody_else_made_of_it_in_between_is_the_original() {
        let ledger = MemoryLedger::default();
        ran(&ledger, "halted", None, &[(1000, 1)]);
        ran(&ledger, "goes-on", Some("halted"), &[(800, 1)]);
        assert_eq!(found(&ledger, "goes-on"), Some(json!({"rate": 800})));
    }

    #[test]
    fn what_nobodys_run_has_changed_is_not_guessed() {
        let ledger = MemoryLedger::default();
        ran(&ledger, "first", None, &[(1, 1)]);
        assert_eq!(found(&ledger, "first"), None);
    }
}
