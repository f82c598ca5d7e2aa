//! The query language of a machine and of its states, which of their fields it has, and their numbers.

use serde_json::{Map, Value};

use super::{Wrong, is_unknown, under};

/// What expressions are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    JsonPath,
    Jsonata,
}

/// Fields of a state that only JSONPath has.
const OF_JSONPATH: [&str; 13] = [
    "CausePath",
    "ErrorPath",
    "HeartbeatSecondsPath",
    "InputPath",
    "ItemsPath",
    "MaxConcurrencyPath",
    "OutputPath",
    "Parameters",
    "ResultPath",
    "ResultSelector",
    "SecondsPath",
    "TimeoutSecondsPath",
    "TimestampPath",
];
/// Fields of a state that only JSONata has.
const OF_JSONATA: [&str; 2] = ["Arguments", "Output"];

/// The language of a machine; none where it is not known.
pub(super) fn of_machine(machine: &Map<String, Value>, found: &mut Vec<Wrong>) -> Option<Language> {
    of(&[], machine, found).unwrap_or(Some(Language::JsonPath))
}

/// The language that is named here, if one is.
fn of(path: &[String], fields: &Map<String, Value>, found: &mut Vec<Wrong>) -> Option<Option<Language>> {
    Some(match fields.get("QueryLanguage")? {
        Value::String(name) if name == "JSONPath" => Some(Language::JsonPath),
        Value::String(name) if name == "JSONata" => Some(Language::Jsonata),
        Value::String(name) if is_unknown(name) => None,
        other => {
            let why = format!("is {other}: write `JSONata` or `JSONPath`, with these capitals");
            found.push(Wrong::new(&under(path, &["QueryLanguage"]), why));
            None
        }
    })
}

/// What is wrong with a state of a machine that speaks `language`, if that is known.
pub(super) fn wrong(path: &[String], state: &Map<String, Value>, language: Option<Language>, found: &mut Vec<Wrong>) {
    let own = of(path, state, found);
    if language == Some(Language::Jsonata) && own == Some(Some(Language::JsonPath)) {
        let why = "is `JSONPath` in a machine of `JSONata`: only the other way round a state may differ";
        found.push(Wrong::new(&under(path, &["QueryLanguage"]), why));
        return;
    }
    let (none, other) = match own.unwrap_or(language) {
        Some(Language::Jsonata) => (&OF_JSONPATH[..], "JSONPath"),
        Some(Language::JsonPath) => (&OF_JSONATA[..], "JSONata"),
        None => (&[][..], ""),
    };
    for field in none.iter().filter(|field| state.contains_key(**field)) {
        let this = if other == "JSONata" { "JSONPath" } else { "JSONata" };
        let why = format!("is a field of {other}, and the state is in {this}, by `QueryLanguage` or without one");
        found.push(Wrong::new(&under(path, &[field]), why));
    }
    for field in ["HeartbeatSeconds", "MaxConcurrency", "Seconds", "TimeoutSeconds"] {
        found.extend(whole_seconds(path, state, field));
    }
}

/// Why a field is no whole number, nor an expression that gives one.
pub(super) fn whole_seconds(path: &[String], fields: &Map<String, Value>, field: &str) -> Option<Wrong> {
    let value = fields.get(field)?;
    let is_fine = match value {
        Value::Number(number) => number.as_f64().is_none_or(|number| number >= 0.0 && number.fract() == 0.0),
        Value::String(text) => text.contains("{%") || is_unknown(text),
        _ => false,
    };
    // What stands there instead is not told: it may be a secret.
    let is = if value.is_string() { "is a text" } else { "is not one" };
    (!is_fine).then(|| Wrong::new(&under(path, &[field]), format!("has to be a whole number without quotes, and {is}")))
}
