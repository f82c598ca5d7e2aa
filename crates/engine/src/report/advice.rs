//! The headline of a report, and what to do now.

use serde_json::Value;

use super::Report;
use crate::{
    code::Code,
    journal::{Journal, Mode, Outcome, StageKind, Status},
    sensitive::Redactor,
};

pub(super) fn headline(report: &Report, journal: &Journal) -> String {
    let plan = &report.plan;
    let stuck: Vec<_> = report.steps().filter(|step| step.status == Status::Stuck).map(|step| &step.id).collect();
    // Where something is stuck, that is what it stopped at, and not what made the run turn round.
    let mut stops = report
        .stopped_by
        .iter()
        .filter_map(|stop| stop.step.as_ref().zip(stop.stage.as_ref()))
        .filter(|(step, _)| stuck.is_empty() || stuck.contains(step));
    let at = stops.next().map_or_else(String::new, |(step, stage)| match stops.count() {
        0 => format!(" at `{step}` ({stage})"),
        more => format!(" at `{step}` and {more} more ({stage})"),
    });
    let (took, subject) = (report.took, subject(report));
    match report.outcome {
        None => format!("{subject} is running"),
        Some(Outcome::Completed) => format!("{subject} completed in {took}"),
        Some(Outcome::CompletedWithWarnings) => format!("{subject} completed in {took} with warnings"),
        Some(Outcome::Rehearsed) => {
            let changes = report.steps().filter(|step| step.status == Status::Rehearsed).count();
            let steps = if changes == 1 { "step" } else { "steps" };
            format!("{plan} was rehearsed in {took}: {changes} {steps} would change something; nothing was changed")
        }
        Some(Outcome::NotReady) if report.mode == Mode::Rehearse => {
            format!("{plan} would not work: its rehearsal failed{at}; nothing was changed")
        }
        Some(Outcome::NotReady) if differs_from_rehearsal(report) => {
            format!("{plan} was not begun: not everything is as it was rehearsed{at}; nothing was changed")
        }
        Some(Outcome::NotReady) => format!("{plan} was not begun: its preflight did not pass{at}; nothing was changed"),
        Some(Outcome::Unwound) => {
            let but = match super::users::stands(journal) {
                0 => String::new(),
                1 => ", but for one step".to_owned(),
                several => format!(", but for {several} steps"),
            };
            format!("{plan} failed{at} and was unwound after {took}: what it had done is taken back{but}")
        }
        Some(Outcome::Halted) => format!("{subject} halted{at} after {took}; {}", what_stands(report, journal)),
        Some(Outcome::Stuck) => format!("{subject} got stuck{at} after {took}; the rest has to be taken back by hand"),
        Some(Outcome::Aborted) => format!("{subject} was stopped after {took}; {}", what_stands(report, journal)),
        Some(Outcome::Refused) => format!("{subject} was refused; nothing was changed"),
    }
}

fn what_stands(report: &Report, journal: &Journal) -> &'static str {
    if journal.is_going_back() && report.mode != Mode::Undo {
        "what it had done was being taken back, and stands in part"
    } else {
        "what was done stands"
    }
}

fn differs_from_rehearsal(report: &Report) -> bool {
    report.stopped_by.iter().any(|stop| stop.code == Code::DiffersFromRehearsal)
}

fn subject(report: &Report) -> String {
    match &report.undoes {
        Some(undone) => format!("the undo of {undone} ({})", report.plan),
        None => report.plan.clone(),
    }
}

pub(super) fn what_to_do(report: &Report, journal: &Journal, redactor: &Redactor) -> Vec<String> {
    let (plan, run) = (&report.plan, &report.run_id);
    let mut todo: Vec<String> = journal.run.refusal.iter().filter_map(|refusal| refusal.help.clone()).collect();
    for advice in report.steps().filter(|step| step.status.is_bad()).filter_map(|step| step.advice.as_ref()) {
        if !todo.contains(advice) {
            todo.push(advice.clone());
        }
    }
    match report.outcome {
        None | Some(Outcome::Completed | Outcome::Refused) => {}
        Some(Outcome::CompletedWithWarnings) => todo.extend(held_ramps(journal, redactor)),
        Some(Outcome::Rehearsed) => {
            todo.push(match &report.resumes {
                Some(resumed) => format!("To do this: backout resume {resumed}"),
                None => {
                    format!("To do just this, and nothing if anything has changed: backout start {plan} --sealed {run}")
                }
            });
        }
        Some(Outcome::NotReady) if report.mode == Mode::Rehearse => {
            todo.push(format!("Mend what the rehearsal found, then: backout rehearse {plan}"));
        }
        Some(Outcome::NotReady) if differs_from_rehearsal(report) => {
            todo.push(format!("backout rehearse {plan}, then: backout start {plan} --sealed REHEARSAL"));
        }
        Some(Outcome::NotReady) => {
            todo.push(format!("Mend what was found, then: backout start {plan} --reason \"…\""));
        }
        Some(Outcome::Unwound) => todo.push(format!("Mend the cause, then: backout start {plan} --reason \"…\"")),
        Some(Outcome::Stuck) => todo.extend(left_by_hand(report)),
        Some(Outcome::Halted | Outcome::Aborted) if report.mode == Mode::Undo => {
            let undone = report.undoes.as_ref().unwrap_or(run);
            todo.push(format!("To take back the rest: backout undo {undone} --reason \"…\""));
        }
        // There is nothing to go on with: whatever it has seen is old by then.
        Some(Outcome::Halted | Outcome::Aborted) if report.mode == Mode::Rehearse => {
            todo.push(format!("To look at everything once more: backout rehearse {plan}"));
        }
        Some(Outcome::Halted | Outcome::Aborted) => todo.extend(onwards_or_back(report, journal)),
    }
    todo.iter().map(|sentence| capital(sentence)).collect()
}

