//! What a step changed, or was to change, as people may see it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::difference::{Difference, differences};
use crate::{
    journal::{Step, Task},
    sensitive::Redactor,
    written,
};

/// The differences between the two ends of a step. Of what is sensitive only that is shown which the plan itself states;
/// what stood there before, or came into the plan from elsewhere, is a fingerprint.
pub fn changes(step: &Step, redactor: &Redactor) -> Vec<Difference> {
    let (Some(before), Some(after)) = (&step.before, &step.after) else { return Vec::new() };
    let stated = stated(step);
    let is_stated =
        |key: &str, value: &Value| stated.get(key).is_some_and(|texts| texts.contains(written::text(value).as_ref()));
    let shown = |state| redactor.redact_but(state, &is_stated);
    let mut changes = differences(&shown(before), &shown(after));
    let package = package(step);
    for change in changes.iter_mut().filter(|change| change.key().contains("sha256")) {
        match step.task {
            Task::Apply | Task::Rehearse { .. } => change.after_is = package.clone(),
            Task::TakeBack(_) => change.before_is = package.clone(),
            // Both ends are what was found, once by the rehearsal and once now.
            Task::Compare { .. } => {}
        }
    }
    changes
}

/// What the plan says under which key.
fn stated(step: &Step) -> BTreeMap<&str, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    collect(&step.with, "", step, &mut found);
    found
}

fn collect<'a>(value: &'a Value, key: &'a str, step: &Step, found: &mut BTreeMap<&'a str, BTreeSet<String>>) {
    match value {
        Value::Object(map) if written::marked(value).is_none() => {
            map.iter().for_each(|(key, value)| collect(value, key, step, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, step, found)),
        // A parameter may be a number where the state is the text that shows it.
        plain if step.stated.contains(key) => {
            found.entry(key).or_default().insert(written::text(plain).into_owned());
        }
        _ => {}
    }
}

/// The file name of what the plan takes from S3: whose hash it is that is written.
fn package(step: &Step) -> Option<String> {
    let uri = step.with.get("s3").and_then(Value::as_str)?;
    uri.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
}
