//! `backout abort`: stop a run. What it has done stands.

use backout_aws::{SystemClock, fault};
use backout_engine::{
    clock::{Clock as _, Timestamp},
    ids::RunId,
    journal::{Abort as Mark, Journal, Mode, Outcome, Phase, Run, Stage, Status, Step},
    ledger::{Depth, Ledger, Saved},
    shown::line,
};
use clap::Args;
use serde::Serialize;

use super::{
    ask::{Asking, person},
    unknown_run,
};
use crate::{
    error::{CliError, Exit, WhatFailed},
    layout::{columns, indented},
    output::Output,
    paint::Paint,
    stack::Stack,
    watch::{Execution, watched},
};

/// The error that a stopped execution ends with.
const ERROR: &str = "Backout.Aborted";

/// The arguments of `backout abort`.
#[derive(Debug, Args)]
pub struct Abort {
    /// The run.
    run: RunId,
    /// Let the steps that are under way end first; only then it stops.
    #[arg(long)]
    after_step: bool,
    /// Why, for the report and whoever reads it later.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Follow the run until it is concluded.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    asking: Asking,
}

/// When a run that is stopped stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stops {
    /// At once.
    Now,
    /// Once the steps that are under way have ended.
    AfterStep,
    /// It has been stopped before.
    Already,
}

#[derive(Debug, Serialize)]
struct Told {
    run_id: RunId,
    stops: Stops,
    what_next: Vec<String>,
}

impl Abort {
    /// Stops it, once somebody has agreed.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        self.asking.ready()?;
        let ledger = stack.cloud.ledger();
        let journal = ledger.journal(&self.run, Depth::Outline).await?;
        if let Some(journal) = &journal
            && has_stopped(&journal.run)?
        {
            let told = Told { run_id: self.run.clone(), stops: Stops::Already, what_next: next(&journal.run) };
            output.result(&told, |paint| text(&told, paint));
            return Ok(Exit::Completed);
        }
        let Some(journal) = journal else { return self.before_it_began(stack, output).await };
        let stops = self.stops(&journal);
        self.asking.ask(output, "nothing was stopped", |paint| question(&journal, stops, SystemClock.now(), paint))?;
        let mark = Mark { by: Some(person()), reason: self.reason.clone(), at: SystemClock.now() };
        let row = mark_as_stopped(&ledger, journal.run, &mark).await?;
        // From now on nothing further is decided on. What is being handed out at this moment is cut off, and found out.
        let stops = match ledger.journal(&self.run, Depth::Outline).await? {
            Some(journal) => self.stops(&journal),
            None => stops,
        };
        if stops == Stops::Now {
            stop(stack, &row.execution.arn, row.abort.as_ref().unwrap_or(&mark)).await?;
        }
        self.follow_or_tell(Told { run_id: self.run.clone(), stops, what_next: next(&row) }, stack, output).await
    }

    /// To wait for steps is to stop at once where none is under way: the state machine may be pausing for minutes.
    fn stops(&self, journal: &Journal) -> Stops {
        if self.after_step && journal.steps.iter().any(is_under_way) { Stops::AfterStep } else { Stops::Now }
    }

    /// A run that has no row yet is stopped by its execution alone.
    async fn before_it_began(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let Some(execution) = Execution::find(stack, &self.run).await? else { return Err(unknown_run(&self.run)) };
        if execution.is_over() {
            return Err(already_ended(&self.run, execution.status.as_str()));
        }
        let shown = format!("{} is still being prepared; it has changed nothing", self.run);
        self.asking.ask(output, "nothing was stopped", |_| shown)?;
        let mark = Mark { by: Some(person()), reason: self.reason.clone(), at: SystemClock.now() };
        stop(stack, &execution.arn, &mark).await?;
        let what_next = vec![format!("see how it ended: backout report {}", self.run)];
        self.follow_or_tell(Told { run_id: self.run.clone(), stops: Stops::Now, what_next }, stack, output).await
    }

    async fn follow_or_tell(&self, told: Told, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        if !self.wait {
            output.result(&told, |paint| text(&told, paint));
            return Ok(Exit::Completed);
        }
        output.note(|paint| said(&told, paint));
        let ending = watched(stack, &self.run, output).await?;
        output.result(&ending, |paint| ending.text(paint));
        // That it was stopped is what was asked for.
        let as_asked = matches!(ending.outcome, Some(Outcome::Aborted | Outcome::Refused));
        Ok(if as_asked { Exit::Completed } else { ending.exit() })
    }
}

/// Whether a run was stopped already.
///
/// # Errors
/// When it ended otherwise: there is nothing left to stop.
fn has_stopped(run: &Run) -> Result<bool, CliError> {
    match run.outcome {
        None if run.phase != Phase::Concluded => Ok(false),
        Some(Outcome::Aborted) => Ok(true),
        ended => Err(already_ended(&run.id, ended.map_or("concluded", Outcome::as_str))),
    }
}

