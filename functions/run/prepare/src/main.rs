//! Begins a run: validates the request, pins the plan, resolves inputs, takes the system's lock, plans the steps.

mod begin;
mod earlier;
mod inputs;
mod lock;
mod plan;
mod stop;

use backout_aws::{Cloud, Failure, Invocation};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::telemetry();
    let cloud = Cloud::from_env().await?;
    let prepare = begin::Prepare::new(&cloud)?;
    backout_aws::serve(async |payload: begin::Payload, _: Invocation| -> Result<begin::Answer, Failure> {
        prepare.begin(payload).await
    })
    .await
}
