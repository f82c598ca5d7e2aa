//! The lock of a system: taken over only from a holder that is shown to have ended.

use backout_aws::{Cloud, SystemClock};
use backout_engine::{
    clock::Timestamp,
    code::Code,
    conclude::{Closed, close},
    ids::{RunId, SystemName},
    journal::Run,
    ledger::{Ledger, Lock, Locked},
};
use backout_executions::Executions;

use crate::stop::{Stop, refuse};

/// Takes locks.
pub struct Locksmith {
    executions: Executions,
}

impl Locksmith {
    /// With the clients of one process.
    pub fn new(cloud: &Cloud) -> Self {
        Self { executions: Executions::new(cloud) }
    }

    /// Locks the system for the run, or refuses and names the run that holds it. Returns the run that held it before.
    pub async fn lock(&self, ledger: &dyn Ledger, system: &SystemName, run: &Run) -> Result<Option<RunId>, Stop> {
        let holder = match ledger.lock(system, &run.id, &run.execution, None).await? {
            Locked::Ours(lock) => return Ok(lock.previous),
            Locked::Theirs(holder) => holder,
        };
        let Some(ended) = self.executions.ended(&holder.execution).await? else { return Err(held(system, &holder)) };
        // Its Lambdas may outlive it. Once its journal is closed none of them writes any more; one that has begun is
        // waited out, and what it did is for `conclude` to find out.
        if ledger.run(&holder.run).await?.is_some()
            && let Closed::StillUnderWay(until) = close(ledger, &SystemClock, None, &holder.run, Some(&ended)).await?
        {
            return Err(still_writing(system, &holder, until));
        }
        tracing::warn!(holder = holder.run.as_str(), "the holder of the lock has ended without freeing it; taken over");
        match ledger.lock(system, &run.id, &run.execution, Some(&holder)).await? {
            Locked::Ours(lock) => Ok(lock.previous),
            Locked::Theirs(other) => Err(held(system, &other)),
        }
    }
}

fn still_writing(system: &SystemName, holder: &Lock, until: Timestamp) -> Stop {
    let run = &holder.run;
    let what = format!(
        "the run `{run}` on the system `{system}` has ended, but what its last step did is still to be found out"
    );
    refuse(Code::SystemLocked, what, format!("that is under way: start again after {until:.0}"))
}

fn held(system: &SystemName, holder: &Lock) -> Stop {
    let what = format!("the run `{}` is working on the system `{system}`", holder.run);
    refuse(
        Code::SystemLocked,
        what,
        format!("watch it (backout watch {}) and start again when it has ended", holder.run),
    )
}
