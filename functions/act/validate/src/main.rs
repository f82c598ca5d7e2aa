//! The function that checks.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    backout_aws::serve_actions(backout_validate::actions).await
}
