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
    /// What a state machine adds that starts a run and is linked to it: the ARN of its execution. It counts as
    /// `requested_by` where that is not said.
    #[serde(default, rename = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID", skip_serializing)]
    pub started_by: Option<String>,
}

impl Request {
    /// The most that a request may have, in bytes of UTF-8.
    ///
    /// Step Functions takes 256 KiB, and fails an execution that is larger by a byte once the run's own names are added,
    /// in a way that nothing in it can catch. The run's row holds inputs twice, as given and as resolved, and DynamoDB
    /// takes 400 KB.
    pub const LARGEST: usize = 128 * 1024;

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
        weighed(input)?;
        let mut request: Self = crate::action::at_path(input).map_err(|wrong| {
            let place = if wrong.path.is_empty() { String::new() } else { format!("`{}`: ", wrong.path.join(".")) };
            refusal(format!("the execution's input is not a request: {place}{wrong}"))
        })?;
        if let Some(execution) = request.started_by.take() {
            let name = execution.split_once(":execution:").map_or(execution.as_str(), |(_, name)| name);
            request.requested_by.get_or_insert_with(|| format!("execution:{name}"));
        }
        match request.misfit() {
            Some((what, help)) => Err(Refusal { code: Code::WrongRequest, what: what.into(), help: Some(help.into()) }),
            None => Ok(request),
        }
    }

    /// The request as the input of an execution.
    ///
    /// # Errors
    /// A refusal if it is too large.
    pub fn written(&self) -> Result<String, Refusal> {
        let unwritable = |error: serde_json::Error| Refusal {
            code: Code::WrongRequest,
            what: format!("the request cannot be written: {error}"),
            help: None,
        };
        let input = serde_json::to_value(self).map_err(unwritable)?;
        weighed(&input)?;
        Ok(input.to_string())
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
        // Cut, because it may be what is too large about it.
        let text = |key: &str| Some(input.get(key)?.as_str()?.chars().take(KEPT).collect::<String>());
        Self {
            plan: text("plan").unwrap_or_else(|| "(none)".into()),
            reason: text("reason"),
            requested_by: text("requested_by"),
            ..Self::default()
        }
    }
}

/// How many characters are kept of a text of a request that could not be read.
const KEPT: usize = 1000;

/// Refuses what would be too large on its way, and names its largest part.
fn weighed(input: &Value) -> Result<(), Refusal> {
    let size = |value: &Value| value.to_string().len();
    let whole = size(input);
    if whole <= Request::LARGEST {
        return Ok(());
    }
    let fields = input.as_object().into_iter().flatten();
    let parts = fields.flat_map(|(name, value)| match value {
        Value::Object(inner) => inner.iter().map(|(key, value)| (format!("{name}.{key}"), size(value))).collect(),
        other => vec![(name.clone(), size(other))],
    });
    let largest = parts.max_by_key(|(_, size)| *size);
    let largest = largest.map_or_else(String::new, |(name, size)| format!("; `{name}` alone has {size}"));
    Err(Refusal {
        code: Code::WrongRequest,
        what: format!("the request has {whole} bytes of UTF-8 and may have {}{largest}", Request::LARGEST),
        help: Some("keep what is large in S3 or in Parameter Store, and give the plan its name".into()),
    })
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
    fn who_started_a_nested_execution_is_who_asks() {
        const KEY: &str = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";
        let arn = "arn:aws:states:eu-west-2:123456789012:execution:deploy:run-17";
        let request = Request::read(&json!({"plan": "p", KEY: arn})).expect("reads");
        assert_eq!(request.requested_by.as_deref(), Some("execution:deploy:run-17"));
        let written = serde_json::to_value(&request).expect("writes");
        assert!(written.get(KEY).is_none(), "{written}");
        let named = Request::read(&json!({"plan": "p", "requested_by": "alice", KEY: arn})).expect("reads");
        assert_eq!(named.requested_by.as_deref(), Some("alice"));
    }

    #[test]
    fn what_is_too_large_is_refused_by_its_bytes_and_not_by_its_characters() {
        let request = |text: String| Request {
            plan: "p".into(),
            inputs: [("body".to_owned(), Value::String(text)), ("api".into(), json!("a"))].into(),
            ..Request::default()
        };
        let frame = request(String::new()).written().expect("small").len();
        let most = Request::LARGEST - frame;
        assert_eq!(request("a".repeat(most)).written().expect("fits").len(), Request::LARGEST);
        for text in ["a".repeat(most + 1), "é".repeat(most / 2 + 1), "\u{1}".repeat(most / 6 + 1)] {
            let request = request(text);
            let Err(refusal) = request.written() else { panic!("too large") };
            assert_eq!(refusal.code, Code::WrongRequest);
            assert!(refusal.what.contains("`inputs.body` alone has"), "{}", refusal.what);
            let read = Request::read(&serde_json::to_value(&request).expect("writes"));
            assert_eq!(read.err(), Some(refusal));
        }
    }

    #[test]
    fn of_a_request_that_is_too_large_little_is_kept() {
        let kept = Request::unreadable(&json!({"plan": "p", "reason": "é".repeat(200_000)}));
        assert_eq!(kept.reason.map(|reason| reason.chars().count()), Some(KEPT));
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
