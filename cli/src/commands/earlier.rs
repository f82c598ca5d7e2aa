//! Earlier runs that a command begins from.

use backout_engine::{
    earlier,
    ids::RunId,
    journal::{Journal, Run},
    ledger::Ledger,
};

use crate::error::CliError;

/// The journal of a run that has to have ended, with all that its rows hold.
///
/// # Errors
/// When there is no such run, it has not ended, or the ledger cannot be reached.
pub async fn ended_journal(ledger: &dyn Ledger, run: &RunId) -> Result<Journal, CliError> {
    Ok(earlier::journal(ledger, run).await??)
}

/// When a run was and how it ended: `2026-11-20 03:00 UTC, halted`.
pub fn when_and_how(run: &Run) -> String {
    let outcome = run.outcome.map_or("not ended", |outcome| outcome.as_str());
    format!("{}, {outcome}", run.started_at.strftime("%Y-%m-%d %H:%M UTC"))
}
