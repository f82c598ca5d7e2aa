//! The Lambda function that hosts the actions that say where data and traffic go.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::serve_actions(backout_endpoint::actions).await
}
