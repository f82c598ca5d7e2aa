//! All of a run's policy, as one pure function: the same journal and time always give the same answer.

use std::collections::BTreeSet;

use crate::{
    action::Nature,
    clock::Timestamp,
    duration::Duration,
    ids::StepId,
    journal::{Journal, Mode, Outcome, Phase, Stage, StageKind, Status, Step},
    plan::{OnFailure, OnGuard},
};

/// How often a step is handed out before it is given up as lost.
pub const MOST_ISSUES: u32 = 3;
/// How many steps are handed out at once: as many as an inline Map of Step Functions works on at the same time, so that
/// no step's time runs while it only queues. It also keeps the payload far below its 256 KiB.
pub const PORTION: usize = 40;

/// What a run does next, and what is to be noted about steps first.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Steps that an earlier decision makes pointless, and why.
    pub skip: Vec<(StepId, String)>,
    /// Steps whose invocations were lost too often.
    pub lost: Vec<StepId>,
    /// What comes next, once that is noted.
    pub next: Next,
}

/// What a run does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Hand out these steps, side by side.
    Stage(Vec<StepId>),
    /// Wait until then, and decide again.
    Pause {
        /// Until when.
        until: Timestamp,
        /// What for.
        why: String,
    },
    /// Plan how what was done is taken back, and decide again.
    Unwind,
    /// The run has ended so.
    Finish(Outcome),
}

/// Decides.
pub fn decide(journal: &Journal, now: Timestamp) -> Decision {
    let mut decision = Decision { skip: Vec::new(), lost: Vec::new(), next: Next::Finish(Outcome::Completed) };
    decision.next = next(journal, now, &mut decision);
    decision
}

fn next(journal: &Journal, now: Timestamp, decision: &mut Decision) -> Next {
    let run = &journal.run;
    if let Some(outcome) = run.outcome {
        return Next::Finish(outcome);
    }
    if run.refusal.is_some() {
        return Next::Finish(Outcome::Refused);
    }
    if run.abort.is_some() {
        return stopped(journal, now);
    }
    match (run.phase, run.request.mode) {
        (Phase::Preparing, _) => Next::Finish(Outcome::Refused),
        _ if journal.is_going_back() => go_back(journal, now, decision),
        (_, Mode::Rehearse) => rehearse(journal, now, decision),
        (_, Mode::Apply | Mode::Undo) => go_forth(journal, now, decision),
    }
}

/// A run that somebody stops does nothing more. Where it had come to its end already, that end counts.
fn stopped(journal: &Journal, now: Timestamp) -> Next {
    let mut undisturbed = journal.clone();
    undisturbed.run.abort = None;
    match (journal.run.phase, decide(&undisturbed, now).next) {
        (Phase::Running, Next::Finish(outcome)) if outcome != Outcome::Halted => Next::Finish(outcome),
        _ => Next::Finish(Outcome::Aborted),
    }
}

/// Whether somebody has begun to close the run before its end.
fn is_being_closed(steps: &[&Step]) -> bool {
    steps.iter().any(|step| step.status == Status::Closed)
}

fn go_forth(journal: &Journal, now: Timestamp, decision: &mut Decision) -> Next {
    let mut held: BTreeSet<usize> = BTreeSet::new();
    let mut warned = false;
    for (index, stage, steps) in journal.stages() {
        if ramp_of(stage).is_some_and(|ramp| held.contains(&ramp)) {
            let planned = steps.iter().filter(|step| step.status == Status::Planned);
            decision
                .skip
                .extend(planned.map(|step| (step.id.clone(), "an earlier rung's guard did not pass".to_owned())));
            continue;
        }
        if let Some(pause) = hold(journal, index, stage, &steps, now) {
            return pause;
        }
        if let Some(next) = hand_out(&steps, now, decision) {
            return next;
        }
        if is_being_closed(&steps) {
            return Next::Finish(Outcome::Halted);
        }
        match verdict(stage, &steps) {
            Verdict::GoOn => {}
            Verdict::Warn => warned = true,
            Verdict::Hold(ramp) => {
                warned = true;
                held.insert(ramp);
            }
            Verdict::Unwind if journal.steps.iter().any(Step::may_be_taken_back) => return Next::Unwind,
            Verdict::Unwind => return Next::Finish(Outcome::Unwound),
            Verdict::Finish(outcome) => return Next::Finish(outcome),
        }
    }
    Next::Finish(if warned { Outcome::CompletedWithWarnings } else { Outcome::Completed })
}

/// Through the stages that take back, whether they are all of the run or the end of one that failed.
fn go_back(journal: &Journal, now: Timestamp, decision: &mut Decision) -> Next {
    let mut left_alone = false;
    let stages = journal.stages().filter(|(_, stage, _)| stage.takes_back());
    for (_, _, steps) in stages {
        if let Some(next) = hand_out(&steps, now, decision) {
            return next;
        }
        if is_being_closed(&steps) {
            return Next::Finish(Outcome::Halted);
        }
        // What was done earlier may lean on what will not go back, so nothing earlier is taken back over it.
        if steps.iter().any(|step| step.status.is_bad() && step.status != Status::Drifted) {
            return Next::Finish(Outcome::Stuck);
        }
        left_alone |= steps.iter().any(|step| step.status == Status::Drifted);
    }
    Next::Finish(match (journal.run.request.mode, left_alone) {
        (Mode::Undo, false) => Outcome::Completed,
        (Mode::Undo, true) => Outcome::CompletedWithWarnings,
        (Mode::Apply | Mode::Rehearse, _) => Outcome::Unwound,
    })
}

