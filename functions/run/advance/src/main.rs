//! Decides what a run does next, writes it into the journal, and hands steps out.

use backout_aws::{Cloud, Failure, Invocation, SystemClock};
use backout_catalogue::CATALOGUE;
use backout_engine::{
    advance::{Advance, advance},
    ids::RunId,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Payload {
    run: RunId,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::telemetry();
    let ledger = Cloud::from_env().await?.ledger();
    backout_aws::serve(async |payload: Payload, _: Invocation| -> Result<Advance, Failure> {
        Ok(advance(&ledger, &CATALOGUE, &SystemClock, &payload.run).await?)
    })
    .await
}
