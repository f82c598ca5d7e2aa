//! Ends a run: closes its journal, writes the report, frees the system, tells people.

mod end;
mod functions;
mod outside;

use backout_aws::{Cloud, Failure, Invocation};
use outside::{Outside, StatusChange, Sweep};
use serde::{Deserialize, Serialize};

/// Who invokes it, told by the form of what they send.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Payload {
    /// The state machine, at the end of a run.
    Run(end::Payload),
    /// EventBridge, about an execution that has ended.
    Told(StatusChange),
    /// EventBridge, every minute.
    Sweep(Sweep),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answer {
    Ended(Box<end::Answer>),
    Nothing,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::telemetry();
    let cloud = Cloud::from_env().await?;
    let conclude = end::Conclude::new(&cloud)?;
    let outside = Outside::new(&cloud, &conclude);
    backout_aws::serve(async |payload: Payload, _: Invocation| -> Result<Answer, Failure> {
        Ok(match payload {
            Payload::Run(payload) => Answer::Ended(Box::new(conclude.end(payload).await?)),
            Payload::Told(change) => {
                outside.told(change).await?;
                Answer::Nothing
            }
            Payload::Sweep(Sweep { sweep }) => {
                if sweep {
                    outside.sweep().await?;
                }
                Answer::Nothing
            }
        })
    })
    .await
}