/// The two ways from a run that stopped half-way.
fn onwards_or_back(report: &Report, journal: &Journal) -> Vec<String> {
    let run = &report.run_id;
    let unknown = report.steps().filter(|step| step.status == Status::Unknown);
    let mut todo: Vec<String> = unknown
        .map(|step| {
            let id = &step.id;
            format!("Write down what you find: backout resolve {run} {id} applied|not-applied --reason \"…\"")
        })
        .collect();
    let unsettled = report.stopped_by.iter().any(|stop| matches!(stop.code, Code::OutcomeUnknown | Code::Drift))
        || !todo.is_empty();
    let first = if unsettled {
        "Start nothing on the system before that is settled, then go on:"
    } else if report.outcome == Some(Outcome::Aborted) {
        "To go on after the last finished stage:"
    } else {
        "Mend the cause, then go on after the last finished stage:"
    };
    if journal.is_going_back() {
        todo.push(format!("To take back the rest: backout undo {run} --reason \"…\""));
        return todo;
    }
    todo.push(format!("{first} backout resume {run}"));
    if report.steps().any(|step| super::users::may_have_changed(step.status)) {
        todo.push(format!("Or take back what was done: backout undo {run} --reason \"…\""));
    }
    todo
}

/// What is left where something would not go back, in the order in which it has to be done.
fn left_by_hand(report: &Report) -> Vec<String> {
    let left = |status| matches!(status, Status::Stuck | Status::Closed | Status::Planned);
    let rows = report.steps().filter(|step| step.takes_back.is_some() && left(step.status));
    let mut todo: Vec<String> = rows
        .map(|step| {
            let moves: Vec<String> = step.changes.iter().map(ToString::to_string).collect();
            let moves = if moves.is_empty() { String::new() } else { format!(" ({})", moves.join(", ")) };
            format!("By hand, or by another undo: {}{moves}", step.summary)
        })
        .collect();
    let run = report.undoes.as_ref().unwrap_or(&report.run_id);
    todo.push(format!("When the cause is mended, the rest goes back by itself: backout undo {run} --reason \"…\""));
    todo
}

/// A sentence with its first letter as a sentence has it, unless it begins with a command or an address.
fn capital(sentence: &str) -> String {
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let is_word = first.trim_end_matches([',', ':', ';']).chars().all(char::is_alphabetic);
    if first == "backout" || !is_word {
        return sentence.to_owned();
    }
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is left to do where a guard held a ramp.
fn held_ramps(journal: &Journal, redactor: &Redactor) -> Vec<String> {
    let mut left = Vec::new();
    for (index, stage, steps) in journal.stages() {
        let StageKind::Guards { ramp, .. } = stage.kind else { continue };
        if !steps.iter().any(|step| step.status.is_bad()) {
            continue;
        }
        let rungs = |stage: usize| journal.stage_steps(stage).next();
        let here = index.checked_sub(1).and_then(rungs).map_or_else(String::new, |step| step.summary.clone());
        let first = rungs(ramp);
        let original = journal
            .steps
            .iter()
            .filter(|step| step.stage > index)
            .find_map(|step| step.original_of.as_ref())
            .and_then(|id| journal.steps.iter().find(|step| step.id == *id))
            .or(first)
            .and_then(|step| step.before.as_ref())
            .map(|before| leaves(&redactor.redact(before)));
        let ramp = stage.name.split(" (").next().unwrap_or(&stage.name);
        let plan = &journal.run.request.plan;
        let was = original.filter(|text| !text.is_empty()).map(|text| format!(" It was {text} before."));
        left.push(format!(
            "The ramp stays where it is ({here}).{} When the cause is gone: backout start {plan} --only \"{ramp}\" --reason \"…\"",
            was.unwrap_or_default()
        ));
    }
    left
}

/// A state in one line: `burst 2000, rate 1000`.
fn leaves(state: &Value) -> String {
    super::differences(&Value::Object(serde_json::Map::new()), state)
        .into_iter()
        .filter_map(|leaf| Some(format!("{} {}", leaf.path, leaf.after?)))
        .collect::<Vec<_>>()
        .join(", ")
}
