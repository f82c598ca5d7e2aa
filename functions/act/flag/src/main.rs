//! The Lambda function that hosts the actions that flip switches: feature flags and EventBridge rules.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::serve_actions(backout_flag::actions).await
}
