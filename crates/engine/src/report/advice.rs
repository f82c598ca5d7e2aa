//! The headline of a report, and what to do now.

use serde_json::Value;

use super::Report;
use crate::{
    code::Code,
    journal::{Journal, Outcome, StageKind},
    sensitive::Redactor,
};

pub(super) fn headline(report: &Report) -> String {
    let plan = &report.plan;
    let mut stops = report.stopped_by.iter().filter_map(|stop| stop.step.as_ref().zip(stop.stage.as_ref()));
    let at = stops.next().map_or_else(String::new, |(step, stage)| match stops.count() {
        0 => format!(" at `{step}` ({stage})"),
        more => format!(" at `{step}` and {more} more ({stage})"),
    });
    match report.outcome {
        None => format!("{plan} is running"),
        Some(Outcome::Completed) => format!("{plan} completed in {}", report.took),
        Some(Outcome::CompletedWithWarnings) => format!("{plan} completed in {} with warnings", report.took),
        Some(Outcome::NotReady) => format!("{plan} was not begun: its preflight did not pass{at}; nothing was changed"),
        Some(Outcome::Halted) => format!("{plan} halted{at} after {}; what was done stands", report.took),
        Some(Outcome::Refused) => format!("{plan} was refused; nothing was changed"),
    }
}

pub(super) fn what_to_do(report: &Report, journal: &Journal, redactor: &Redactor) -> Vec<String> {
    let plan = &report.plan;
    let mut todo: Vec<String> = journal.run.refusal.iter().filter_map(|refusal| refusal.help.clone()).collect();
    for advice in report.steps().filter(|step| step.status.is_bad()).filter_map(|step| step.advice.as_ref()) {
        if !todo.contains(advice) {
            todo.push(advice.clone());
        }
    }
    match report.outcome {
        None | Some(Outcome::Completed) => {}
        Some(Outcome::CompletedWithWarnings) => todo.extend(held_ramps(journal, redactor)),
        Some(Outcome::NotReady) => {
            todo.push(format!("Mend what the preflight found, then: backout start {plan} --reason \"…\""));
        }
        Some(Outcome::Halted) => {
            let unknown = report.stopped_by.iter().any(|stop| matches!(stop.code, Code::OutcomeUnknown | Code::Drift));
            let first = if unknown { "Start nothing on the system before that is settled" } else { "Mend the cause" };
            todo.push(format!(
                "{first}, then: backout start {plan} --reason \"…\". Steps that are done are found in place and not repeated."
            ));
        }
        Some(Outcome::Refused) => {}
    }
    todo.iter().map(|sentence| capital(sentence)).collect()
}

fn capital(sentence: &str) -> String {
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
