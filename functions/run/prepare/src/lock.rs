//! The lock of a system: taken over only from a holder that is shown to have ended.

use aws_sdk_sfn::{Client, types::ExecutionStatus};
use backout_aws::{Cloud, SystemClock, fault};
use backout_engine::{
    clock::Timestamp,
    code::Code,
    conclude::{Closed, close},
    fault::Fault,
    ids::{RunId, SystemName},
    journal::Run,
    ledger::{Ledger, Lock, Locked},
};

use crate::stop::{Stop, refuse};

/// `DescribeExecution` is eventually consistent: what has ended is asked twice.
const ASKED: usize = 2;

/// Takes locks.
pub struct Locksmith {
    sfn: Client,
}

impl Locksmith {
    /// With the clients of one process.
    pub fn new(cloud: &Cloud) -> Self {
        Self { sfn: Client::new(cloud.reads()) }
    }

    /// Locks the system for the run, or refuses and names the run that holds it. Returns the run that held it before.
    pub async fn lock(&self, ledger: &dyn Ledger, system: &SystemName, run: &Run) -> Result<Option<RunId>, Stop> {
        let holder = match ledger.lock(system, &run.id, &run.execution, None).await? {
            Locked::Ours(lock) => return Ok(lock.previous),
            Locked::Theirs(holder) => holder,
        };
        if !self.has_ended(&holder).await? {
            return Err(held(system, &holder));
        }
        // Its Lambdas may outlive it. Once its journal is closed none of them writes any more; one that has begun is
        // waited out.
        if ledger.run(&holder.run).await?.is_some()
            && let Closed::StillUnderWay(until) = close(ledger, &SystemClock, &holder.run, None).await?
        {
            return Err(still_writing(system, &holder, until));
        }
        tracing::warn!(holder = holder.run.as_str(), "the holder of the lock has ended without freeing it; taken over");
        match ledger.lock(system, &run.id, &run.execution, Some(&holder)).await? {
            Locked::Ours(lock) => Ok(lock.previous),
            Locked::Theirs(other) => Err(held(system, &other)),
        }
    }

    async fn has_ended(&self, holder: &Lock) -> Result<bool, Fault> {
        for _ in 0..ASKED {
            let asked = self.sfn.describe_execution().execution_arn(&holder.execution.arn).send().await;
            match asked {
                Ok(execution) => {
                    let going_on =
                        matches!(execution.status, ExecutionStatus::Running | ExecutionStatus::PendingRedrive);
                    if going_on || execution.stop_date.is_none() {
                        return Ok(false);
                    }
                }
                // Step Functions forgets executions 90 days after their end.
                Err(error) if error.as_service_error().is_some_and(|error| error.is_execution_does_not_exist()) => {}
                Err(error) => return Err(fault(&format!("look at the execution of the run `{}`", holder.run), error)),
            }
        }
        Ok(true)
    }
}

fn still_writing(system: &SystemName, holder: &Lock, until: Timestamp) -> Stop {
    let run = &holder.run;
    let what =
        format!("the run `{run}` on the system `{system}` has ended, but one of its functions could still be writing");
    refuse(Code::SystemLocked, what, format!("start again after {until:.0}"))
}

fn held(system: &SystemName, holder: &Lock) -> Stop {
    let what = format!("the run `{}` is working on the system `{system}`", holder.run);
    refuse(
        Code::SystemLocked,
        what,
        format!("watch it (backout watch {}) and start again when it has ended", holder.run),
    )
}
