//! The end of a run: what never began is closed, and how it ended is written down.

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::Map;

use crate::{
    carry_out::Answer,
    clock::{Clock, Timestamp},
    code::Code,
    decide::{Next, decide},
    duration::Duration,
    fault::Fault,
    ids::RunId,
    journal::{Abort, Conclusion, Event, IllegalTransition, Journal, Outcome, Phase, Refusal, Run, Status, Step},
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

/// Finds out what a step has done that its run left behind.
#[async_trait(?Send)]
pub trait Reconcile {
    /// Has the step's action read its resource and end the step accordingly ([`crate::carry_out::Purpose::Reconcile`]).
    /// `since` is when nobody was at the step any more.
    ///
    /// # Errors
    /// When the action cannot be asked.
    async fn reconcile(&self, run: &RunId, step: &Step, since: Timestamp) -> Result<Answer, Fault>;
}

/// Why a run ends before its plan does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ends then.
    pub outcome: Outcome,
    /// What ended it, for people.
    pub refusal: Refusal,
    /// When its execution ended, where that is known.
    pub at: Option<Timestamp>,
}

/// How long an action that cannot be asked is waited for, once nobody is at its step any more, before what it did counts
/// as unknown.
const PATIENCE: Duration = Duration::seconds(15 * 60);

/// Closes a run's journal. Repeating it changes nothing.
///
/// `ended` is what ended the run, where that was not its plan: an error of the state machine, or somebody's hand.
/// Without `reconcile`, steps that are still started are left to somebody who has it, for as long as that may take.
///
/// # Errors
/// When the ledger cannot be reached.
pub async fn close(
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    reconcile: Option<&dyn Reconcile>,
    run: &RunId,
    ended: Option<&Ended>,
) -> Result<Closed, Fault> {
    loop {
        let Some(journal) = ledger.journal(run, Depth::Full).await? else {
            return Err(Fault::refused(format!("there is no run `{run}`")));
        };
        if journal.run.outcome.is_some() {
            return Ok(Closed::Outcome(Box::new(journal)));
        }
        let now = clock.now();
        match settle(ledger, reconcile, &journal, ended.and_then(|ended| ended.at), now).await? {
            Settled::Yes => {}
            Settled::Now => continue,
            Settled::NotBefore(until) => return Ok(Closed::StillUnderWay(until)),
        }
        let (outcome, refusal) = outcome(&journal, now, ended);
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
        // Whoever was quicker has closed it: what they wrote counts.
        let (Saved::Done | Saved::Behind(_)) = ledger.save_run(&journal.run, &ended).await?;
    }
}

/// Whether every step that was started has ended.
enum Settled {
    /// All of them had.
    Yes,
    /// The last of them have just ended.
    Now,
    /// Some have not; it is worth asking again then.
    NotBefore(Timestamp),
}