/// Through everything, whatever is found: a rehearsal shows all that is wrong.
fn rehearse(journal: &Journal, now: Timestamp, decision: &mut Decision) -> Next {
    for (_, _, steps) in journal.stages() {
        if let Some(next) = hand_out(&steps, now, decision) {
            return next;
        }
        if is_being_closed(&steps) {
            return Next::Finish(Outcome::Halted);
        }
    }
    // What later checks find says nothing yet: they judge what the plan would have made.
    let would_not_work = journal.stages().any(|(_, stage, steps)| {
        let mut bad = steps.iter().filter(|step| step.status.is_bad() && step.on_failure != OnFailure::Continue);
        bad.any(|step| stage.kind == StageKind::Preflight || step.nature != Nature::Check)
    });
    Next::Finish(if would_not_work { Outcome::NotReady } else { Outcome::Rehearsed })
}

const fn ramp_of(stage: &Stage) -> Option<usize> {
    match stage.kind {
        StageKind::Rung { ramp } | StageKind::Guards { ramp, .. } => Some(ramp),
        StageKind::Preflight | StageKind::Seal | StageKind::Steps | StageKind::Undo { .. } => None,
    }
}

/// A rung is held for its time before its guards judge it.
fn hold(journal: &Journal, index: usize, stage: &Stage, steps: &[&Step], now: Timestamp) -> Option<Next> {
    let StageKind::Guards { hold, .. } = stage.kind else { return None };
    let rung: Vec<_> = journal.stage_steps(index.checked_sub(1)?).collect();
    let chosen = rung.iter().any(|step| step.status != Status::Skipped);
    let begun = steps.iter().any(|step| step.status != Status::Planned && step.status != Status::Skipped)
        || journal.steps.iter().any(|step| step.stage > index && step.issued_at.is_some());
    let reached = rung.iter().filter_map(|step| step.ended_at).max()?;
    let until = reached.checked_add(hold.signed()).ok()?;
    (chosen && !begun && now < until).then(|| Next::Pause { until, why: format!("{}: held for {hold}", stage.name) })
}

/// The open steps of a stage: those not handed out yet, and those whose invocation was lost.
fn hand_out(steps: &[&Step], now: Timestamp, decision: &mut Decision) -> Option<Next> {
    let mut ready = Vec::new();
    let mut wait: Option<Timestamp> = None;
    for step in steps.iter().filter(|step| !step.status.is_final()) {
        // The map has ended, so nobody is at work on it any more, except a lost invocation until its deadline.
        match (step.status, step.until) {
            (Status::Started, Some(until)) if now <= until => wait = Some(wait.map_or(until, |wait| wait.min(until))),
            (Status::Planned, _) => ready.push(step.id.clone()),
            _ if step.issues < MOST_ISSUES => ready.push(step.id.clone()),
            _ => decision.lost.push(step.id.clone()),
        }
    }
    ready.truncate(PORTION);
    if !ready.is_empty() {
        return Some(Next::Stage(ready));
    }
    if let Some(until) = wait {
        let until = until.checked_add(Duration::seconds(1).signed()).unwrap_or(until);
        return Some(Next::Pause { until, why: "a lost invocation could still be writing".into() });
    }
    // With the lost steps noted, the next decision sees the stage ended.
    (!decision.lost.is_empty()).then_some(Next::Pause { until: now, why: "steps were lost".into() })
}

enum Verdict {
    GoOn,
    Warn,
    Hold(usize),
    Unwind,
    Finish(Outcome),
}

fn verdict(stage: &Stage, steps: &[&Step]) -> Verdict {
    let bad: Vec<_> = steps.iter().filter(|step| step.status.is_bad()).collect();
    if bad.is_empty() {
        return Verdict::GoOn;
    }
    // Whatever the plan says, nobody goes on over an unknown outcome or somebody else's hand.
    let astray = |step: &&&Step| matches!(step.status, Status::Unknown | Status::Drifted);
    match stage.kind {
        StageKind::Guards { .. } if bad.iter().any(astray) => Verdict::Finish(Outcome::Halted),
        StageKind::Guards { ramp, on_guard: OnGuard::Hold, .. } => Verdict::Hold(ramp),
        StageKind::Guards { on_guard: OnGuard::Halt, .. } => Verdict::Finish(Outcome::Halted),
        StageKind::Seal => Verdict::Finish(Outcome::NotReady),
        StageKind::Preflight if bad.iter().any(|step| astray(step) || step.on_failure != OnFailure::Continue) => {
            Verdict::Finish(Outcome::NotReady)
        }
        StageKind::Steps | StageKind::Rung { .. } | StageKind::Undo { .. } => stop(&bad),
        StageKind::Preflight => Verdict::Warn,
    }
}

/// What bad steps mean for the run: the most careful of what they ask for.
fn stop(bad: &[&&Step]) -> Verdict {
    // Whether a command arrived is a person's to find out, before anything else is changed. Of a change a reading tells,
    // and to take it back begins with one.
    let lost_command = |step: &&&Step| step.status == Status::Unknown && step.nature == Nature::Command;
    let halts = |step: &&&Step| match step.on_failure {
        OnFailure::Halt => true,
        OnFailure::Continue => matches!(step.status, Status::Unknown | Status::Drifted),
        OnFailure::Unwind => false,
    };
    if bad.iter().any(|step| lost_command(step) || halts(step)) {
        Verdict::Finish(Outcome::Halted)
    } else if bad.iter().any(|step| step.on_failure == OnFailure::Unwind) {
        Verdict::Unwind
    } else {
        Verdict::Warn
    }
}

#[cfg(test)]
mod tests;
