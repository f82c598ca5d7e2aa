//! The Lambda function that hosts the actions that say how much traffic is let through.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::serve_actions(backout_traffic::actions).await
}
