//! The function that sets which version runs.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::serve_actions(backout_version::actions).await
}
