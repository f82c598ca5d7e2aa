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

use ending::Ending;
use execution::Execution;

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
    let mut screen: Box<dyn Screen + '_> = if output.is_watched() {
        Box::new(live::Live::new(Paint::of_stderr()))
    } else {
        Box::new(log::Log::new(output))
    };
    let ending = watch(stack, run, screen.as_mut()).await;
    screen.close();
    let ending = ending?;
    output.result(&ending, |paint| ending.text(paint));
    Ok(ending.exit())
}

async fn watch(stack: &Stack, run: &RunId, screen: &mut dyn Screen) -> Result<Ending, CliError> {
    let mut looks = Looks::default();
    loop {
        let begun = Instant::now();
        let seen = looks.look(stack, run).await;
        // A journal that takes long to read is read less often: watching must not slow down what is watched.
        let pause = POLL.max(begun.elapsed() * 4);
        match seen {
            Ok(Seen::Nothing) => screen.preparing(run),
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
        for _ in 0..pause.as_millis() / TICK.as_millis() {
            tokio::time::sleep(TICK).await;
            screen.tick();
        }
    }
}

/// What one look found.
enum Seen {
    /// No journal yet.
    Nothing,
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
    /// Found to be over at an earlier look: its last writes are visible by now.
    over: Option<Execution>,
}

impl Looks {
    async fn look(&mut self, stack: &Stack, run: &RunId) -> Result<Seen, CliError> {
        let journal = stack.cloud.ledger().journal(run, Depth::Outline).await?;
        self.failures = 0;
        let Some(journal) = journal else { return self.without_journal(stack, run).await };
        if journal.run.phase == Phase::Concluded {
            return Ok(Seen::Concluded(journal));
        }
        if let Some(execution) = self.over.take() {
            // Written, but not everything that follows it was done.
            let is_over = journal.run.outcome.is_some();
            return Ok(if is_over { Seen::Concluded(journal) } else { Seen::EndedOnly(execution) });
        }
        self.unconcluded += 1;
        if self.unconcluded.is_multiple_of(ASIDE) {
            // Whoever may not ask about executions can still watch journals.
            let execution = Execution::find(stack, run).await.ok().flatten();
            self.over = execution.filter(Execution::is_over);
        }
        Ok(Seen::UnderWay(journal))
    }

    async fn without_journal(&mut self, stack: &Stack, run: &RunId) -> Result<Seen, CliError> {
        match Execution::find(stack, run).await? {
            None => {
                self.unseen += 1;
                if self.unseen >= UNSEEN { Err(unknown_run(run)) } else { Ok(Seen::Nothing) }
            }
            Some(execution) if execution.is_over() => match self.over.replace(execution) {
                Some(execution) => Ok(Seen::EndedOnly(execution)),
                None => Ok(Seen::Nothing),
            },
            Some(_) => Ok(Seen::Nothing),
        }
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
