//! Earlier runs that a command begins from.

use backout_engine::{
    code::Code,
    ids::RunId,
    journal::{Journal, Phase, Run},
    ledger::{Depth, Ledger},
};

use super::unknown_run;
use crate::error::{CliError, WhatFailed};

/// The journal of a run that has to have ended, with all that its rows hold.
///
/// # Errors
/// When there is no such run, it has not ended, or the ledger cannot be reached.
pub async fn ended_journal(ledger: &dyn Ledger, run: &RunId) -> Result<Journal, CliError> {
    let Some(journal) = ledger.journal(run, Depth::Full).await? else { return Err(unknown_run(run)) };
    has_ended(&journal.run)?;
    Ok(journal)
}

/// Refuses a run that is still under way.
///
/// # Errors
/// `not-ended`.
pub fn has_ended(run: &Run) -> Result<(), CliError> {
    if run.phase == Phase::Concluded {
        return Ok(());
    }
    let id = &run.id;
    Err(CliError::wrong_use(WhatFailed::Engine(Code::NotEnded), format!("the run `{id}` has not ended"))
        .help(format!("watch it to its end (backout watch {id}), or stop it first: backout abort {id}")))
}

/// When a run was and how it ended: `2026-11-20 03:00 UTC, halted`.
pub fn when_and_how(run: &Run) -> String {
    let outcome = run.outcome.map_or("not ended", |outcome| outcome.as_str());
    format!("{}, {outcome}", run.started_at.strftime("%Y-%m-%d %H:%M UTC"))
}
