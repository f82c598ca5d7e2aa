//! `backout unlock`: free a system whose run has ended without freeing it.
//!
//! Never on a guess: only with Step Functions' word that the holder's execution has ended, and after the holder's
//! journal is closed, so that nothing of it writes any more.

use std::collections::BTreeSet;

use backout_aws::{NOT_TEXT, Plans, SystemClock};
use backout_catalogue::CATALOGUE;
use backout_engine::{
    clock::{Clock, Timestamp},
    code::Code,
    conclude::{Closed, Ended, close},
    ids::{RunId, SystemName},
    journal::{Outcome, Status, Step},
    ledger::{Depth, Ledger, Lock},
    plan::{check, nearest},
    shown::line,
};
use backout_executions::Executions;
use clap::Args;
use serde::Serialize;

use super::ask::Asking;
use crate::{
    error::{CliError, Exit, WhatFailed},
    layout::columns,
    output::Output,
    paint::Paint,
    stack::Stack,
};

/// The arguments of `backout unlock`.
#[derive(Debug, Args)]
pub struct Unlock {
    /// The system.
    #[arg(value_name = "SYSTEM")]
    system: SystemName,
    #[command(flatten)]
    asking: Asking,
}

#[derive(Debug, Serialize)]
struct Told {
    system: SystemName,
    /// Whether it was held, and is free now.
    freed: bool,
    /// The run that held it last.
    held_by: Option<RunId>,
    /// How that run ended.
    outcome: Option<Outcome>,
    proof: Option<Proof>,
}

/// That the holder's execution has ended, in Step Functions' words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Proof {
    execution: String,
    said: String,
}

impl Unlock {
    /// Frees it, once it is proved that nobody works on it and somebody has agreed.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        self.asking.ready()?;
        let ledger = stack.cloud.ledger();
        let held = ledger.held(&self.system).await?;
        let Some(holder) = held.holder else {
            if held.previous.is_none() {
                has_a_plan(&self.system, &stack.cloud.plans()).await?;
            }
            let told = Told { system: self.system, freed: false, held_by: held.previous, outcome: None, proof: None };
            output.result(&told, |paint| text(&told, paint));
            return Ok(Exit::Completed);
        };
        let Some(ended) = Executions::new(&stack.cloud).ended(&holder.execution).await? else {
            return Err(at_work(&self.system, &holder));
        };
        let proof = Proof { execution: holder.execution.arn.clone(), said: ended.refusal.what.clone() };
        self.asking.ask(output, "nothing was freed", |paint| question(&self.system, &holder, &proof, paint))?;
        // A redrive in between does no harm: where it has begun a step, that step is waited for; elsewhere it finds the
        // journal closed.
        let outcome = free(&ledger, &SystemClock, &self.system, &holder, &ended).await?;
        let told = Told { system: self.system, freed: true, held_by: Some(holder.run), outcome, proof: Some(proof) };
        output.result(&told, |paint| text(&told, paint));
        Ok(Exit::Completed)
    }
}

