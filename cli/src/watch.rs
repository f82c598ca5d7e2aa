//! Following a run: its journal is read each second, and its execution where the journal says nothing (any more).

use std::time::{Duration, Instant};

use backout_aws::SystemClock;
use backout_engine::{
    clock::Clock as _,
    ids::RunId,
    journal::{Journal, Phase},
    ledger::{Depth, Ledger as _},
    report::Report,
};

use crate::{
    commands::unknown_run,
    error::{CliError, Exit, WhatFailed},
    output::Output,
    paint::Paint,
    stack::Stack,
};

mod ending;
mod events;
mod execution;
mod lines;
mod live;
mod log;
#[cfg(test)]
mod tests;

pub use ending::Ending;
pub use execution::Execution;

/// How long a run whose execution has ended is waited for until it is concluded: that happens by itself, as a
/// rule in this time, or once the last invocation of a step is over.
const CONCLUDED_WITHIN: Duration = Duration::from_secs(300);
/// How often the journal is read.
const POLL: Duration = Duration::from_secs(1);
/// How often what ticks on a terminal is drawn.
const TICK: Duration = Duration::from_millis(200);
/// How many looks in a row may find neither journal nor execution: a new execution is not visible at once.
const UNSEEN: u32 = 4;
/// How many looks in a row may fail before this gives up: what is watched goes on without us.
const FAILURES: u32 = 60;
/// The execution is asked about once in so many looks at a journal that is not concluded.
const ASIDE: u32 = 10;

/// What shows a run while it is under way.
trait Screen {
    /// A new look at the journal.
    fn show(&mut self, journal: &Journal);
    /// There is no journal yet.
    fn preparing(&mut self, run: &RunId);
    /// Something about watching itself.
    fn note(&mut self, text: &str);
    /// Time has passed.
    fn tick(&mut self);
    /// Nothing more will come.
    fn close(&mut self);
}

/// Follows a run until it ends, and says how it ended.
///
/// # Errors
/// When there is no such run, or AWS cannot be reached (any more).
pub async fn follow(stack: &Stack, run: &RunId, output: &Output) -> Result<Exit, CliError> {
    let ending = watched(stack, run, output).await?;
    output.result(&ending, |paint| ending.text(paint));
    Ok(ending.exit())
}

/// Follows a run until it ends.
///
/// # Errors
/// When there is no such run, or AWS cannot be reached (any more).
pub async fn watched(stack: &Stack, run: &RunId, output: &Output) -> Result<Ending, CliError> {
    let mut screen: Box<dyn Screen + '_> = if output.is_watched() {
        Box::new(live::Live::new(Paint::of_stderr()))
    } else {
        Box::new(log::Log::new(output))
    };
    let ending = watch(stack, run, screen.as_mut(), output).await;
    screen.close();
    ending
}

async fn watch(stack: &Stack, run: &RunId, screen: &mut dyn Screen, output: &Output) -> Result<Ending, CliError> {
    let mut looks = Looks::default();
    loop {
        let begun = Instant::now();
        let seen = looks.look(stack, run).await;
        // A journal that takes long to read is read less often: watching must not slow down what is watched.
        let pause = POLL.max(begun.elapsed() * 4);
        if let Some(note) = looks.news() {
            screen.note(&note);
        }
        match seen {
            Ok(Seen::Nothing) => {}
            Ok(Seen::Preparing) => screen.preparing(run),
            Ok(Seen::UnderWay(journal)) => screen.show(&journal),
            Ok(Seen::Concluded(journal)) => {
                screen.show(&journal);
                return concluded(stack, &journal).await;
            }
            Ok(Seen::EndedOnly(execution)) => return Ok(Ending::unconcluded(run, &execution)),
            Err(error) if error.code == WhatFailed::NoAnswer && looks.failures < FAILURES => {
                looks.failures += 1;
                if looks.failures == 1 {
                    screen.note(&format!("{}; trying again, the run itself is not affected", error.message));
                }
            }
            Err(error) => return Err(error),
        }
        // A run goes on without those who watch it.
        output.is_read()?;
        for _ in 0..pause.as_millis() / TICK.as_millis() {
            tokio::time::sleep(TICK).await;
            screen.tick();
        }
    }
}

