//! Ends a run: closes its journal, writes the report, frees the system, tells people.

mod end;

use backout_aws::{Cloud, Failure, Invocation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::telemetry();
    let conclude = end::Conclude::new(&Cloud::from_env().await?)?;
    backout_aws::serve(async |payload: end::Payload, _: Invocation| -> Result<end::Answer, Failure> {
        conclude.end(payload).await
    })
    .await
}
