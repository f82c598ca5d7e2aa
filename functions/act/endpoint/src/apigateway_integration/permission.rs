//! Whether API Gateway may invoke a function: the function's resource policy.

use aws_sdk_lambda::{Client, error::ProvideErrorMetadata};
use backout_aws::{Cloud, fault, lookup_fault};
use backout_catalogue::{ApigatewayIntegrationWith, Route};
use backout_engine::{action::Claim, evidence::ContentHash, fault::Fault};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wildmatch::WildMatch;

use super::target::split_qualifier;

const SERVICE: &str = "apigateway.amazonaws.com";

/// This step's own statement in the function's policy, which is taken away again on the way back.
///
/// Whether API Gateway may invoke the function by a statement of somebody else is no part of the state: a pipeline may
/// add or remove it meanwhile, and that is neither this step's doing nor in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Permission {
    /// It is not there. (Rows from before this was so have `given` where somebody else's statement was.)
    #[serde(alias = "given")]
    Absent,
    /// It is there.
    Ours,
}

/// What a function's policy says about API Gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    /// Whether this step's own statement is there.
    pub(super) permission: Permission,
    /// Whether API Gateway may invoke the function, by whosever statement.
    pub(super) allows: bool,
}

/// Functions and their policies.
#[derive(Debug)]
pub(super) struct Permissions {
    reads: Client,
    writes: Client,
}

impl Permissions {
    pub(super) fn new(cloud: &Cloud) -> Self {
        Self { reads: Client::new(cloud.reads()), writes: Client::new(cloud.writes()) }
    }

    /// The function's ARN, with its alias or version if it is named with one.
    pub(super) async fn function_arn(&self, function: &str) -> Result<String, Fault> {
        let (name, qualifier) = split_qualifier(function);
        let found = self
            .reads
            .get_function_configuration()
            .function_name(name)
            .set_qualifier(qualifier.map(str::to_owned))
            .send()
            .await
            .map_err(|error| {
                let if_missing = "check the function's name, its alias and the region";
                lookup_fault(&format!("find the function {function}"), error, if_missing)
            })?;
        Ok(found.function_arn().unwrap_or_default().to_owned())
    }

    pub(super) async fn read(&self, route: &Route, source: &str, ours: &str) -> Result<Policy, Fault> {
        let (name, qualifier) = split_qualifier(&route.function);
        let found =
            self.reads.get_policy().function_name(name).set_qualifier(qualifier.map(str::to_owned)).send().await;
        match found {
            Ok(found) => Ok(policy(found.policy().unwrap_or_default(), source, ours)),
            // The function is there, so it is the policy that is not.
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                Ok(Policy { permission: Permission::Absent, allows: false })
            }
            Err(error) => Err(fault(&format!("read the resource policy of {}", route.function), error)),
        }
    }

    pub(super) async fn add(&self, route: &Route, source: &str, statement_id: &str) -> Result<(), Fault> {
        let (name, qualifier) = split_qualifier(&route.function);
        self.writes
            .add_permission()
            .function_name(name)
            .set_qualifier(qualifier.map(str::to_owned))
            .statement_id(statement_id)
            .action("lambda:InvokeFunction")
            .principal(SERVICE)
            .source_arn(source)
            .send()
            .await
            .map(drop)
            .map_err(|error| fault(&format!("let API Gateway invoke {}", route.function), error))
    }

    pub(super) async fn remove(&self, route: &Route, statement_id: &str) -> Result<(), Fault> {
        let (name, qualifier) = split_qualifier(&route.function);
        let sent = self
            .writes
            .remove_permission()
            .function_name(name)
            .set_qualifier(qualifier.map(str::to_owned))
            .statement_id(statement_id)
            .send()
            .await;
        match sent {
            Err(error) if error.code() != Some("ResourceNotFoundException") => {
                Err(fault(&format!("take the permission to invoke {} back", route.function), error))
            }
            _ => Ok(()),
        }
    }
}

/// The id of the statement that a step adds for a method: the same whenever it is asked for, and nobody else's.
pub(super) fn statement_id(claim: &Claim, with: &ApigatewayIntegrationWith, route: &Route) -> String {
    let text = format!("{claim} {}/{} {} {}", with.api, with.stage, route.name(), route.function);
    let digest: String = ContentHash::of(text.as_bytes()).0.chars().take(16).collect();
    format!("backout-{digest}")
}

/// What a policy says.
fn policy(policy: &str, source: &str, ours: &str) -> Policy {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = items(policy.get("Statement"));
    let is_ours = |statement: &Value| statement.get("Sid").and_then(Value::as_str) == Some(ours);
    let permission = if statements.iter().any(is_ours) { Permission::Ours } else { Permission::Absent };
    let allows = statements.iter().any(|statement| is_ours(statement) || allows(statement, source));
    Policy { permission, allows }
}

