//! Step Functions ends an execution at 25,000 history events: a plan that could come near is refused before it runs.

use super::Expander;
use crate::{
    action::Nature,
    code::Code,
    duration::Duration,
    journal::{Refusal, Step},
    plan::{Expansion, OnFailure},
};

/// The bound, with room for re-issued steps. The limit itself is 25,000 (Step Functions quotas).
const MOST_EVENTS: u64 = 20_000;
/// History events of a step that is done at once, and of each further look (measured; see `statemachine/README.md`).
const EVENTS_OF_A_STEP: u64 = 11;
const EVENTS_OF_A_LOOK: u64 = 9;
/// Events around each stage: `Advance`, the choice, the map.
const EVENTS_OF_A_STAGE: u64 = 14;
/// How often a change is looked at again: what flags, functions and throttles need.
const LOOKS_OF_A_CHANGE: u64 = 2;

impl Expander<'_> {
    /// Whether there are more steps already than any run could have: then the rest is not worth expanding.
    pub(super) fn is_beyond_measure(&self) -> bool {
        self.done.steps.len() as u64 > MOST_EVENTS / EVENTS_OF_A_STEP
    }

    pub(super) fn size(&mut self) {
        if let Some(Refusal { code, what, help }) = too_large(&self.done) {
            self.problem(code, &[], what, help);
        }
    }
}

/// Why a run of these steps is more than one execution can hold, if it is.
pub(crate) fn too_large(expansion: &Expansion) -> Option<Refusal> {
    let stages = expansion.stages.len() as u64 * EVENTS_OF_A_STAGE;
    let steps: u64 = expansion.steps.iter().map(|step| EVENTS_OF_A_STEP + looks(step) * EVENTS_OF_A_LOOK).sum();
    let events = stages + steps + events_of_unwinding(expansion, stages);
    if events <= MOST_EVENTS {
        return None;
    }
    let what = format!(
        "the plan is too large for one run: {} steps could take {events} events or more, and Step Functions ends an \
         execution at 25000",
        expansion.steps.len()
    );
    let help = "make two plans of it, or let checks look less often (`every`)";
    Some(Refusal { code: Code::PlanTooLarge, what, help: Some(help.into()) })
}

/// To turn round at the last step takes each change once more, at the most; checks are not made again.
fn events_of_unwinding(expansion: &Expansion, stages: u64) -> u64 {
    if !expansion.steps.iter().any(|step| step.on_failure == OnFailure::Unwind) {
        return 0;
    }
    let changes =
        expansion.steps.iter().filter(|step| step.nature == Nature::Change && !step.task.only_looks()).count();
    stages + changes as u64 * (EVENTS_OF_A_STEP + LOOKS_OF_A_CHANGE * EVENTS_OF_A_LOOK)
}

fn looks(step: &Step) -> u64 {
    match (step.within, step.every) {
        (Some(within), Some(every)) => u64::from(within.seconds_up() / every.max(Duration::seconds(1)).seconds_up()),
        _ if step.nature == Nature::Check || step.task.only_looks() => 0,
        _ => LOOKS_OF_A_CHANGE,
    }
}
