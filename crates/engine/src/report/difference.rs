//! What differs between two states, part by part.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known_as::{in_full, known_as};
use crate::shown::line;

/// One part that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The keys that lead to it, joined by dots.
    pub path: String,
    /// What it was; `None` where there was nothing.
    pub before: Option<Value>,
    /// What it is; `None` where there is nothing.
    pub after: Option<Value>,
    /// The name by which people know what it was, where the value itself does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_is: Option<String>,
    /// The name by which people know what it is, where the value itself does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_is: Option<String>,
}

/// All parts that differ. Lists are compared whole.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    collect(&mut Vec::new(), Some(before), Some(after), &mut found);
    found
}

fn collect(path: &mut Vec<String>, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let maps = (before.and_then(Value::as_object), after.and_then(Value::as_object));
    if let (Some(one), Some(other)) = maps {
        let keys: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        for key in keys {
            path.push(key.clone());
            collect(path, one.get(key), other.get(key), found);
            path.pop();
        }
        return;
    }
    // `null` says that there is nothing, as an absent key does.
    let something = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
    let (before, after) = (something(before), something(after));
    found.push(Difference { path: path.join("."), before, after, before_is: None, after_is: None });
}

impl Difference {
    /// The key that the value stands under.
    pub fn key(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// Both values whole, if the short form leaves something out.
    pub fn in_full(&self) -> Option<String> {
        let full = self.told(in_full(self.before.as_ref()), in_full(self.after.as_ref()));
        (full != self.to_string()).then_some(full)
    }

    fn told(&self, before: String, after: String) -> String {
        let path = if self.path.is_empty() { String::new() } else { format!("{}: ", self.path) };
        line(&format!("{path}{before} → {after}"))
    }
}

/// By the names that people know, and on one line. Where two values have one name, whole.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = known_as(self.key(), self.before.as_ref(), self.before_is.as_deref());
        let after = known_as(self.key(), self.after.as_ref(), self.after_is.as_deref());
        let told = if before == after {
            self.told(in_full(self.before.as_ref()), in_full(self.after.as_ref()))
        } else {
            self.told(before, after)
        };
        f.write_str(&told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shows_the_parts_that_differ() {
        let found = differences(
            &json!({"rate": 1000, "same": 1, "v": {"KEY": null, "OLD": "x"}, "l": [1]}),
            &json!({"rate": 10, "same": 1, "v": {"KEY": "y"}, "l": [2]}),
        );
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["l: [1] → [2]", "rate: 1000 → 10", "v.KEY: (none) → y", "v.OLD: x → (none)"]);
    }

    #[test]
    fn names_what_people_know() {
        let uri = |function: &str| {
            let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}");
            format!("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations")
        };
        let hash = |letter: &str| format!("{}=", letter.repeat(43));
        let shown = |before: Value, after: Value| {
            let found = differences(&before, &after);
            assert!(found.iter().all(|one| one.in_full().is_some()), "nothing is lost");
            found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let live = |function: &str| json!({"live": uri(function)});
        assert_eq!(
            shown(live("influx_query:live"), live("timestream_query")),
            "live: influx_query:live → timestream_query"
        );
        let code = |letter: &str| json!({"code_sha256": hash(letter)});
        assert_eq!(shown(code("a"), code("b")), "code_sha256: aaaaaaaaaaaa… → bbbbbbbbbbbb…");
    }

    #[test]
    fn two_values_with_one_name_are_shown_whole() {
        let target = |account: &str| json!({"target": format!("arn:aws:lambda:eu-west-1:{account}:function:loader")});
        let found = differences(&target("111111111111"), &target("222222222222"));
        let shown = found.first().map(ToString::to_string).unwrap_or_default();
        assert!(shown.contains("111111111111") && shown.contains("222222222222"), "{shown}");
    }
}
