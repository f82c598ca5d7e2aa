//! What EventBridge would refuse in an event pattern, and what it would take for something else.
//!
//! As its open matcher reads patterns (`JsonRuleCompiler` of <https://github.com/aws/event-ruler>), and as its page says:
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>

use std::collections::BTreeMap;

use backout_engine::plan::nearest;
use serde_json::value::RawValue;

mod matcher;

/// The field whose list holds alternatives.
const EITHER: &str = "$or";

/// The ways to compare a value that EventBridge knew in November 2026.
const OPERATORS: [&str; 8] =
    ["anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"];

/// Those that are hardly ever the name of a field.
const NO_FIELDS: [&str; 3] = ["anything-but", "equals-ignore-case", "numeric"];

/// The fields of a pattern or of an object in it, each with its value as it is written.
pub(super) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// A part of a pattern, numbers as they are written.
enum Part<'a> {
    Object(Fields<'a>),
    List(Vec<&'a RawValue>),
    /// `null`, `true`, `false` or a number, as it is written.
    Plain(&'a str),
    Text(String),
}

impl<'a> Part<'a> {
    fn of(value: &'a RawValue) -> Self {
        let text = value.get();
        // It was read as JSON before it became a pattern.
        match text.as_bytes().first() {
            Some(b'{') => Self::Object(serde_json::from_str(text).unwrap_or_default()),
            Some(b'[') => Self::List(serde_json::from_str(text).unwrap_or_default()),
            Some(b'"') => Self::Text(serde_json::from_str(text).unwrap_or_default()),
            _ => Self::Plain(text),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Plain(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// What EventBridge refuses.
pub(super) fn faults(pattern: &Fields<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    if pattern.is_empty() {
        faults.push("`pattern` is empty: an event pattern names at least one field, like `source: [aws.s3]`".into());
    }
    of_fields("pattern", pattern, &mut faults);
    faults
}

fn of_fields(path: &str, fields: &Fields<'_>, faults: &mut Vec<String>) {
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        match Part::of(value) {
            part if name == EITHER => of_either(&path, part, faults),
            Part::List(values) => of_values(&path, &values, faults),
            Part::Object(fields) if fields.is_empty() => faults.push(format!(
                "`{path}` is an empty object: name a field in it, or leave it out to match whatever is there"
            )),
            Part::Object(fields) if is_matcher(&fields) => faults.push(format!(
                "`{path}` compares by {} and has to be a list: write `{name}: [{}]`",
                quoted(&fields),
                apart(&fields)
            )),
            Part::Object(fields) => of_fields(&path, &fields, faults),
            Part::Plain(_) | Part::Text(_) => {
                faults.push(format!("`{path}` has to be a list: write `[{}]`", value.get()));
            }
        }
    }
}

/// Alternatives, each of which is a pattern.
fn of_either(path: &str, part: Part<'_>, faults: &mut Vec<String>) {
    const LIKE: &str = "like `[{source: [aws.s3]}, {account: [\"111122223333\"]}]`";
    let Part::List(patterns) = part else {
        faults.push(format!("`{path}` has to be a list of patterns, {LIKE}"));
        return;
    };
    if patterns.len() < 2 {
        faults.push(format!("`{path}` has {} of the two patterns that it needs at least, {LIKE}", patterns.len()));
    }
    for pattern in patterns {
        match Part::of(pattern) {
            Part::Object(fields) if fields.is_empty() => {
                faults.push(format!("`{path}` has an empty pattern: name a field in it, or leave it out"));
            }
            Part::Object(fields) => of_fields(path, &fields, faults),
            _ => faults.push(format!("`{path}` holds {}, which is no pattern: write patterns, {LIKE}", pattern.get())),
        }
    }
}

fn of_values(path: &str, values: &[&RawValue], faults: &mut Vec<String>) {
    if values.is_empty() {
        faults.push(format!("`{path}` is an empty list, which no event matches: name a value, or leave it out"));
    }
    for value in values {
        match Part::of(value) {
            Part::List(_) => faults.push(format!("`{path}` has a list within a list: write its values in one list")),
            Part::Object(fields) if fields.is_empty() => {
                faults.push(format!("`{path}` has an empty object in its list: write how to compare, or a value"));
            }
            Part::Object(fields) if fields.len() > 1 => faults.push(format!(
                "`{path}` compares by {} in one object, which takes one way; of several in the list, one has to hold: \
                 `[{}]`",
                quoted(&fields),
                apart(&fields)
            )),
            Part::Object(fields) => {
                let wrong = fields.iter().filter_map(|(operator, value)| matcher::fault(operator, value));
                faults.extend(wrong.map(|why| format!("`{path}`: {why}")));
            }
            Part::Plain(_) | Part::Text(_) => {}
        }
    }
}

/// Whether an object that stands for fields was meant to say how to compare: fields would have lists.
fn is_matcher(fields: &Fields<'_>) -> bool {
    !fields.is_empty()
        && fields.iter().all(|(name, value)| {
            OPERATORS.contains(&name.as_str())
                && match Part::of(value) {
                    Part::Plain(_) | Part::Text(_) => true,
                    Part::Object(inner) => is_matcher(&inner),
                    Part::List(_) => false,
                }
        })
}

/// `` `prefix` and `suffix` ``.
fn quoted(fields: &Fields<'_>) -> String {
    fields.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

/// Each field in an object of its own.
fn apart(fields: &Fields<'_>) -> String {
    fields.iter().map(|(name, value)| format!("{{{name}: {}}}", value.get())).collect::<Vec<_>>().join(", ")
}

/// What EventBridge is not known to have, or would take for a field.
pub(super) fn warnings(pattern: &Fields<'_>) -> Vec<String> {
    let mut found = Vec::new();
    in_fields("pattern", pattern, &mut found);
    found
}

fn in_fields(path: &str, fields: &Fields<'_>, found: &mut Vec<String>) {
    for (name, value) in fields {
        let inner = format!("{path}.{name}");
        match Part::of(value) {
            Part::List(patterns) if name == EITHER => {
                for pattern in patterns {
                    if let Part::Object(fields) = Part::of(pattern) {
                        in_fields(&inner, &fields, found);
                    }
                }
            }
            Part::List(values) => {
                if NO_FIELDS.contains(&name.as_str()) {
                    found.push(format!(
                        "`{inner}` is taken for a field called `{name}`: to compare by it, write \
                         `[{{{name}: {}}}]` for `{path}`",
                        value.get()
                    ));
                }
                in_values(&inner, &values, found);
            }
            Part::Object(fields) if !is_matcher(&fields) => in_fields(&inner, &fields, found),
            _ => {}
        }
    }
}

fn in_values(path: &str, values: &[&RawValue], found: &mut Vec<String>) {
    let used = values.iter().filter_map(|value| match Part::of(value) {
        Part::Object(fields) => Some(fields.into_keys()),
        _ => None,
    });
    found.extend(used.flatten().filter(|name| !OPERATORS.contains(&name.as_str())).map(|name| {
        let meant = nearest(&name, OPERATORS).map(|near| format!("; is it `{near}`?")).unwrap_or_default();
        format!("`{path}` compares by `{name}`, which EventBridge is not known to have{meant}")
    }));
}

#[cfg(test)]
#[path = "pattern/tests.rs"]
mod tests;
