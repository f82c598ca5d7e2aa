//! `backout resolve`: decide what became of a step whose outcome nobody could tell.

use backout_aws::{Reports, SystemClock};
use backout_engine::{
    clock::{Clock as _, Timestamp},
    fault::Fault,
    ids::{RunId, StepId},
    journal::{Decision, Journal, Status, Step},
    ledger::{Ledger, Saved},
    plan::nearest,
    report::{Report, markdown},
    shown::line,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{ask::person, earlier::ended_journal};
use crate::{
    error::{CliError, Exit, WhatFailed},
    output::Output,
    paint::Paint,
    stack::Stack,
};

/// The arguments of `backout resolve`.
#[derive(Debug, Args)]
pub struct Resolve {
    /// The run.
    run: RunId,
    /// The step whose outcome is unknown.
    step: StepId,
    /// What you have found out about it.
    found: Found,
    /// How you know, for the report and whoever reads it later.
    #[arg(long, value_name = "TEXT", required = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Found {
    /// It did happen.
    Applied,
    /// It did not.
    NotApplied,
}

/// What a person says of a step.
struct Saying<'a> {
    step: &'a StepId,
    decision: Decision,
    by: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct Told {
    run_id: RunId,
    step: StepId,
    status: Status,
    /// Who decided what, and why.
    says: String,
    /// The steps of the run whose outcome is still unknown.
    still_unknown: Vec<StepId>,
    what_to_do: Vec<String>,
    /// Where the report is, `s3://…/report.md`.
    report: String,
}

impl Resolve {
    /// Writes it into the journal, then writes the report again so that it tells it.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let ledger = stack.cloud.ledger();
        let decision = match self.found {
            Found::Applied => Decision::Applied,
            Found::NotApplied => Decision::NotApplied,
        };
        let by = person();
        let saying = Saying { step: &self.step, decision, by: &by, reason: self.reason.trim() };
        let journal = resolve(&ledger, &self.run, &saying, SystemClock.now()).await?;
        let report = Report::of(&journal, SystemClock.now());
        let place = write(&stack.cloud.reports(), &report).await?;
        let told = Told::of(&journal, report, &self.step, place);
        output.result(&told, |paint| text(&told, paint));
        Ok(Exit::Completed)
    }
}

/// Moves the step's row, and returns the journal as it stands then.
async fn resolve(ledger: &dyn Ledger, run: &RunId, saying: &Saying<'_>, now: Timestamp) -> Result<Journal, CliError> {
    let mut journal = ended_journal(ledger, run).await?;
    let Some(step) = journal.steps.iter_mut().find(|step| step.id == *saying.step) else {
        return Err(unknown_step(&journal, saying.step));
    };
    let Ok(resolved) = step.resolve(saying.decision, saying.by, saying.reason, now) else {
        return Err(is_known(run, step));
    };
    match ledger.save_step(run, step, &resolved).await? {
        Saved::Done => *step = resolved,
        // Somebody else has decided it at the same time.
        Saved::Behind(other) => return Err(is_known(run, &other)),
    }
    Ok(journal)
}

fn unknown_step(journal: &Journal, step: &StepId) -> CliError {
    let run = &journal.run.id;
    let unknown: Vec<&str> = still_unknown(journal).map(StepId::as_str).collect();
    let all = journal.steps.iter().map(|step| step.id.as_str());
    let help = match (nearest(step.as_str(), all), unknown.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => "it has no step whose outcome is unknown".into(),
        (None, unknown) => format!("the outcome of {} is unknown", unknown.join(", ")),
    };
    CliError::wrong_use(WhatFailed::UnknownStep, format!("the run `{run}` has no step `{step}`")).help(help)
}

fn is_known(run: &RunId, step: &Step) -> CliError {
    let (id, status) = (&step.id, step.status);
    let says = step.conclusion.as_ref().map(|it| it.says.as_str()).filter(|says| !says.is_empty());
    let says = says.map_or_else(String::new, |says| format!(": {says}"));
    let what = format!("the step `{id}` of the run `{run}` is {status}, not unknown{says}");
    CliError::wrong_use(WhatFailed::NothingToResolve, what)
        .help("only what nobody could tell is for a person to decide")
}

fn still_unknown(journal: &Journal) -> impl Iterator<Item = &StepId> {
    journal.steps.iter().filter(|step| step.status == Status::Unknown).map(|step| &step.id)
}

async fn write(reports: &Reports, report: &Report) -> Result<String, CliError> {
    let json = serde_json::to_value(report)
        .map_err(|error| Fault::refused(format!("the report cannot be written as JSON: {error}")))?;
    Ok(reports.put(&report.run_id, &json, &markdown(report)).await?)
}

impl Told {
    fn of(journal: &Journal, report: Report, step: &StepId, place: String) -> Self {
        let row = journal.steps.iter().find(|row| row.id == *step);
        Self {
            run_id: report.run_id,
            step: step.clone(),
            status: row.map_or(Status::Unknown, |row| row.status),
            says: row.and_then(|row| row.conclusion.as_ref()).map(|it| it.says.clone()).unwrap_or_default(),
            still_unknown: still_unknown(journal).cloned().collect(),
            what_to_do: report.what_to_do,
            report: place,
        }
    }
}

fn text(told: &Told, paint: Paint) -> String {
    let mut lines = vec![format!("{} {}: {}", paint.sign(told.status), paint.strong(&told.step), line(&told.says))];
    if !told.still_unknown.is_empty() {
        let ids: Vec<&str> = told.still_unknown.iter().map(StepId::as_str).collect();
        lines.push(format!("  still unknown  {}", paint.warning(ids.join(", "))));
    }
    lines.extend(told.what_to_do.iter().enumerate().map(|(index, what)| match index {
        0 => format!("  what to do     {}", line(what)),
        _ => format!("                 {}", line(what)),
    }));
    lines.push(format!("  report         {}", told.report));
    lines.join("\n")
}

#[cfg(test)]
#[path = "resolve/tests.rs"]
mod tests;
