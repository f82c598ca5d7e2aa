//! Earlier runs that a run begins from: to undo them, to resume them, or because they rehearsed it.

use crate::{
    code::Code,
    fault::Fault,
    ids::RunId,
    journal::{Journal, Refusal, Run},
    ledger::{Depth, Ledger},
};

/// The journal of a run that has ended, with all that its rows hold. The inner error says why it cannot be begun from.
///
/// # Errors
/// When the ledger cannot be reached.
pub async fn journal(ledger: &dyn Ledger, run: &RunId) -> Result<Result<Journal, Refusal>, Fault> {
    let Some(journal) = ledger.journal(run, Depth::Full).await? else {
        let help = Some("`backout runs` lists the latest runs".into());
        return Ok(Err(Refusal { code: Code::UnknownRun, what: format!("there is no run `{run}`"), help }));
    };
    Ok(match has_ended(&journal.run) {
        Ok(()) => Ok(journal),
        Err(refusal) => Err(refusal),
    })
}

/// Refuses a run that has not ended. Once its outcome is written its journal does not change any more, also while nobody
/// could be told of it yet.
///
/// # Errors
/// When it has not.
pub fn has_ended(run: &Run) -> Result<(), Refusal> {
    if run.outcome.is_some() {
        return Ok(());
    }
    let id = &run.id;
    let help = match run.abort {
        Some(_) => format!("it is being stopped; once it is concluded (backout watch {id}), try again"),
        None => format!("watch it to its end (backout watch {id}), or stop it first: backout abort {id}"),
    };
    Err(Refusal { code: Code::NotEnded, what: format!("the run `{id}` has not ended"), help: Some(help) })
}

/// What has become of a system since a run worked on it.
#[derive(Debug, Clone, PartialEq)]
pub enum Since {
    /// No run has changed it.
    Unchanged,
    /// This run has: the latest that did.
    Changed(Box<Run>),
    /// The trail of runs does not lead back to it.
    Unknown,
}

/// Follows the trail of runs back to `run`. `latest` is the run that had the system's lock last.
///
/// # Errors
/// When the ledger cannot be reached.
pub async fn since(ledger: &dyn Ledger, latest: Option<RunId>, run: &RunId) -> Result<Since, Fault> {
    let mut at = latest;
    while let Some(id) = at {
        if id == *run {
            return Ok(Since::Unchanged);
        }
        let Some(journal) = ledger.journal(&id, Depth::Outline).await? else { break };
        if journal.steps.iter().any(|step| step.started_at.is_some()) {
            return Ok(Since::Changed(Box::new(journal.run)));
        }
        at = journal.run.follows;
    }
    Ok(Since::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Status, Step},
        ledger::memory::MemoryLedger,
        testing::{at, id, now, run, step, steps_stage},
    };

    fn ran(ledger: &MemoryLedger, name: &str, follows: &str, changed: bool) {
        let row = Run { id: id(name), follows: Some(id(follows)), ..run(vec![steps_stage("one")]) };
        now(ledger.create_run(&row)).expect("a row");
        let started_at = changed.then(|| at(1));
        let step = Step { status: Status::Applied, started_at, ..step("a", 0) };
        now(ledger.plan_steps(&row.id, &[step])).expect("steps");
    }

    #[test]
    fn a_run_in_between_counts_only_if_it_changed_something() {
        let ledger = MemoryLedger::default();
        ran(&ledger, "first", "before", true);
        ran(&ledger, "not-ready", "first", false);
        let since = |latest: &str| now(since(&ledger, Some(id(latest)), &id("first"))).expect("reads");
        assert_eq!(since("first"), Since::Unchanged);
        assert_eq!(since("not-ready"), Since::Unchanged);
        ran(&ledger, "second", "not-ready", true);
        assert!(matches!(since("second"), Since::Changed(run) if run.id == id("second")));
        ran(&ledger, "elsewhere", "forgotten", false);
        assert_eq!(since("elsewhere"), Since::Unknown, "what is not shown is not believed");
    }

    #[test]
    fn only_a_run_that_is_there_and_has_ended_is_begun_from() {
        let ledger = MemoryLedger::default();
        let code = |name: &str| now(journal(&ledger, &id(name))).expect("reads").map_err(|refusal| refusal.code);
        assert_eq!(code("nobody"), Err(Code::UnknownRun));
        ran(&ledger, "running", "before", true);
        assert_eq!(code("running"), Err(Code::NotEnded));
    }
}
