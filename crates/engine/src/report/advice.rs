//! The headline of a report, and what to do now.

use super::Report;
use crate::{code::Code, journal::Outcome};

pub(super) fn headline(report: &Report) -> String {
    let plan = &report.plan;
    let stop = report.stopped_by.last();
    let at = stop.and_then(|stop| Some(format!(" at `{}` ({})", stop.step.as_ref()?, stop.stage.as_ref()?)));
    let at = at.unwrap_or_default();
    match report.outcome {
        None => format!("{plan} is running"),
        Some(Outcome::Completed) => format!("{plan} completed in {}", report.took),
        Some(Outcome::CompletedWithWarnings) => format!("{plan} completed in {} with warnings", report.took),
        Some(Outcome::NotReady) => format!("{plan} was not begun: its preflight did not pass{at}; nothing was changed"),
        Some(Outcome::Halted) => format!("{plan} halted{at} after {}; what was done stands", report.took),
        Some(Outcome::Refused) => format!("{plan} was refused; nothing was changed"),
    }
}

pub(super) fn what_to_do(report: &Report) -> Vec<String> {
    let plan = &report.plan;
    let mut todo: Vec<String> =
        report.steps().filter(|step| step.status.is_bad()).filter_map(|step| step.advice.clone()).collect();
    todo.dedup();
    match report.outcome {
        None | Some(Outcome::Completed) => {}
        Some(Outcome::CompletedWithWarnings) => {
            let held =
                report.stages.iter().find(|stage| stage.guards && stage.steps.iter().any(|step| step.status.is_bad()));
            if let Some(stage) = held {
                let ramp = stage.name.split(" (").next().unwrap_or(&stage.name);
                todo.push(format!(
                    "The ramp `{ramp}` stays where it is. When the cause is gone: backout start {plan} --only \"{ramp}\" --reason \"…\""
                ));
            }
        }
        Some(Outcome::NotReady) => {
            todo.push(format!("Mend what the preflight found, then: backout start {plan} --reason \"…\""));
        }
        Some(Outcome::Halted) => {
            let unknown = report.stopped_by.iter().any(|stop| matches!(stop.code, Code::OutcomeUnknown | Code::Drift));
            if !unknown {
                todo.push(format!(
                    "Mend the cause, then: backout start {plan} --reason \"…\". Steps that are done are found in place and not repeated."
                ));
            }
        }
        Some(Outcome::Refused) => {}
    }
    todo
}
