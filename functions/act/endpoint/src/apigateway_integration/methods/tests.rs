use aws_sdk_apigateway::types::{ConnectionType, ContentHandlingStrategy};
use serde_json::json;

use super::*;

fn resource(path: &str, http_method: &str, method: Method) -> Resource {
    Resource::builder().id(path).path(path).resource_methods(http_method, method).build()
}

fn method(integration: Integration) -> Method {
    Method::builder().authorization_type("NONE").api_key_required(false).method_integration(integration).build()
}

fn proxy(uri: &str) -> aws_sdk_apigateway::types::builders::IntegrationBuilder {
    Integration::builder()
        .r#type(IntegrationType::AwsProxy)
        .http_method("POST")
        .uri(uri)
        .passthrough_behavior("WHEN_NO_MATCH")
        .connection_type(ConnectionType::Internet)
        .timeout_in_millis(29000)
}

fn snapshot(authorization: &str, api_key: bool) -> MethodSnapshot {
    MethodSnapshot::builder().authorization_type(authorization).api_key_required(api_key).build()
}

/// An export as API Gateway writes it: defaults left out or in small letters.
fn export() -> Value {
    json!({
        "openapi": "3.0.1",
        "paths": {
            "/query": {
                "parameters": [],
                "post": {"x-amazon-apigateway-integration": {
                    "type": "aws_proxy", "httpMethod": "POST", "uri": "arn:query", "passthroughBehavior": "when_no_match",
                    "responses": {"default": {"statusCode": "200"}},
                }},
            },
            "/all": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": {
                "type": "http", "httpMethod": "GET", "uri": "https://example.org", "timeoutInMillis": 5000,
                "requestParameters": {"integration.request.header.x-key": "'secret'"},
                "requestTemplates": {"application/json": "{}"}, "contentHandling": "CONVERT_TO_TEXT",
            }}},
        },
    })
}

fn summary() -> Summary {
    [
        ("/query".to_owned(), [("POST".to_owned(), snapshot("NONE", false))].into()),
        ("/all".to_owned(), [("ANY".to_owned(), snapshot("AWS_IAM", true))].into()),
    ]
    .into()
}

fn all(key: &str) -> Resource {
    let integration = Integration::builder()
        .r#type(IntegrationType::Http)
        .http_method("GET")
        .uri("https://example.org")
        .timeout_in_millis(5000)
        .passthrough_behavior("WHEN_NO_MATCH")
        .content_handling(ContentHandlingStrategy::ConvertToText)
        .request_parameters("integration.request.header.x-key", key)
        .request_templates("application/json", "{}")
        .build();
    let method =
        Method::builder().authorization_type("AWS_IAM").api_key_required(true).method_integration(integration).build();
    resource("/all", "ANY", method)
}

#[test]
fn what_is_deployed_as_it_is_edited_shows_no_difference() {
    let live = Methods::live(&[resource("/query", "POST", method(proxy("arn:query").build())), all("'secret'")]);
    assert_eq!(live.differences(&Methods::served(&export(), Some(&summary())), &[]), Vec::<String>::new());
}

#[test]
fn every_edit_is_found_and_no_value_is_told() {
    let edited = Method::builder()
        .authorization_type("CUSTOM")
        .method_integration(proxy("arn:other").credentials("arn:role").timeout_in_millis(100).build())
        .build();
    let added = resource("/new", "GET", method(proxy("arn:new").build()));
    let live = Methods::live(&[resource("/query", "POST", edited), added]);
    let found = live.differences(&Methods::served(&export(), Some(&summary())), &[]);
    assert_eq!(
        found,
        [
            "ANY /all was removed",
            "GET /new was added",
            "POST /query was changed (authorizationType, credentials, timeoutInMillis, uri)",
        ]
    );
    let rotated = Methods::live(&[resource("/query", "POST", method(proxy("arn:query").build())), all("'rotated'")]);
    assert_eq!(
        rotated.differences(&Methods::served(&export(), Some(&summary())), &[]),
        ["ANY /all was changed (requestParameters integration.request.header.x-key)"]
    );
}

#[test]
fn where_the_plans_own_methods_point_to_is_no_foreign_edit() {
    let own = ["POST /query".to_owned()];
    let pointed = Methods::live(&[resource("/query", "POST", method(proxy("arn:mine").build())), all("'secret'")]);
    assert!(pointed.differences(&Methods::served(&export(), Some(&summary())), &own).is_empty());
    let more = proxy("arn:mine").timeout_in_millis(5).build();
    let edited = Methods::live(&[resource("/query", "POST", method(more)), all("'secret'")]);
    assert_eq!(
        edited.differences(&Methods::served(&export(), Some(&summary())), &own),
        ["POST /query was changed (timeoutInMillis)"]
    );
}
