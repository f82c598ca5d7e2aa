//! What the users of a system see, and what stands of a run that took itself back.

use crate::{
    journal::{Journal, Mode, Outcome, Status, Step, Task},
    undo::{irreversible, taken_back_already},
};

/// What the users see after the last stage that is whole, and stands. A refused run knows nothing of it: another may be at
/// work.
pub(super) fn users_see(journal: &Journal) -> Option<String> {
    let run = &journal.run;
    if run.outcome == Some(Outcome::Refused) || run.request.mode != Mode::Apply {
        return None;
    }
    let back = taken_back_already(journal);
    // What it goes on with was done by the run before, which an unwinding leaves as it is.
    let status = |step: &Step| step.carried.unwrap_or(step.status);
    let unwound = run.outcome == Some(Outcome::Unwound);
    let is_carried = |step: &&Step| step.carried.is_some() || step.status == Status::Skipped;
    let is_over = |step: &&Step| {
        let status = status(step);
        status.is_good()
            || status == Status::Skipped
            || step.carried.is_some()
            || status.is_bad() && super::went_on_over(journal, step)
    };
    let (mut sees, mut half_done) = (run.users_see.clone(), None);
    for (_, stage, steps) in journal.stages() {
        let is_back = steps.iter().any(|step| back.contains(&step.id));
        if is_back || unwound && !steps.iter().all(is_carried) {
            continue;
        }
        if steps.iter().all(is_over) && steps.iter().any(|step| status(step).is_good()) {
            sees = stage.users_see.clone().or(sees);
        } else if run.outcome.is_some() && steps.iter().any(|step| may_have_changed(step.status)) {
            half_done = Some(stage.name.clone());
        }
    }
    let but = match (run.outcome, half_done) {
        (Some(Outcome::Stuck), _) => " Perhaps only in part: not all of it could be taken back.".to_owned(),
        (Some(Outcome::Unwound), _) if stands(journal) > 0 => {
            " Perhaps only in part: not all of it went back.".to_owned()
        }
        (Some(Outcome::Halted | Outcome::Aborted), _) if journal.is_going_back() => {
            " Perhaps only in part: it was being taken back.".to_owned()
        }
        (_, Some(stage)) => format!(" Perhaps only in part: the stage \"{stage}\" was not finished."),
        _ => String::new(),
    };
    sees.map(|sees| sees + &but)
}

/// How many steps of a run that took itself back have left something all the same.
pub(super) fn stands(journal: &Journal) -> usize {
    let drifted = |step: &&Step| matches!(step.task, Task::TakeBack(_)) && step.status == Status::Drifted;
    journal.steps.iter().filter(drifted).count() + irreversible(journal).count()
}

/// Whether a step that ended so has changed something, or may have.
pub(super) const fn may_have_changed(status: Status) -> bool {
    matches!(status, Status::Applied | Status::Unknown | Status::Drifted)
}