/// What one look found.
enum Seen {
    /// No journal and no execution: perhaps not yet.
    Nothing,
    /// No journal yet.
    Preparing,
    UnderWay(Journal),
    Concluded(Journal),
    /// The execution has ended, and nobody has concluded the run.
    EndedOnly(Execution),
}

#[derive(Default)]
struct Looks {
    unseen: u32,
    unconcluded: u32,
    failures: u32,
    over: Option<Over>,
}

/// An execution that has ended before its run was concluded.
struct Over {
    execution: Execution,
    /// When it was found to be so.
    since: Instant,
    was_said: bool,
}

impl Looks {
    async fn look(&mut self, stack: &Stack, run: &RunId) -> Result<Seen, CliError> {
        let journal = stack.cloud.ledger().journal(run, Depth::Outline).await?;
        self.failures = 0;
        let Some(journal) = journal else { return self.without_journal(stack, run).await };
        if journal.run.phase == Phase::Concluded {
            return Ok(Seen::Concluded(journal));
        }
        if let Some(execution) = self.given_up() {
            // Written, but not everything that follows it was done.
            let is_over = journal.run.outcome.is_some();
            return Ok(if is_over { Seen::Concluded(journal) } else { Seen::EndedOnly(execution) });
        }
        self.unconcluded += 1;
        if self.unconcluded.is_multiple_of(ASIDE) {
            // Whoever may not ask about executions can still watch journals.
            self.found(Execution::find(stack, run).await.ok().flatten());
        }
        Ok(Seen::UnderWay(journal))
    }

    async fn without_journal(&mut self, stack: &Stack, run: &RunId) -> Result<Seen, CliError> {
        let execution = Execution::find(stack, run).await?;
        if execution.is_none() {
            self.unseen += 1;
            return if self.unseen >= UNSEEN { Err(unknown_run(run)) } else { Ok(Seen::Nothing) };
        }
        self.found(execution);
        Ok(self.given_up().map_or(Seen::Preparing, Seen::EndedOnly))
    }

    /// Notes an execution that has ended; one that goes on after all (a redrive) is forgotten.
    fn found(&mut self, execution: Option<Execution>) {
        let execution = execution.filter(Execution::is_over);
        match (&mut self.over, execution) {
            (Some(over), Some(execution)) => over.execution = execution,
            (over, execution) => {
                *over = execution.map(|execution| Over { execution, since: Instant::now(), was_said: false });
            }
        }
    }

    /// The execution that has ended so long ago that nobody will conclude its run any more.
    fn given_up(&self) -> Option<Execution> {
        let over = self.over.as_ref().filter(|over| over.since.elapsed() >= CONCLUDED_WITHIN)?;
        Some(over.execution.clone())
    }

    /// That the execution has ended and what is waited for; once.
    fn news(&mut self) -> Option<String> {
        let over = self.over.as_mut().filter(|over| !over.was_said)?;
        over.was_said = true;
        let status = over.execution.status.as_str();
        Some(format!(
            "its execution has ended ({status}); the run is concluded by itself, as a rule within five minutes"
        ))
    }
}

/// The written report; where there is none, what the journal says.
async fn concluded(stack: &Stack, journal: &Journal) -> Result<Ending, CliError> {
    let run = &journal.run.id;
    let reports = stack.cloud.reports();
    let written = reports.json(run).await?.and_then(|report| serde_json::from_value::<Report>(report).ok());
    if let Some(report) = written {
        return Ok(Ending::of(report, Some(reports.location(run))));
    }
    let full = stack.cloud.ledger().journal(run, Depth::Full).await?;
    Ok(Ending::of(Report::of(full.as_ref().unwrap_or(journal), SystemClock.now()), None))
}
