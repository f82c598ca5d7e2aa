//! A Lambda function as API Gateway names it, and the API as Lambda's policies name it.

use backout_catalogue::{ApigatewayIntegrationWith, Route};
use backout_engine::fault::Fault;

/// The function behind a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    function_arn: String,
    partition: String,
    region: String,
    account: String,
}

impl Target {
    /// From the function's ARN; the API's own region if it is known, else the function's.
    pub(super) fn new(function_arn: String, api_region: Option<&str>) -> Result<Self, Fault> {
        let parts: Vec<&str> = function_arn.split(':').collect();
        let [_, partition, _, region, account, ..] = parts.as_slice() else {
            return Err(Fault::refused(format!("`{function_arn}` is not the ARN of a function")));
        };
        Ok(Self {
            partition: (*partition).to_owned(),
            region: api_region.unwrap_or(region).to_owned(),
            account: (*account).to_owned(),
            function_arn,
        })
    }

    /// The URI of an integration with the function, of the form of the one that it replaces: a method that streams its
    /// response has another version and another end of the path, and with the usual ones it would stream no more.
    pub(super) fn uri(&self, instead_of: Option<&str>) -> String {
        let Self { partition, region, function_arn, .. } = self;
        let (version, how) = instead_of.and_then(form).unwrap_or(("2015-03-31", "invocations"));
        format!("arn:{partition}:apigateway:{region}:lambda:path/{version}/functions/{function_arn}/{how}")
    }

    /// The ARN by which API Gateway invokes for a method. API and function stand in one account.
    pub(super) fn source(&self, with: &ApigatewayIntegrationWith, route: &Route) -> String {
        let Self { partition, region, account, .. } = self;
        let method = if route.method == "ANY" { "*" } else { &route.method };
        let path: Vec<_> = route.path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect();
        format!("arn:{partition}:execute-api:{region}:{account}:{}/{}/{method}{}", with.api, with.stage, path.join("/"))
    }
}

/// The version of Lambda's API in an integration's URI, and what of a function it asks for.
fn form(uri: &str) -> Option<(&str, &str)> {
    let (version, rest) = uri.split_once(":lambda:path/")?.1.split_once("/functions/")?;
    Some((version, rest.rsplit_once('/')?.1))
}

/// A function's name and its alias or version.
pub(super) fn split_qualifier(function: &str) -> (&str, Option<&str>) {
    // `arn:aws:lambda:region:account:function:name[:qualifier]`, or `name[:qualifier]`.
    let start = function.find(":function:").map_or(0, |at| at + ":function:".len());
    let qualifier = function.get(start..).and_then(|name| name.find(':')).map(|at| start + at);
    match qualifier.and_then(|at| Some((function.get(..at)?, function.get(at + 1..)?))) {
        Some((function, qualifier)) => (function, Some(qualifier)),
        None => (function, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ARN: &str = "arn:aws-cn:lambda:cn-north-1:123456789012:function:loader";

    fn source(method: &str, path: &str) -> String {
        let with: ApigatewayIntegrationWith = serde_json::from_value(json!({
            "api": "abc", "stage": "prod", "integrations": [{"path": path, "method": method, "function": "loader"}],
        }))
        .expect("reads");
        Target::new(ARN.into(), Some("cn-north-1")).expect("target").source(&with, &with.integrations[0])
    }

    #[test]
    fn the_uri_is_that_of_the_api_s_region_with_the_whole_arn() {
        let uri = Target::new(format!("{ARN}:live"), None).expect("target").uri(None);
        let path = "lambda:path/2015-03-31/functions";
        assert_eq!(uri, format!("arn:aws-cn:apigateway:cn-north-1:{path}/{ARN}:live/invocations"));
        assert!(Target::new("loader".into(), None).is_err());
    }

    #[test]
    fn a_method_that_streams_its_response_goes_on_streaming() {
        let target = Target::new(ARN.into(), None).expect("target");
        let path = "arn:aws-cn:apigateway:cn-north-1:lambda:path";
        for form in ["2021-11-15/functions/{}/response-streaming-invocations", "2015-03-31/functions/{}/invocations"] {
            let old =
                format!("{path}/{}", form.replace("{}", "arn:aws-cn:lambda:cn-north-1:123456789012:function:old:live"));
            assert_eq!(target.uri(Some(&old)), format!("{path}/{}", form.replace("{}", ARN)));
        }
        assert_eq!(target.uri(Some("https://example.org")), target.uri(None));
    }

    #[test]
    fn the_source_is_one_method_of_one_stage() {
        let api = "arn:aws-cn:execute-api:cn-north-1:123456789012:abc/prod";
        assert_eq!(source("POST", "/query"), format!("{api}/POST/query"));
        assert_eq!(source("ANY", "/pets/{id}/{proxy+}"), format!("{api}/*/pets/*/*"));
        assert_eq!(source("GET", "/"), format!("{api}/GET/"));
    }

    #[test]
    fn qualifiers_are_told_from_names() {
        assert_eq!(split_qualifier("loader"), ("loader", None));
        assert_eq!(split_qualifier("loader:live"), ("loader", Some("live")));
        assert_eq!(split_qualifier(ARN), (ARN, None));
        assert_eq!(split_qualifier(&format!("{ARN}:7")), (ARN, Some("7")));
    }
}
