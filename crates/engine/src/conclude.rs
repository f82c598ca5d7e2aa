//! The end of a run: what never began is closed, and how it ended is written down.

use serde_json::Map;

use crate::{
    clock::{Clock, Timestamp},
    code::Code,
    decide::{Next, decide},
    fault::Fault,
    ids::RunId,
    journal::{Conclusion, Event, Journal, Outcome, Phase, Refusal, Run, Status},
    ledger::{Depth, Ledger, Saved},
};

/// How far concluding got.
#[derive(Debug, Clone, PartialEq)]
pub enum Closed {
    /// The outcome is written; the journal will not change any more.
    Outcome(Box<Journal>),
    /// An invocation could still be writing until then: ask again after it.
    StillUnderWay(Timestamp),
}

/// Closes a run's journal. Repeating it changes nothing.
///
/// `broken` is what the state machine caught, when it is why the run ends.
///
/// # Errors
/// When the ledger cannot be reached.
pub async fn close(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    run: &RunId,
    broken: Option<&Refusal>,
) -> Result<Closed, Fault> {
    loop {
        let Some(journal) = ledger.journal(run, Depth::Full).await? else {
            return Err(Fault::refused(format!("there is no run `{run}`")));
        };
        if journal.run.outcome.is_some() {
            return Ok(Closed::Outcome(Box::new(journal)));
        }
        let now = clock.now();
        let open = journal.steps.iter().filter(|step| step.status == Status::Started);
        if let Some(until) = open.filter_map(|step| step.until).filter(|until| now <= *until).max() {
            return Ok(Closed::StillUnderWay(until));
        }
        let (outcome, refusal) = outcome(&journal, now, broken);
        if close_rows(ledger, &journal, now).await? == Rows::Moved {
            continue;
        }
        let ended = Run {
            revision: journal.run.revision + 1,
            outcome: Some(outcome),
            refusal: journal.run.refusal.clone().or(refusal),
            ended_at: Some(now),
            ..journal.run.clone()
        };
        // Whoever was quicker has concluded it: what they wrote counts.
        let (Saved::Done | Saved::Behind(_)) = ledger.save_run(&journal.run, &ended).await?;
    }
}

/// Marks a run as concluded, once report, lock and message are done.
///
/// # Errors
/// When the ledger cannot be reached.
pub async fn conclude(ledger: &dyn Ledger, run: &Run) -> Result<(), Fault> {
    let concluded = Run { revision: run.revision + 1, phase: Phase::Concluded, ..run.clone() };
    ledger.save_run(run, &concluded).await.map(drop)
}

fn outcome(journal: &Journal, now: Timestamp, broken: Option<&Refusal>) -> (Outcome, Option<Refusal>) {
    match decide(journal, now).next {
        Next::Finish(Outcome::Refused) => (
            Outcome::Refused,
            Some(broken.cloned().unwrap_or_else(|| unexplained("the run ended before it was prepared"))),
        ),
        Next::Finish(outcome) => (outcome, None),
        Next::Stage(_) | Next::Pause { .. } => {
            (Outcome::Halted, Some(broken.cloned().unwrap_or_else(|| unexplained("the run ended before its plan did"))))
        }
    }
}

fn unexplained(what: &str) -> Refusal {
    Refusal {
        code: Code::Internal,
        what: what.into(),
        help: Some("look at the execution's history and at the functions' logs, then start the plan again".into()),
    }
}

#[derive(PartialEq)]
enum Rows {
    Closed,
    Moved,
}

async fn close_rows(ledger: &dyn Ledger, journal: &Journal, now: Timestamp) -> Result<Rows, Fault> {
    let mut rows = Rows::Closed;
    for step in journal.steps.iter().filter(|step| !step.status.is_final()) {
        let (event, conclusion) = if step.status == Status::Started {
            let says = "the run ended before anybody could read what it had done".to_owned();
            let advice = "compare the resource with the two states in the report, and decide by hand".to_owned();
            (Event::Lose, Conclusion { says, code: Some(Code::OutcomeUnknown), advice: Some(advice) })
        } else {
            (Event::Close, Conclusion { says: "the run ended before it began".into(), ..Conclusion::default() })
        };
        let closed = step.end(event, now, Map::new(), conclusion).map_err(|error| Fault::refused(error.to_string()))?;
        if let Saved::Behind(_) = ledger.save_step(&journal.run.id, step, &closed).await? {
            rows = Rows::Moved;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
