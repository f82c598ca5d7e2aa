//! Runs whose execution has ended without concluding them: told of by Step Functions, or found by the sweeper.
//!
//! Step Functions tells of a status by an event, as well as it can; what it does not tell, the sweeper finds within a
//! minute.

use backout_aws::{Cloud, Failure};
use backout_engine::{clock::Timestamp, ids::RunId, journal::Execution};
use backout_executions::{Executions, how};
use futures::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::Value;

use crate::end::{Conclude, Orphan};

/// How many runs are looked at at a time.
const AT_ONCE: usize = 4;

/// An event of Step Functions: "Step Functions Execution Status Change".
#[derive(Debug, Deserialize)]
pub struct StatusChange {
    detail: Detail,
}

/// As Step Functions documents it. Times are milliseconds since 1970.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    execution_arn: String,
    name: String,
    status: String,
    start_date: i64,
    stop_date: Option<i64>,
    /// The execution's input as text; `None` where it is too large for an event.
    input: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    cause: Option<String>,
}

/// That it is time to look for runs that nobody has concluded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Always true.
    pub sweep: bool,
}

/// Concludes what others left behind.
pub struct Outside<'a> {
    conclude: &'a Conclude,
    executions: Executions,
}

impl<'a> Outside<'a> {
    /// With the clients of one process.
    pub fn new(cloud: &Cloud, conclude: &'a Conclude) -> Self {
        Self { conclude, executions: Executions::new(cloud) }
    }

    /// Concludes the run of an execution that has ended.
    ///
    /// # Errors
    /// When AWS does not answer; Lambda then delivers the event again, and the sweeper comes by.
    pub async fn told(&self, change: StatusChange) -> Result<(), Failure> {
        let Some(orphan) = change.detail.orphan() else { return Ok(()) };
        self.conclude.end_orphan(&orphan).await.map(drop)
    }

    /// Looks at every run that is not concluded, and concludes those whose execution has ended.
    ///
    /// # Errors
    /// After all of them, when one of them could not be concluded.
    pub async fn sweep(&self) -> Result<(), Failure> {
        let open = self.conclude.ledger().open_runs().await?;
        let swept: Vec<Result<(), Failure>> = stream::iter(open)
            .map(|run| async move {
                let Some(ended) = self.executions.ended(&run.execution).await? else { return Ok(()) };
                let request = serde_json::to_value(&run.request).unwrap_or_default();
                let orphan = Orphan { run: run.id, execution: run.execution, request, ended };
                self.conclude.end_orphan(&orphan).await.map(drop)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        swept.into_iter().collect()
    }
}

impl Detail {
    /// `None` for an execution whose name is no run's id, or that goes on.
    fn orphan(self) -> Option<Orphan> {
        if !matches!(self.status.as_str(), "FAILED" | "ABORTED" | "TIMED_OUT") {
            return None;
        }
        let run: RunId = self.name.parse().ok()?;
        let started_at = Timestamp::from_millisecond(self.start_date).ok()?;
        // As the state machine writes it.
        let started_at = started_at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let request = self.input.and_then(|input| serde_json::from_str(&input).ok()).unwrap_or(Value::Null);
        let ended = how(&self.status, self.error.as_deref(), self.cause.as_deref(), self.stop_date);
        Some(Orphan { run, execution: Execution { arn: self.execution_arn, started_at }, request, ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_engine::journal::Outcome;
    use serde_json::json;

    fn change(status: &str) -> Option<Orphan> {
        let event = json!({
            "version": "0", "id": "315c1398-40ff-a850-213b-158f73e60175", "source": "aws.states",
            "detail-type": "Step Functions Execution Status Change", "account": "123456789012",
            "time": "2026-11-20T19:42:21Z", "region": "us-east-1", "resources": [],
            "detail": {
                "executionArn": "arn:aws:states:us-east-1:123456789012:execution:backout:r-1",
                "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:backout",
                "name": "r-1", "status": status, "startDate": 1_763_667_740_123_i64, "stopDate": 1_763_667_741_000_i64,
                "input": "{\"plan\": \"back\"}", "inputDetails": {"included": true}, "output": null,
                "error": "Enough", "cause": "wrong plan", "stateMachineVersionArn": null,
            },
        });
        let change: StatusChange = serde_json::from_value(event).expect("reads");
        change.detail.orphan()
    }

    #[test]
    fn an_execution_that_was_stopped_leaves_an_orphan() {
        let orphan = change("ABORTED").expect("one");
        assert_eq!((orphan.run.as_str(), orphan.ended.outcome), ("r-1", Outcome::Aborted));
        assert!(orphan.ended.refusal.what.contains("wrong plan"));
        assert_eq!(orphan.request, json!({"plan": "back"}));
        assert_eq!(orphan.execution.started_at, "2025-11-20T19:42:20.123Z");
    }

    #[test]
    fn an_execution_that_goes_on_or_went_well_leaves_none() {
        for status in ["RUNNING", "SUCCEEDED", "PENDING_REDRIVE"] {
            assert!(change(status).is_none(), "{status}");
        }
    }
}
