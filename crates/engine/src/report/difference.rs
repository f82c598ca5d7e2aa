//! What differs between two states, part by part.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One part that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The keys that lead to it, joined by dots.
    pub path: String,
    /// What it was; `None` where there was nothing.
    pub before: Option<Value>,
    /// What it is; `None` where there is nothing.
    pub after: Option<Value>,
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
    found.push(Difference { path: path.join("."), before: something(before), after: something(after) });
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: &Option<Value>| match value {
            None => "(none)".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} → {}", show(&self.before), show(&self.after))
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
}
