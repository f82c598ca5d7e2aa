//! The small JSON that starts a run from everywhere: console, command line, alarm, pipeline.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    code::Code,
    journal::{Mode, Refusal},
};

/// A request for a run. Only `plan` is required.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The plan's name.
    pub plan: String,
    /// Why, for the report and whoever reads it later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What kind of run.
    #[serde(default)]
    pub mode: Mode,
    /// Values for the plan's inputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Value>,
    /// The stages to run, by name; all of them if empty. The preflight always runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Who or what asks: a person, `alarm:<name>`, a pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
}

impl Request {
    /// Reads a request as it came in.
    ///
    /// # Errors
    /// A refusal that says what is wrong and shows what would be right.
    pub fn read(input: &Value) -> Result<Self, Refusal> {
        let refusal = |what: String| Refusal {
            code: Code::WrongRequest,
            what,
            help: Some(
                "the smallest request is {\"plan\": \"name-of-the-plan\"}; `backout schema --request` shows all of it"
                    .into(),
            ),
        };
        if !input.is_object() {
            return Err(refusal("the execution's input is not a JSON object".into()));
        }
        crate::action::read_section(input).map_err(|wrong| {
            let place = if wrong.path.is_empty() { String::new() } else { format!("`{}`: ", wrong.path.join(".")) };
            refusal(format!("the execution's input is not a request: {place}{wrong}"))
        })
    }

    /// What can be said of a request that could not be read.
    pub fn unreadable(input: &Value) -> Self {
        let text = |key: &str| input.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            plan: text("plan").unwrap_or_else(|| "(none)".into()),
            reason: text("reason"),
            requested_by: text("requested_by"),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_plan_is_required() {
        let request = Request::read(&json!({"plan": "p"})).expect("reads");
        assert_eq!(request.plan, "p");
        assert!(request.only.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (input, said) in [
            (json!({}), "plan"),
            (json!([]), "not a JSON object"),
            (json!({"plan": "p", "onyl": ["x"]}), "onyl"),
            (json!({"plan": "p", "mode": "aply"}), "aply"),
            (json!({"plan": "p", "only": "x"}), "only"),
        ] {
            let refusal = Request::read(&input).expect_err("refused");
            assert_eq!(refusal.code, Code::WrongRequest);
            assert!(refusal.what.contains(said), "{}", refusal.what);
        }
    }
}
