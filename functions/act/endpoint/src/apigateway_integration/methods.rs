//! The methods of an API in one form, whether they come from its live resources or from a stage's export.
//!
//! Compared are: which methods there are; authorization type and API key; and of the integration its type, URI, HTTP
//! method, credentials, connection, passthrough behaviour, content handling, timeout, request parameters and request
//! templates. What has its default value is left out, because an export leaves it out too. Not compared are models,
//! validators, responses, authorizers' own settings and documentation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_apigateway::types::{Integration, IntegrationType, Method, MethodSnapshot, Resource};
use serde_json::Value;

/// The part of a method that says where it points to.
const URI: &str = "uri";
/// The milliseconds that an integration has unless something else is said.
const DEFAULT_TIMEOUT: &str = "29000";
/// How an export names the method `ANY`.
const ANY: &str = "x-amazon-apigateway-any-method";
const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// Methods by `POST /query`, each as its parts by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Methods(BTreeMap<String, Parts>);

type Parts = BTreeMap<String, String>;

/// The summary that a deployment embeds: by path and method.
type Summary = HashMap<String, HashMap<String, MethodSnapshot>>;

impl Methods {
    /// As they are edited.
    pub(super) fn live(resources: &[Resource]) -> Self {
        let mut methods = BTreeMap::new();
        for resource in resources {
            for (http_method, method) in resource.resource_methods().into_iter().flatten() {
                methods.insert(format!("{http_method} {}", resource.path().unwrap_or_default()), live_parts(method));
            }
        }
        Self(methods)
    }

    /// As a stage serves them: its export, and the summary of its deployment for what the export does not say.
    pub(super) fn served(export: &Value, summary: Option<&Summary>) -> Self {
        let mut methods = BTreeMap::new();
        for (path, operations) in export.get("paths").and_then(Value::as_object).into_iter().flatten() {
            for (name, operation) in operations.as_object().into_iter().flatten() {
                let Some(http_method) = http_method(name) else { continue };
                let snapshot = summary.and_then(|summary| summary.get(path)?.get(&http_method));
                methods.insert(format!("{http_method} {path}"), served_parts(operation, snapshot));
            }
        }
        Self(methods)
    }

    /// Where a method points to.
    pub(super) fn uri(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.get(URI).map(String::as_str)
    }

    /// Notes where a method points to now.
    pub(super) fn set_uri(&mut self, name: &str, uri: &str) {
        if let Some(parts) = self.0.get_mut(name) {
            parts.insert(URI.into(), uri.into());
        }
    }

    /// Whether there is such a method.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All methods.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a method invokes a Lambda function.
    pub(super) fn is_lambda(&self, name: &str) -> bool {
        self.uri(name).is_some_and(|uri| uri.contains(":lambda:path/"))
    }

    /// How these, as edited, differ from those that are served, for people: names of parts, no values, which may be
    /// secrets. Where the methods of `own` point to is left out.
    pub(super) fn differences(&self, served: &Self, own: &[String]) -> Vec<String> {
        let names: BTreeSet<_> = self.0.keys().chain(served.0.keys()).collect();
        names
            .into_iter()
            .filter_map(|name| match (self.0.get(name), served.0.get(name)) {
                (Some(_), None) => Some(format!("{name} was added")),
                (None, Some(_)) => Some(format!("{name} was removed")),
                (Some(live), Some(served)) => {
                    let parts: BTreeSet<_> = live.keys().chain(served.keys()).collect();
                    let differ: Vec<_> = parts
                        .into_iter()
                        .filter(|part| {
                            live.get(*part) != served.get(*part) && !(part.as_str() == URI && own.contains(name))
                        })
                        .map(String::as_str)
                        .collect();
                    (!differ.is_empty()).then(|| format!("{name} was changed ({})", differ.join(", ")))
                }
                (None, None) => None,
            })
            .collect()
    }
}

fn http_method(operation: &str) -> Option<String> {
    match operation {
        ANY => Some("ANY".into()),
        "get" | "put" | "post" | "delete" | "patch" | "head" | "options" => Some(operation.to_ascii_uppercase()),
        // `parameters`, `summary`, `servers`: what belongs to the whole path.
        _ => None,
    }
}

fn live_parts(method: &Method) -> Parts {
    let mut parts = access(method.authorization_type(), method.api_key_required());
    if let Some(integration) = method.method_integration() {
        parts.extend(live_integration(integration));
    }
    parts
}

fn served_parts(operation: &Value, snapshot: Option<&MethodSnapshot>) -> Parts {
    let mut parts =
        access(snapshot.and_then(MethodSnapshot::authorization_type), snapshot.map(MethodSnapshot::api_key_required));
    if let Some(Value::Object(integration)) = operation.get(INTEGRATION) {
        for (name, value) in integration {
            match value {
                Value::String(text) => add(&mut parts, name, text),
                Value::Number(number) => add(&mut parts, name, &number.to_string()),
                Value::Object(map) => {
                    for (key, value) in map {
                        add(&mut parts, &format!("{name} {key}"), value.as_str().unwrap_or_default());
                    }
                }
                _ => {}
            }
        }
    }
    parts
}

fn access(authorization: Option<&str>, api_key: Option<bool>) -> Parts {
    let mut parts = Parts::new();
    if let Some(authorization) = authorization.filter(|authorization| *authorization != "NONE") {
        parts.insert("authorizationType".into(), authorization.into());
    }
    if api_key == Some(true) {
        parts.insert("apiKeyRequired".into(), "true".into());
    }
    parts
}

fn live_integration(integration: &Integration) -> Parts {
    let mut parts = Parts::new();
    let texts = [
        ("type", integration.r#type().map(IntegrationType::as_str)),
        (URI, integration.uri()),
        ("httpMethod", integration.http_method()),
        ("credentials", integration.credentials()),
        ("connectionType", integration.connection_type().map(|kind| kind.as_str())),
        ("connectionId", integration.connection_id()),
        ("passthroughBehavior", integration.passthrough_behavior()),
        ("contentHandling", integration.content_handling().map(|handling| handling.as_str())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            add(&mut parts, name, text);
        }
    }
    add(&mut parts, "timeoutInMillis", &integration.timeout_in_millis().to_string());
    let maps = [
        ("requestParameters", integration.request_parameters()),
        ("requestTemplates", integration.request_templates()),
    ];
    for (name, map) in maps {
        for (key, value) in map.into_iter().flatten() {
            add(&mut parts, &format!("{name} {key}"), value);
        }
    }
    parts
}

/// Adds a part, unless it is a default or not compared. The live API writes some words in capitals that an export does not.
fn add(parts: &mut Parts, name: &str, value: &str) {
    let key = name.split(' ').next().unwrap_or(name);
    let value = match key {
        "type" | "passthroughBehavior" | "contentHandling" | "connectionType" => value.to_ascii_lowercase(),
        URI | "httpMethod" | "credentials" | "connectionId" | "timeoutInMillis" | "requestParameters"
        | "requestTemplates" => value.to_owned(),
        _ => return,
    };
    let default = match key {
        "passthroughBehavior" => value == "when_no_match",
        "connectionType" => value == "internet",
        "timeoutInMillis" => value == DEFAULT_TIMEOUT || value == "0",
        _ => value.is_empty(),
    };
    if !default {
        parts.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
#[path = "methods/tests.rs"]
mod tests;