/// Has the started steps end by a reading, once nobody can be at them.
async fn settle(
    ledger: &dyn Ledger,
    reconcile: Option<&dyn Reconcile>,
    journal: &Journal,
    ended_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Settled, Fault> {
    let open: Vec<&Step> = journal.steps.iter().filter(|step| step.status == Status::Started).collect();
    if open.is_empty() {
        return Ok(Settled::Yes);
    }
    let after = |time: Timestamp, wait: Duration| time.checked_add(wait.signed()).unwrap_or(time);
    if let Some(until) = open.iter().filter_map(|step| step.until).filter(|until| now <= *until).max() {
        return Ok(Settled::NotBefore(until));
    }
    let run = &journal.run.id;
    // A step that was looked at for long after its write had somebody at it until its execution ended.
    let since = |step: &Step| step.until.max(ended_at).unwrap_or(step.written_at.unwrap_or(now));
    let asked = join_all(open.iter().map(async |step| match reconcile {
        Some(reconcile) => reconcile.reconcile(run, step, since(step)).await,
        None => Err(Fault::passing("only the function conclude can ask it, and has not")),
    }));
    let mut wait = None;
    for (step, answer) in open.iter().zip(asked.await) {
        let soon = match answer {
            Ok(Answer::Done) => continue,
            Ok(Answer::Pending { wait }) => wait,
            // Nothing has been found out, and perhaps nothing can be: the run is not held up for ever.
            Err(fault) if Duration::between(since(step), now) >= PATIENCE => {
                let says = format!("the run ended while it was under way, and its function cannot be asked: {fault}");
                let advice = "compare the resource with the two states in the report; `backout resolve` writes down \
                              what you find";
                let conclusion = Conclusion { says, code: Some(Code::OutcomeUnknown), advice: Some(advice.to_owned()) };
                let lost = step.end(Event::Lose, now, Map::new(), conclusion).map_err(illegal)?;
                ledger.save_step(run, step, &lost).await?;
                continue;
            }
            Err(_) if reconcile.is_none() => Duration::seconds(60),
            Err(_) => Duration::seconds(10),
        };
        let again = after(now, soon);
        wait = Some(wait.map_or(again, |other: Timestamp| other.max(again)));
    }
    Ok(wait.map_or(Settled::Now, Settled::NotBefore))
}

fn illegal(error: IllegalTransition) -> Fault {
    Fault::refused(error.to_string())
}

/// Marks a run as concluded, once report, lock and message are done. Says whether nobody else was quicker.
///
/// # Errors
/// When the ledger cannot be reached.
pub async fn conclude(ledger: &dyn Ledger, run: &Run) -> Result<bool, Fault> {
    let concluded = Run { revision: run.revision + 1, phase: Phase::Concluded, ..run.clone() };
    Ok(matches!(ledger.save_run(run, &concluded).await?, Saved::Done))
}

fn outcome(journal: &Journal, now: Timestamp, ended: Option<&Ended>) -> (Outcome, Option<Refusal>) {
    let why = |what: &str| Some(ended.map_or_else(|| unexplained(what), |ended| ended.refusal.clone()));
    let stopped = ended.is_some_and(|ended| ended.outcome == Outcome::Aborted);
    let has_failed = || journal.steps.iter().any(|step| step.status.is_bad());
    match (decide(journal, now).next, &journal.run.abort) {
        (Next::Finish(Outcome::Refused), _) if stopped && journal.run.refusal.is_none() => (Outcome::Aborted, why("")),
        (Next::Finish(Outcome::Refused), _) => (Outcome::Refused, why("the run ended before it was prepared")),
        (Next::Finish(Outcome::Aborted), Some(abort)) => (Outcome::Aborted, Some(aborted(abort))),
        // What failed may have been found only after the run had been stopped.
        (Next::Finish(Outcome::Halted), _) if stopped => (Outcome::Aborted, why("")),
        (Next::Finish(outcome @ (Outcome::Halted | Outcome::Stuck)), _) if ended.is_some() || has_failed() => {
            (outcome, ended.map(|ended| ended.refusal.clone()))
        }
        (Next::Finish(outcome), _) if outcome != Outcome::Halted => (outcome, None),
        _ if ended.is_none() && has_failed() => (Outcome::Halted, None),
        _ => (ended.map_or(Outcome::Halted, |ended| ended.outcome), why("the run ended before its plan did")),
    }
}

fn aborted(abort: &Abort) -> Refusal {
    let by = abort.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let reason = abort.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    Refusal { code: Code::Aborted, what: format!("it was stopped{by}{reason}"), help: None }
}

fn unexplained(what: &str) -> Refusal {
    Refusal {
        code: Code::Internal,
        what: what.into(),
        help: Some("look at the execution's history and at the functions' logs".into()),
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
        let conclusion = Conclusion { says: "the run ended before it began".into(), ..Conclusion::default() };
        // A step that was started since is waited for, like the others.
        let Ok(closed) = step.end(Event::Close, now, Map::new(), conclusion) else {
            rows = Rows::Moved;
            continue;
        };
        if let Saved::Behind(_) = ledger.save_step(&journal.run.id, step, &closed).await? {
            rows = Rows::Moved;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