fn already_ended(run: &RunId, how: &str) -> CliError {
    CliError::wrong_use(WhatFailed::AlreadyEnded, format!("the run `{run}` has ended already: {how}"))
        .help(format!("to take back what it has done: backout undo {run}"))
}

/// Writes into the run's row that somebody wants it to stop, whatever else moves the row meanwhile. Who asked first
/// stays named.
async fn mark_as_stopped(ledger: &dyn Ledger, mut row: Run, mark: &Mark) -> Result<Run, CliError> {
    loop {
        if row.abort.is_some() || has_stopped(&row)? {
            return Ok(row);
        }
        let marked = Run { revision: row.revision + 1, abort: Some(mark.clone()), ..row.clone() };
        match ledger.save_run(&row, &marked).await? {
            Saved::Done => return Ok(marked),
            Saved::Behind(other) => row = *other,
        }
    }
}

async fn stop(stack: &Stack, execution: &str, mark: &Mark) -> Result<(), CliError> {
    let request = stack.executions().stop_execution().execution_arn(execution).error(ERROR).cause(cause(mark));
    request.send().await.map_err(|error| fault("stop the execution", error))?;
    Ok(())
}

fn cause(mark: &Mark) -> String {
    let by = mark.by.as_deref().unwrap_or("somebody");
    let reason = mark.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("stopped by {by}{reason}")
}

const fn is_under_way(step: &Step) -> bool {
    matches!(step.status, Status::Issued | Status::Started)
}

/// What is under way, and what stopping means for it.
fn question(journal: &Journal, stops: Stops, now: Timestamp, paint: Paint) -> String {
    let run = &journal.run;
    let rows: Vec<_> = journal
        .steps
        .iter()
        .filter(|step| is_under_way(step))
        .map(|step| {
            let took = step.took(now).map_or_else(String::new, |took| took.to_string());
            [step.id.to_string(), line(&step.summary), took]
        })
        .collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&format!("{}\n{}\n\n", paint.strong("Under way"), indented(&columns(&rows).join("\n"), 2)));
    }
    let what = match (stops, rows.is_empty()) {
        (Stops::AfterStep, false) => "it stops once these have ended; nothing further is begun",
        (Stops::Now | Stops::Already, false) => {
            "it stops now; what these have done by then is found out before it is concluded"
        }
        (_, true) => "it stops now; nothing further is begun",
    };
    let system = run.system.as_ref().map_or_else(String::new, |system| format!(" on {system}"));
    let rows = [
        ["stops".to_owned(), format!("{}{system}", paint.strong(&run.id))],
        ["how".to_owned(), what.to_owned()],
        ["then".to_owned(), what_stands(run).to_owned()],
    ];
    text + &columns(&rows).join("\n")
}

fn is_unwinding(run: &Run) -> bool {
    run.stages.iter().any(Stage::takes_back)
}

fn what_stands(run: &Run) -> &'static str {
    match run.request.mode {
        Mode::Rehearse => "it has changed nothing",
        Mode::Undo => "what it has taken back stays so; another undo takes back the rest",
        Mode::Apply if is_unwinding(run) => "what it has taken back so far stays so; an undo takes back the rest",
        Mode::Apply => "what it has done stands; it can be taken back (undo) or gone on with (resume)",
    }
}

/// How to go on once it is concluded.
fn next(run: &Run) -> Vec<String> {
    let id = &run.id;
    let mut next = if run.phase == Phase::Concluded { vec![] } else { vec![format!("follow it: backout watch {id}")] };
    match (run.request.mode, &run.request.undo) {
        (Mode::Rehearse, _) => {}
        (Mode::Undo, Some(undone)) => next.push(format!("take back the rest: backout undo {undone}")),
        (Mode::Undo, None) | (Mode::Apply, _) if is_unwinding(run) => {
            next.push(format!("take back the rest: backout undo {id}"));
        }
        (Mode::Undo, None) | (Mode::Apply, _) => {
            next.push(format!("go on after the last finished stage: backout resume {id}"));
            next.push(format!("or take back what was done: backout undo {id}"));
        }
    }
    next
}

fn said(told: &Told, paint: Paint) -> String {
    let run = paint.strong(&told.run_id);
    match told.stops {
        Stops::Already => format!("{run} has been stopped already"),
        Stops::AfterStep => format!("{run} stops once the steps that are under way have ended"),
        Stops::Now => format!(
            "{run} is stopped; what was under way is waited for and looked at, then it is concluded: as a rule within five \
             minutes"
        ),
    }
}

fn text(told: &Told, paint: Paint) -> String {
    let next: Vec<String> = told.what_next.iter().map(|next| format!("  {next}")).collect();
    let said = said(told, paint);
    if next.is_empty() { said } else { format!("{said}\n\n{}", next.join("\n")) }
}

#[cfg(test)]
#[path = "abort/tests.rs"]
mod tests;