/// Refuses a system that nothing has run on and no plan acts on: its name is probably misspelt.
async fn has_a_plan(system: &SystemName, plans: &Plans) -> Result<(), CliError> {
    let systems = systems(plans).await?;
    if systems.contains(system) {
        return Ok(());
    }
    let names = || systems.iter().map(SystemName::as_str);
    let help = match nearest(system.as_str(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if systems.is_empty() => "no plan is stored yet: backout plans push FILE".into(),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    let what = format!("nothing has run on a system `{system}`, and no stored plan acts on it");
    Err(CliError::wrong_use(WhatFailed::UnknownSystem, what).help(help))
}

/// The systems that the stored plans act on.
async fn systems(plans: &Plans) -> Result<BTreeSet<SystemName>, CliError> {
    let mut systems = BTreeSet::new();
    for name in plans.names().await? {
        let text = match plans.get(&name).await {
            Ok(found) => found.map(|plan| plan.text).unwrap_or_default(),
            Err(fault) if fault.code == NOT_TEXT => continue,
            Err(fault) => return Err(fault.into()),
        };
        systems.extend(check(name.as_str(), &text, &CATALOGUE).ok().map(|(plan, _)| plan.system));
    }
    Ok(systems)
}

/// Closes the holder's journal, then frees the system. Returns how the holder ended.
async fn free(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    system: &SystemName,
    holder: &Lock,
    ended: &Ended,
) -> Result<Option<Outcome>, CliError> {
    let mut outcome = None;
    if ledger.run(&holder.run).await?.is_some() {
        // What its last step has done is for the functions to find out: they can read the resource.
        match close(ledger, clock, None, &holder.run, Some(ended)).await? {
            Closed::Outcome(journal) => outcome = journal.run.outcome,
            Closed::StillUnderWay(until) => return Err(not_settled(ledger, clock, system, holder, until).await?),
        }
    }
    ledger.unlock(system, &holder.run).await?;
    Ok(outcome)
}

async fn not_settled(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    system: &SystemName,
    holder: &Lock,
    until: Timestamp,
) -> Result<CliError, CliError> {
    let run = &holder.run;
    let journal = ledger.journal(run, Depth::Outline).await?;
    let open: Vec<Step> = journal.into_iter().flat_map(|journal| journal.steps).filter(is_open).collect();
    let names: Vec<String> = open.iter().map(|step| format!("`{}`", step.id)).collect();
    let names = if names.is_empty() { "its last step".to_owned() } else { names.join(", ") };
    let now = clock.now();
    let what = if open.iter().any(|step| step.until.is_some_and(|until| now <= until)) {
        format!("the run `{run}` on the system `{system}` has ended, but {names} could still be under way")
    } else {
        format!("the run `{run}` on the system `{system}` has ended, but what {names} did is still to be found out")
    };
    let again = until.strftime("%H:%M:%S UTC");
    Ok(refused(what)
        .help(format!("that is being done; if the system is not free by itself then, try again after {again}")))
}

fn is_open(step: &Step) -> bool {
    step.status == Status::Started
}

/// That another run works on the system.
pub(super) fn at_work(system: &SystemName, holder: &Lock) -> CliError {
    let run = &holder.run;
    refused(format!("the run `{run}` is working on the system `{system}`"))
        .help(format!("watch it (backout watch {run}), or stop it: backout abort {run}"))
}

fn refused(what: String) -> CliError {
    CliError { exit: Exit::NotCompleted, ..CliError::wrong_use(WhatFailed::Engine(Code::SystemLocked), what) }
}

fn question(system: &SystemName, holder: &Lock, proof: &Proof, paint: Paint) -> String {
    let rows = [
        ["frees".to_owned(), paint.strong(system).to_string()],
        ["held by".to_owned(), format!("{}, since {}", holder.run, holder.execution.started_at)],
        ["proof".to_owned(), format!("{} (Step Functions, asked twice)", line(&proof.said))],
        [String::new(), proof.execution.clone()],
    ];
    columns(&rows).join("\n")
}

fn text(told: &Told, paint: Paint) -> String {
    let system = paint.strong(&told.system);
    let Some((run, proof)) = told.held_by.as_ref().zip(told.proof.as_ref()) else {
        let last = told.held_by.as_ref().map_or_else(String::new, |run| format!("; the last one that did was {run}"));
        return format!("the system {system} is free: no run holds it{last}");
    };
    let outcome = told.outcome.map_or_else(String::new, |outcome| format!(" ({outcome})"));
    let rows = [
        ["  held by".to_owned(), format!("{run}{outcome}")],
        ["  proof".to_owned(), line(&proof.said)],
        [String::new(), proof.execution.clone()],
        ["  report".to_owned(), format!("backout report {run}")],
    ];
    format!("the system {system} is free\n\n{}", columns(&rows).join("\n"))
}

#[cfg(test)]
#[path = "unlock/tests.rs"]
mod tests;