fn allows(statement: &Value, source: &str) -> bool {
    let principal = match statement.get("Principal") {
        Some(Value::Object(map)) => map.get("Service"),
        other => other,
    };
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        && texts(principal).any(|principal| principal == SERVICE || principal == "*")
        && texts(statement.get("Action")).any(|action| matches!(action, "lambda:InvokeFunction" | "lambda:*" | "*"))
        && conditions_hold(statement.get("Condition"), source)
}

/// Whether API Gateway, for `source`, meets the conditions. One that is not known here counts as not met.
fn conditions_hold(conditions: Option<&Value>, source: &str) -> bool {
    let account = source.split(':').nth(4).unwrap_or_default();
    conditions.and_then(Value::as_object).into_iter().flatten().all(|(operator, keys)| {
        keys.as_object().into_iter().flatten().all(|(key, wanted)| {
            let like = matches!(operator.as_str(), "ArnLike" | "ArnEquals" | "StringLike");
            match key.to_ascii_lowercase().as_str() {
                "aws:sourcearn" if like => texts(Some(wanted)).any(|pattern| WildMatch::new(pattern).matches(source)),
                "aws:sourcearn" if operator == "StringEquals" => texts(Some(wanted)).any(|wanted| wanted == source),
                "aws:sourceaccount" if like || operator == "StringEquals" => {
                    texts(Some(wanted)).any(|wanted| wanted == account)
                }
                _ => false,
            }
        })
    })
}

/// IAM writes a list of one as its one item.
fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    items(value).iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/prod/POST/query";

    fn statement(change: impl FnOnce(&mut Value)) -> Value {
        let mut statement = json!({
            "Sid": "theirs",
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:123456789012:abc/*/POST/query"}},
        });
        change(&mut statement);
        statement
    }

    fn read(statements: impl Into<Value>) -> Policy {
        policy(&json!({"Version": "2012-10-17", "Statement": statements.into()}).to_string(), SOURCE, "backout-1")
    }

    /// Allowed by somebody else's statement.
    const GIVEN: Policy = Policy { permission: Permission::Absent, allows: true };
    const REFUSED: Policy = Policy { permission: Permission::Absent, allows: false };
    const OURS: Policy = Policy { permission: Permission::Ours, allows: true };

    #[test]
    fn a_statement_that_covers_the_method_is_permission() {
        assert_eq!(read(vec![statement(|_| ())]), GIVEN);
        assert_eq!(read(statement(|s| s["Action"] = json!(["lambda:GetFunction", "lambda:*"]))), GIVEN);
        assert_eq!(read(vec![statement(|s| s["Condition"] = json!(null))]), GIVEN);
        let account = json!({"StringEquals": {"aws:SourceAccount": "123456789012"}});
        assert_eq!(read(vec![statement(|s| s["Condition"] = account)]), GIVEN);
    }

    #[test]
    fn a_statement_for_something_else_is_none() {
        type Edit = fn(&mut Value);
        let others: [Edit; 6] = [
            |s| {
                s["Condition"]["ArnLike"]["AWS:SourceArn"] =
                    json!("arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/query")
            },
            |s| s["Principal"] = json!({"Service": "events.amazonaws.com"}),
            |s| s["Effect"] = json!("Deny"),
            |s| s["Action"] = json!("lambda:GetFunction"),
            |s| s["Condition"]["StringEquals"] = json!({"aws:SourceAccount": "999999999999"}),
            |s| s["Condition"]["StringEquals"] = json!({"aws:PrincipalOrgID": "o-1"}),
        ];
        for other in others {
            assert_eq!(read(vec![statement(other)]), REFUSED);
        }
        assert_eq!(read(json!([])), REFUSED);
    }

    #[test]
    fn our_own_statement_is_known_by_its_id() {
        assert_eq!(read(vec![statement(|_| ()), statement(|s| s["Sid"] = json!("backout-1"))]), OURS);
        let with: ApigatewayIntegrationWith = serde_json::from_value(json!({
            "api": "abc", "stage": "prod", "integrations": [{"path": "/query", "method": "POST", "function": "f"}],
        }))
        .expect("reads");
        let id = |run: &str| {
            let claim = Claim { run: run.parse().expect("run"), step: "s".parse().expect("step") };
            statement_id(&claim, &with, &with.integrations[0])
        };
        assert_eq!(id("one"), id("one"));
        assert_ne!(id("one"), id("two"));
        assert!(id("one").chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    }
}
