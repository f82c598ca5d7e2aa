//! The trigger function.

use backout_aws::{Cloud, Invocation};
use backout_trigger::Trigger;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::telemetry();
    let machine = backout_aws::variable("BACKOUT_STATE_MACHINE")?;
    let trigger = &Trigger::new(&Cloud::from_env().await?, machine);
    backout_aws::serve(move |event, _: Invocation| trigger.handle(event)).await
}
