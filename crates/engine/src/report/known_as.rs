//! The names by which people know what AWS names at full length.

use serde_json::Value;

/// As much of a hash as tells two of them apart.
const SHOWN_OF_A_HASH: usize = 12;

/// A value as it is.
pub(super) fn in_full(value: Option<&Value>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// A value by its name: a function instead of the URI that invokes it, a resource instead of its ARN, the beginning of a
/// hash; with the name in front that is known from elsewhere.
pub(super) fn known_as(key: &str, value: Option<&Value>, name: Option<&str>) -> String {
    let full = in_full(value);
    let short = match value {
        Some(Value::String(text)) => invoked(text).or_else(|| resource(text)).map(str::to_owned),
        _ => None,
    };
    let short = short.or_else(|| hash(key, &full)).unwrap_or(full);
    match name {
        Some(name) => format!("{name} ({short})"),
        None => short,
    }
}

/// The function of an API Gateway integration: `arn:aws:apigateway:…:lambda:path/…/functions/<its ARN>/invocations`.
fn invoked(uri: &str) -> Option<&str> {
    let (_, function) =
        uri.strip_prefix("arn:").filter(|uri| uri.contains(":apigateway:"))?.split_once("/functions/")?;
    let (function, _) = function.rsplit_once('/')?;
    resource(function)
}

/// The name in an ARN, with its alias or version: `arn:partition:service:region:account:type:name`.
fn resource(arn: &str) -> Option<&str> {
    let resource = arn.strip_prefix("arn:").filter(|arn| !arn.contains(char::is_whitespace))?.splitn(5, ':').nth(4)?;
    let name = resource.split_once([':', '/']).map_or(resource, |(_, name)| name);
    (!name.is_empty()).then_some(name)
}

/// A SHA-256, as hexadecimal digits or as Lambda writes it.
fn hash(key: &str, text: &str) -> Option<String> {
    let is_hash = key.contains("sha256")
        && match text.len() {
            64 => text.chars().all(|c| c.is_ascii_hexdigit()),
            44 => text.ends_with('='),
            _ => false,
        };
    is_hash.then(|| format!("{}…", text.get(..SHOWN_OF_A_HASH).unwrap_or(text)))
}
