//! What stands in for parts of a plan that cannot be read, so that the others keep their places and can be looked at.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::plan::spec::{Guard, Input, InputType, Plan, Ramp, StageSpec, StepSpec, Trigger};

/// Stands in for a name. No step and no action is called so, and nobody writes it.
pub const UNREADABLE: &str = "‹unreadable›";

/// A part of a plan that can be read although a key of it is missing or wrong.
pub(super) trait Section: DeserializeOwned {
    /// The keys of it that are read apart from it.
    const APART: &[&str] = &[];

    /// What stands in for a key that it has to have.
    fn stand_in(_key: &str) -> Option<Value> {
        None
    }
}

impl Section for Plan {
    const APART: &[&str] = &["triggers", "inputs", "preflight", "stages"];

    fn stand_in(key: &str) -> Option<Value> {
        ["name", "system", "description"].contains(&key).then(|| json!("unreadable"))
    }
}

impl Section for StageSpec {
    const APART: &[&str] = &["steps", "ramp"];

    fn stand_in(key: &str) -> Option<Value> {
        (key == "name").then(|| json!(UNREADABLE))
    }
}

impl Section for StepSpec {
    fn stand_in(key: &str) -> Option<Value> {
        ["id", "uses"].contains(&key).then(|| json!(UNREADABLE))
    }
}

impl Section for Ramp {
    const APART: &[&str] = &["guard"];

    fn stand_in(key: &str) -> Option<Value> {
        match key {
            "id" | "uses" => Some(json!(UNREADABLE)),
            "through" => Some(json!([])),
            _ => None,
        }
    }
}

impl Section for Guard {
    fn stand_in(key: &str) -> Option<Value> {
        (key == "uses").then(|| json!(UNREADABLE))
    }
}

impl Section for Trigger {
    fn stand_in(key: &str) -> Option<Value> {
        (key == "alarm").then(|| json!(UNREADABLE))
    }
}

impl Section for Input {}

pub(super) const fn stage(steps: Vec<StepSpec>, ramp: Option<Ramp>) -> StageSpec {
    StageSpec { name: String::new(), users_see: None, steps, ramp }
}

pub(super) fn step() -> StepSpec {
    StepSpec {
        id: UNREADABLE.into(),
        uses: UNREADABLE.into(),
        with: Value::Null,
        for_each: None,
        on_failure: None,
        within: None,
        every: None,
        timeout: None,
    }
}

pub(super) fn guard() -> Guard {
    Guard { uses: UNREADABLE.into(), with: Value::Null, within: None, every: None }
}

/// Nobody knows its value, as if whoever starts a run had to give it.
pub(super) fn input() -> Input {
    Input { description: None, kind: InputType::default(), default: None, from: None }
}
