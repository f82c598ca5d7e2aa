//! Known secrets, and finding them again however they are written.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::json;

/// The secrets that each action takes or meets, by name.
pub const MET_BY: &[(&str, &[&str])] = &[
    ("apigateway/integration", &["stagevariable"]),
    ("apigateway/throttle", &["stagevariable"]),
    ("appconfig/flag", &["attribute"]),
    ("appconfig/flags", &["attribute"]),
    ("events/rule", &["ruledescription"]),
    ("http/health", &["urlencoded", "header", "body", "malformedheader", "answer"]),
    ("lambda/code", &["package", "packagebefore"]),
    ("lambda/environment", &["variable", "changedvariable", "newvariable"]),
    ("lambda/invoke", &["payload", "variable"]),
    ("lambda/probe", &["event", "variable"]),
    ("lambda/state", &["variable", "changedvariable"]),
    ("logs/count", &["logline"]),
    ("sfn/definition", &["definition", "definitionbefore", "inlinedefinition"]),
    ("timestream-influxdb/status", &["password"]),
    ("timestream/query", &["row"]),
    // No action: an input that names a SecureString.
    ("", &["securestring"]),
];

/// Where only letters and digits may stand.
const PLAIN: [&str; 4] = ["header", "password", "stagevariable", "urlencoded"];

/// The part of a secret that every way of writing text leaves as it is, base64 excepted.
pub fn core(name: &str) -> String {
    format!("Canary{name}9")
}

/// Every secret by its name.
pub fn all() -> BTreeMap<&'static str, String> {
    MET_BY.iter().flat_map(|(_, names)| *names).map(|name| (*name, value(name))).collect()
}

fn value(name: &str) -> String {
    match name {
        // A plan holds it as it stands in a URL.
        _ if PLAIN.contains(&name) => core(name),
        "malformedheader" => format!("{}\n", core(name)),
        _ => format!("{}\"\\/é\n", core(name)),
    }
}

/// A plan with the secrets in the places of their names.
pub fn planted(plan: &str, server: &str) -> String {
    let plan = plan.replace("«server»", server).replace("«urlencoded»", &core("urlencoded"));
    all().iter().fold(plan, |plan, (name, value)| plan.replace(&format!("«{name}»"), &json!(value).to_string()))
}

/// What is around a secret in a text, if it stands there: as it is, in JSON, in a URL, in base64.
pub fn found(name: &str, text: &str) -> Option<String> {
    const AROUND: usize = 120;
    let mut forms = vec![core(name)];
    forms.extend((0..3).map(|before| base64_of(&core(name), before)));
    let at = forms.iter().find_map(|form| text.find(form.as_str()))?;
    let start = text[..at].char_indices().rev().nth(AROUND).map_or(0, |(start, _)| start);
    Some(text[start..].chars().take(2 * AROUND).collect())
}

/// The letters of base64 that a text gives wherever it stands `before` bytes behind a multiple of three.
fn base64_of(text: &str, before: usize) -> String {
    let whole = STANDARD_NO_PAD.encode([vec![0; before], text.as_bytes().to_vec()].concat());
    // The letters at both ends hold bits of what stands beside it.
    let from = (before * 8).div_ceil(6);
    let to = (before + text.len()) * 8 / 6;
    whole[from..to].to_owned()
}

#[test]
fn a_canary_is_found_however_it_is_written() {
    let secret = value("body");
    let in_base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{secret} and more"));
    for text in [
        format!("key={secret}"),
        json!({"a": json!({"b": secret}).to_string()}).to_string(),
        format!("token=%22{}%22%5C", core("body")),
        in_base64(""),
        in_base64("1"),
        in_base64("12"),
        in_base64("123"),
    ] {
        assert!(found("body", &text).is_some(), "{text}");
    }
    assert_eq!(found("body", "Canaryrow9 Canarybod"), None);
}
