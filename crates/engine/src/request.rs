//! The small JSON that starts a run from everywhere: console, command line, alarm, pipeline.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    code::Code,
    ids::RunId,
    journal::{Mode, Refusal},
};

/// A request for a run. Only `plan` is required; with `undo` not even that.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The plan's name. To undo or to resume a run it may be left out: it is that run's.
    #[serde(default)]
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
    /// The stages to run, by name; all of them if empty. The preflight always runs. To undo, steps may be named too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// With `mode: undo`: the run that is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<RunId>,
    /// The run that this one goes on with, after its last finished stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<RunId>,
    /// The rehearsal that the world is compared with, before the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<RunId>,
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
        let request: Self = crate::action::at_path(input).map_err(|wrong| {
            let place = if wrong.path.is_empty() { String::new() } else { format!("`{}`: ", wrong.path.join(".")) };
            refusal(format!("the execution's input is not a request: {place}{wrong}"))
        })?;
        match request.misfit() {
            Some((what, help)) => Err(Refusal { code: Code::WrongRequest, what: what.into(), help: Some(help.into()) }),
            None => Ok(request),
        }
    }

    /// What does not go together, and how it is written instead.
    const fn misfit(&self) -> Option<(&'static str, &'static str)> {
        const UNDO: &str = "write {\"mode\": \"undo\", \"undo\": \"id-of-the-run\"}";
        const PLAN: &str = "write {\"plan\": \"name-of-the-plan\"}; `backout plans list` shows the names";
        match (self.mode, &self.undo) {
            (Mode::Undo, None) => return Some(("the request does not say which run to undo", UNDO)),
            (Mode::Apply | Mode::Rehearse, Some(_)) => {
                return Some(("the request names a run to undo, but its `mode` is not `undo`", UNDO));
            }
            _ => {}
        }
        match (self.mode, &self.resume, &self.sealed) {
            (Mode::Undo, Some(_), _) => {
                Some(("a run cannot be undone and resumed at once", "leave out one of `undo` and `resume`"))
            }
            (Mode::Undo | Mode::Rehearse, _, Some(_)) => {
                Some(("only a run that applies a plan can be sealed", "leave out `sealed`, or leave out `mode`"))
            }
            (Mode::Apply, Some(_), Some(_)) => Some((
                "a resumed run cannot be sealed: the rehearsal was of a world that its first part has changed",
                "leave out `sealed`; `mode: rehearse` together with `resume` shows what is left",
            )),
            (Mode::Apply | Mode::Rehearse, None, _) if self.plan.is_empty() => {
                Some(("the request does not name a plan", PLAN))
            }
            (_, Some(_), _) if !self.only.is_empty() => Some((
                "`only` and `resume` do not go together: what is left of the run is resumed",
                "leave out one of the two",
            )),
            _ => None,
        }
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
mod fuzz;

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
    fn to_undo_or_to_resume_the_run_says_the_plan() {
        let request =
            Request::read(&json!({"mode": "undo", "undo": "r-1", "only": ["Divert traffic"]})).expect("reads");
        assert_eq!((request.mode, request.undo.as_ref().map(RunId::as_str)), (Mode::Undo, Some("r-1")));
        assert!(Request::read(&json!({"resume": "r-1"})).expect("reads").plan.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (input, said) in [
            (json!({}), "plan"),
            (json!({"mode": "undo"}), "which run to undo"),
            (json!({"mode": "undo", "undo": "a run"}), "undo"),
            (json!({"plan": "p", "undo": "r"}), "not `undo`"),
            (json!({"mode": "undo", "undo": "r", "resume": "r"}), "at once"),
            (json!({"plan": "p", "mode": "rehearse", "sealed": "r"}), "sealed"),
            (json!({"resume": "r", "sealed": "q"}), "sealed"),
            (json!({"resume": "r", "only": ["s"]}), "do not go together"),
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
