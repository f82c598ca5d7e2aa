//! What a plan itself states. A plan is no place for secrets, so what it says in so many words may be shown; what comes
//! into it from elsewhere (Parameter Store, a request, an earlier step) may be anything.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Expander;
use crate::{
    plan::template::{References, Text},
    written,
};

impl Expander<'_> {
    /// The keys of a `with`, as it is written, whose values come from nowhere but the plan.
    pub(super) fn stated(&self, with: &Value) -> BTreeSet<String> {
        let mut keys = Keys::default();
        self.sort(with, "", &mut keys);
        keys.stated.difference(&keys.brought_in).cloned().collect()
    }

    /// Whether what is referred to is the plan's own: nothing, or inputs that have the values that it gives them.
    pub(super) fn states(&self, refers: &References) -> bool {
        let by_default = |name: &String| {
            let input = self.parsed.plan.inputs.get(name).filter(|input| input.from.is_none());
            input.is_some_and(|input| input.default.is_some() && input.default.as_ref() == self.inputs.values.get(name))
        };
        refers.steps.is_empty()
            && !refers.run
            && (!refers.item || self.item_is_stated)
            && refers.inputs.iter().all(by_default)
    }

    fn sort(&self, value: &Value, key: &str, keys: &mut Keys) {
        match value {
            // A number as it is written: one value, and the plan's.
            _ if written::marked(value).is_some() => {
                keys.stated.insert(key.to_owned());
            }
            Value::Object(map) => map.iter().for_each(|(key, value)| self.sort(value, key, keys)),
            Value::Array(items) => items.iter().for_each(|item| self.sort(item, key, keys)),
            Value::String(text) if !Text::parse(text).is_ok_and(|text| self.states(&text.references())) => {
                keys.brought_in.insert(key.to_owned());
            }
            _ => {
                keys.stated.insert(key.to_owned());
            }
        }
    }
}

/// A key may stand at several places.
#[derive(Default)]
struct Keys {
    stated: BTreeSet<String>,
    brought_in: BTreeSet<String>,
}
