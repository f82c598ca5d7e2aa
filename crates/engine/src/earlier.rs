//! Earlier runs that a run begins from: to undo them, to resume them, or because they rehearsed it.

use crate::{
    code::Code,
    fault::Fault,
    ids::RunId,
    journal::{Journal, Refusal, Run},
    ledger::{Depth, Ledger},
};

/// How many runs are followed back.
const MOST_RUNS: usize = 20;

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
    let help = format!("watch it to its end (backout watch {id}), or stop it first: backout abort {id}");
    Err(Refusal { code: Code::NotEnded, what: format!("the run `{id}` has not ended"), help: Some(help) })
}

/// The latest run that has changed the system since `run` did; `None` if none has. `latest` is the run that had its lock
/// last.
///
/// # Errors
/// When the ledger cannot be reached.
pub async fn changed_since(ledger: &dyn Ledger, latest: Option<RunId>, run: &RunId) -> Result<Option<Run>, Fault> {
    let mut at = latest;
    for _ in 0..MOST_RUNS {
        let Some(id) = at.filter(|id| id != run) else { return Ok(None) };
        let Some(journal) = ledger.journal(&id, Depth::Outline).await? else { return Ok(None) };
        if journal.steps.iter().any(|step| step.started_at.is_some()) {
            return Ok(Some(journal.run));
        }
        at = journal.run.follows;
    }
    Ok(None)
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
        let since = |latest: &str| now(changed_since(&ledger, Some(id(latest)), &id("first"))).expect("reads");
        assert_eq!(since("first"), None);
        assert_eq!(since("not-ready"), None);
        ran(&ledger, "second", "not-ready", true);
        assert_eq!(since("second").expect("it changed something").id, id("second"));
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
