//! Which aliases of a Lambda function lead callers past its latest code and configuration.
//!
//! Whoever invokes a function through an alias gets a published version, whose code and configuration never change. A
//! change of the latest ones does not reach such a caller, and a probe of them says nothing about what it gets.

use aws_sdk_lambda::Client;
use backout_aws::fault;
use backout_engine::fault::Fault;

/// The aliases that point to published versions, for people: `live (version 7)`. `None` if there are none.
///
/// # Errors
/// When they cannot be listed.
pub async fn elsewhere(client: &Client, function: &str) -> Result<Option<String>, Fault> {
    let mut pages = client.list_aliases().function_name(function).into_paginator().items().send();
    let mut elsewhere = Vec::new();
    while let Some(alias) = pages.next().await {
        let alias = alias.map_err(|error| fault(&format!("list the aliases of function {function}"), error))?;
        match (alias.name(), alias.function_version()) {
            (Some(alias), Some(version)) if version != "$LATEST" => {
                elsewhere.push(format!("{alias} (version {version})"));
            }
            _ => {}
        }
    }
    Ok((!elsewhere.is_empty()).then(|| elsewhere.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_aws::testing::cloud;
    use serde_json::{Value, json};

    async fn found(status: u16, answer: Value) -> Result<Option<String>, Fault> {
        let (cloud, _) = cloud(move |_| (status, answer.to_string()));
        elsewhere(&Client::new(cloud.reads()), "loader").await
    }

    #[tokio::test]
    async fn only_those_that_point_to_a_published_version_are_named() {
        let alias = |name: &str, version: &str| json!({"Name": name, "FunctionVersion": version});
        let several = json!({"Aliases": [alias("live", "7"), alias("dev", "$LATEST"), alias("blue", "8")]});
        assert_eq!(found(200, several).await.expect("aliases").as_deref(), Some("live (version 7), blue (version 8)"));
        assert_eq!(found(200, json!({"Aliases": [alias("dev", "$LATEST")]})).await.expect("aliases"), None);
        assert_eq!(found(200, json!({"Aliases": []})).await.expect("aliases"), None);
    }

    #[tokio::test]
    async fn a_list_that_cannot_be_had_is_a_fault() {
        let fault = found(403, json!({"__type": "AccessDeniedException", "message": "no"})).await.expect_err("denied");
        assert!(fault.message.contains("list the aliases of function loader"), "{fault}");
    }
}
