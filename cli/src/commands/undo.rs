//! `backout undo`: take back what a run has done.

use backout_engine::{
    clock::{Clock as _, Timestamp},
    earlier::{Since, since},
    ids::RunId,
    journal::{Journal, Mode, Run, Status, Step, Task},
    ledger::Ledger,
    report::changes,
    request::Request,
    sensitive::Redactor,
    shown::line,
    undo::{Undoing, irreversible, taking_back},
};
use clap::Args;

use super::{
    earlier::{ended_journal, when_and_how},
    launch::Launch,
};
use crate::{
    error::{CliError, Exit},
    layout::{columns, counted, indented},
    output::Output,
    paint::Paint,
    sections::sections,
    stack::Stack,
};

/// The arguments of `backout undo`.
#[derive(Debug, Args)]
pub struct Undo {
    /// The run that is taken back.
    run: RunId,
    /// A stage or a step of it to take back, by name, instead of all; may be given several times.
    #[arg(long, value_name = "STAGE_OR_STEP")]
    only: Vec<String>,
    #[command(flatten)]
    launch: Launch,
}

impl Undo {
    /// Starts the run that takes it back, once somebody has agreed.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        self.launch.ready()?;
        let ledger = stack.cloud.ledger();
        let back = WayBack::find(&ledger, &self.run, &self.only).await?;
        if let Some(warning) = changed_since(&ledger, &back.journal.run).await? {
            output.note(|paint| paint.warning(warning).to_string());
        }
        let now = backout_aws::SystemClock.now();
        if let Some(warning) = kept(&back.journal.run, now).warning() {
            output.note(|paint| paint.warning(warning).to_string());
        }
        let plan = back.journal.run.request.plan.clone();
        let request = Request { plan, mode: Mode::Undo, undo: Some(self.run), only: self.only, ..Request::default() };
        let system = back.journal.run.system.as_ref();
        self.launch.launch(request, system, |paint| back.text(now, paint), stack, output).await
    }
}

/// What is to be known where the system was changed since: who goes back over somebody else's work may break it.
async fn changed_since(ledger: &dyn Ledger, run: &Run) -> Result<Option<String>, CliError> {
    let Some(system) = &run.system else { return Ok(None) };
    let held = ledger.held(system).await?;
    let latest = held.holder.map(|holder| holder.run).or(held.previous);
    let Since::Changed(other) = since(ledger, latest, &run.id).await? else { return Ok(None) };
    let (id, other) = (&run.id, *other);
    Ok(Some(match &other.request.undo {
        Some(undone) if undone == id => {
            format!("{} has taken it back already; what stands as it was is left", other.id)
        }
        _ => format!(
            "{other} has changed the system since, and may lean on what {id} did; undo that first: backout undo {other}",
            other = other.id
        ),
    }))
}

/// What would be taken back of a run.
#[derive(Debug)]
struct WayBack {
    journal: Journal,
    undoing: Undoing,
}

impl WayBack {
    /// Reads it off the run's journal, as the undo itself will.
    async fn find(ledger: &dyn Ledger, run: &RunId, only: &[String]) -> Result<Self, CliError> {
        let journal = ended_journal(ledger, run).await?;
        let undoing = taking_back(&journal, only)?;
        Ok(Self { journal, undoing })
    }

    /// In order, with what differs; then what stays, and right above the question what matters most.
    fn text(&self, now: Timestamp, paint: Paint) -> String {
        let redactor = Redactor::new(self.journal.run.fingerprints.clone());
        let mut text = String::new();
        for (index, section) in sections(&self.undoing.stages, &self.undoing.steps).iter().enumerate() {
            text.push_str(&format!("{}\n", paint.strong(format!("{}. {}", index + 1, section.name))));
            for step in &section.steps {
                text.push_str(&indented(&self.step(step, &redactor, paint), 3));
                text.push('\n');
            }
            text.push('\n');
        }
        let stays: Vec<_> = irreversible(&self.journal)
            .map(|step| [step.id.to_string(), format!("{} ({})", line(&step.summary), step.status)])
            .collect();
        if !stays.is_empty() {
            text.push_str(&format!("{}\n", paint.warning("Cannot be taken back, and stays")));
            text.push_str(&indented(&columns(&stays).join("\n"), 3));
            text.push_str("\n\n");
        }
        text + &self.summary(now, paint)
    }

    fn step(&self, step: &Step, redactor: &Redactor, paint: Paint) -> String {
        let mut lines = vec![line(&step.summary)];
        let Task::TakeBack(takes) = &step.task else { return lines.join("\n") };
        lines.extend(changes(step, redactor).iter().map(|change| format!("   {change}")));
        let doubts = takes.steps.iter().filter_map(|id| self.row(id)).filter_map(doubt);
        lines.extend(doubts.map(|doubt| format!("   {}", paint.warning(doubt))));
        lines.join("\n")
    }

    fn row(&self, id: &backout_engine::ids::StepId) -> Option<&Step> {
        self.journal.steps.iter().find(|step| step.id == *id)
    }

    fn summary(&self, now: Timestamp, paint: Paint) -> String {
        let run = &self.journal.run;
        let system = run.system.as_ref().map_or_else(String::new, ToString::to_string);
        let size = counted(self.undoing.steps.len(), "change");
        let kept = kept(run, now);
        let mut rows = vec![
            ["takes back".to_owned(), format!("{} ({})", paint.strong(&run.id), when_and_how(run))],
            ["acts on".to_owned(), format!("{}, with {size}", paint.strong(system))],
        ];
        if let Some(earlier) = &run.request.resume {
            let beware =
                format!("it went on with {earlier}; what that one did stays. After this: backout undo {earlier}");
            rows.push(["beware".to_owned(), paint.warning(beware).to_string()]);
        }
        rows.push(["kept".to_owned(), if kept.is_over() { paint.warning(kept).to_string() } else { kept.to_string() }]);
        columns(&rows).join("\n")
    }
}

/// What is to be known about a change whose end was not a good one.
fn doubt(step: &Step) -> Option<String> {
    let id = &step.id;
    match step.status {
        Status::Unknown => Some(format!("`{id}`: nobody knows whether it was made; the resource is read first")),
        Status::Drifted => Some(format!("`{id}`: somebody else's hand was found on it; theirs is left as it is")),
        Status::Stuck => Some(format!("`{id}`: it would not go back before")),
        _ => None,
    }
}

/// Until when what it takes to go back is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Until(Timestamp),
    NotAnyMore(Timestamp),
    NotRecorded,
}

fn kept(run: &Run, now: Timestamp) -> Kept {
    match run.undo_until {
        Some(until) if now <= until => Kept::Until(until),
        Some(until) => Kept::NotAnyMore(until),
        None => Kept::NotRecorded,
    }
}

impl Kept {
    const fn is_over(self) -> bool {
        matches!(self, Self::NotAnyMore(_))
    }

    fn warning(self) -> Option<String> {
        self.is_over().then(|| format!("what it takes to go back was kept {self}"))
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Until(until) => write!(f, "until {} for certain", until.strftime("%Y-%m-%d %H:%M UTC")),
            Self::NotAnyMore(until) => {
                let until = until.strftime("%Y-%m-%d %H:%M UTC");
                write!(f, "only until {until} for certain: what needs a package or a definition may not go back")
            }
            Self::NotRecorded => f.write_str("for how long was not recorded"),
        }
    }
}

#[cfg(test)]
#[path = "undo/tests.rs"]
mod tests;
