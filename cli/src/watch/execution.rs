//! The Step Functions execution of a run, asked about where the journal does not say enough.

use aws_sdk_sfn::types::ExecutionStatus;
use backout_aws::fault;
use backout_engine::ids::RunId;

use crate::{error::CliError, stack::Stack};

/// An execution, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, …
    pub status: ExecutionStatus,
    /// The error that it ended with.
    pub error: Option<String>,
    /// The cause that it ended with.
    pub cause: Option<String>,
}

impl Execution {
    /// The execution of a run, if there is (or is to be seen) one.
    ///
    /// # Errors
    /// When Step Functions cannot be asked.
    pub async fn find(stack: &Stack, run: &RunId) -> Result<Option<Self>, CliError> {
        let arn = stack.execution_arn(run);
        match stack.executions().describe_execution().execution_arn(&arn).send().await {
            Ok(found) => Ok(Some(Self { arn, status: found.status, error: found.error, cause: found.cause })),
            Err(error) => {
                let fault = fault(&format!("look at the execution of `{run}`"), error);
                if fault.code == "ExecutionDoesNotExist" { Ok(None) } else { Err(fault.into()) }
            }
        }
    }

    /// Whether nothing more happens in it by itself.
    pub const fn is_over(&self) -> bool {
        matches!(
            self.status,
            ExecutionStatus::Succeeded | ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted
        )
    }
}
