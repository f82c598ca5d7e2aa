//! What stands in for parts of a plan that cannot be read, so that the others keep their places and can be looked at. An
//! action without a name is none, and is passed over.

use serde_json::{Value, json};

use crate::plan::spec::{Guard, Plan, Ramp, StageSpec, StepSpec};

pub(super) fn plan() -> Option<Plan> {
    serde_json::from_value(json!({"name": "unreadable", "system": "unreadable", "description": ""})).ok()
}

pub(super) const fn stage(steps: Vec<StepSpec>, ramp: Option<Ramp>) -> StageSpec {
    StageSpec { name: String::new(), users_see: None, steps, ramp }
}

pub(super) const fn step() -> StepSpec {
    StepSpec {
        id: String::new(),
        uses: String::new(),
        with: Value::Null,
        for_each: None,
        on_failure: None,
        within: None,
        every: None,
        timeout: None,
    }
}

pub(super) const fn guard() -> Guard {
    Guard { uses: String::new(), with: Value::Null, within: None, every: None }
}
