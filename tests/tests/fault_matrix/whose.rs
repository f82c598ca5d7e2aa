//! Whether a call is for the stack's own stores or for what is the user's: both may be of one service and operation.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

use super::named::Attempt;

/// Whose resource a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The stack's bucket or its table.
    Own,
    /// Any other.
    Users,
}

/// The stack's own stores.
#[derive(Debug, Clone)]
pub struct Own {
    pub bucket: String,
    pub table: String,
}

impl Own {
    /// Whose the resource of a request is.
    pub fn whose(&self, attempt: &Attempt, request: &HttpRequest) -> Whose {
        let is_own = match attempt.service.as_str() {
            "S3" => bucket(request.uri()) == self.bucket,
            "DynamoDB" => table(request).as_deref() == Some(self.table.as_str()),
            _ => false,
        };
        if is_own { Whose::Own } else { Whose::Users }
    }
}

impl Whose {
    /// An operation by a name that no other has: `api-gateway.UpdateStage`, `s3.PutObject` and `own-s3.PutObject`.
    pub fn name(self, attempt: &Attempt) -> String {
        let service = attempt.service.to_lowercase().replace(' ', "-");
        let own = if self == Self::Own { "own-" } else { "" };
        format!("{own}{service}.{}", attempt.operation)
    }
}

/// The first part of the path: with an endpoint of one's own, buckets are no hosts.
fn bucket(uri: &str) -> &str {
    let path = uri.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    path.split(['/', '?']).next().unwrap_or_default()
}

fn table(request: &HttpRequest) -> Option<String> {
    let body: Value = serde_json::from_slice(request.body().bytes()?).ok()?;
    Some(body.get("TableName")?.as_str()?.to_owned())
}

#[test]
fn a_users_object_is_no_evidence() {
    use super::watch::Effect;
    use aws_smithy_types::body::SdkBody;
    use backout_engine::action::Nature;

    let own = Own { bucket: "stack".into(), table: "ledger".into() };
    let found = |service: &str, operation: &str, uri: &str, body: &'static str| {
        let attempt = Attempt { service: service.into(), operation: operation.into(), number: 1 };
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(format!("http://127.0.0.1:4566{uri}")).expect("a URI");
        let whose = own.whose(&attempt, &request);
        (whose.name(&attempt), Effect::of(&attempt, whose, Nature::Change))
    };
    for (service, operation, uri, body, name, effect) in [
        ("S3", "PutObject", "/stack/evidence/1?x-id=PutObject", "", "own-s3.PutObject", Effect::Keep),
        ("S3", "PutObject", "/stacks/evidence/1", "", "s3.PutObject", Effect::Change),
        ("S3", "DeleteObject", "/theirs/stack", "", "s3.DeleteObject", Effect::Change),
        ("S3", "GetObject", "/stack/evidence/1", "", "own-s3.GetObject", Effect::Read),
        ("DynamoDB", "UpdateItem", "/", r#"{"TableName":"ledger"}"#, "own-dynamodb.UpdateItem", Effect::Journal),
        ("DynamoDB", "PutItem", "/", r#"{"TableName":"theirs"}"#, "dynamodb.PutItem", Effect::Change),
        ("DynamoDB", "Query", "/", r#"{"TableName":"theirs"}"#, "dynamodb.Query", Effect::Read),
        ("Glue", "QuerySchemaVersionMetadata", "/", "", "glue.QuerySchemaVersionMetadata", Effect::Change),
    ] {
        assert_eq!(found(service, operation, uri, body), (name.to_owned(), effect));
    }
}
