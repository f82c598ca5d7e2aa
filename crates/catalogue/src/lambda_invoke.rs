//! `lambda/invoke`: invokes a function for what it does.

use std::fmt;

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On, Repeat},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    lambda_code::{function_name, qualifier},
    names::function_fault,
    reach::FUNCTIONS,
};

/// Invokes a function and waits for its answer.
#[derive(Debug)]
pub struct LambdaInvoke;

/// The parameters of `lambda/invoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LambdaInvokeWith {
    /// The function, by name or ARN, with or without version or alias, e.g. `cache_flusher`. It has to answer within
    /// 90 seconds.
    pub function: String,
    /// The event it is invoked with, any JSON, e.g. `{ flush: all }`.
    #[serde(default)]
    #[schemars(with = "Value")]
    pub payload: Payload,
    /// Whether it may be invoked again when nobody knows whether it has done its work: it did not answer in time, the
    /// answer was lost, or it failed half-way.
    pub repeat: InvokeRepeat,
}

/// Whether a function may be invoked twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvokeRepeat {
    /// It may: twice, even at the same time, does no more than once. It is invoked until it answers without error, or
    /// the step's `timeout` is over.
    Safe,
    /// It may not: what came of a lost invocation is for a person to judge, and the run stops there.
    Never,
}

impl From<InvokeRepeat> for Repeat {
    fn from(repeat: InvokeRepeat) -> Self {
        match repeat {
            InvokeRepeat::Safe => Self::Safe,
            InvokeRepeat::Never => Self::Never,
        }
    }
}

/// The event that a function is invoked with: any JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payload(Value);

impl Payload {
    /// The JSON as it is sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self(Value::Object(Map::new()))
    }
}

/// A plan's values are no secrets by themselves, but a rendered template may have brought one in.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(payload)")
    }
}

impl Kind for LambdaInvoke {
    const USES: &'static str = "lambda/invoke";
    const NATURE: Nature = Nature::Command;
    const HOST: Host = Host::Version;
    const ABOUT: &'static str = "Invokes a Lambda function for what it does, and waits for its answer.";
    const RESOURCE: &'static str = "the function";
    const SERIALISED: &'static str =
        "the function: while it is being changed, nobody could say which code or configuration was invoked";
    const CALLS: &'static [Calls] = &[Calls::of("InvokeFunctions", "Lambda", &["Invoke"], On::Listed(&FUNCTIONS))];
    type With = LambdaInvokeWith;

    /// The function's own, although an invocation changes nothing of it: while its code or its configuration is being
    /// changed in the same stage, nobody could say which of the two was invoked.
    fn resource(with: &LambdaInvokeWith) -> Resource {
        Resource::function(&with.function)
    }

    fn summary(with: &LambdaInvokeWith) -> String {
        let name = function_name(&with.function);
        match qualifier(&with.function) {
            Some(qualifier) => format!("invoke {name}:{qualifier}"),
            None => format!("invoke {name}"),
        }
    }

    fn faults(with: &LambdaInvokeWith) -> Vec<String> {
        function_fault("function", &with.function).into_iter().collect()
    }

    fn warnings(_with: &LambdaInvokeWith) -> Vec<String> {
        vec!["what the function does cannot be taken back: an undo leaves it".into()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(more: Value) -> LambdaInvokeWith {
        let mut with = json!({"function": "cache_flusher", "repeat": "safe"});
        with.as_object_mut().expect("map").extend(more.as_object().expect("map").clone());
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn says_which_function_and_which_of_its_versions_is_invoked() {
        assert_eq!(LambdaInvoke::summary(&with(json!({}))), "invoke cache_flusher");
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:cache_flusher:live";
        for function in ["cache_flusher:live", arn] {
            assert_eq!(LambdaInvoke::summary(&with(json!({"function": function}))), "invoke cache_flusher:live");
        }
    }

    #[test]
    fn never_stands_beside_a_change_of_the_same_function() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:cache_flusher:live";
        let invoked = LambdaInvoke::resource(&with(json!({"function": arn})));
        assert_eq!(invoked, Resource::function("cache_flusher"));
    }

    #[test]
    fn whether_it_may_be_repeated_has_to_be_said() {
        let unsaid = json!({"function": "cache_flusher"});
        let wrong = serde_json::from_value::<LambdaInvokeWith>(unsaid).expect_err("unsaid");
        assert!(wrong.to_string().contains("missing field `repeat`"), "{wrong}");
        assert_eq!(Repeat::from(with(json!({})).repeat), Repeat::Safe);
        assert_eq!(Repeat::from(with(json!({"repeat": "never"})).repeat), Repeat::Never);
    }

    #[test]
    fn the_payload_is_any_json_and_an_empty_object_if_nothing_is_said() {
        assert_eq!(with(json!({})).payload.to_bytes(), b"{}");
        for payload in [json!({"flush": ["a", 1]}), json!("all"), json!([1, 2]), json!(null)] {
            let with = with(json!({"payload": payload}));
            assert_eq!(with.payload.to_bytes(), payload.to_string().into_bytes());
            let again: LambdaInvokeWith =
                serde_json::from_value(serde_json::to_value(&with).expect("writes")).expect("reads");
            assert_eq!(again, with);
        }
    }

    #[test]
    fn the_payload_is_shown_nowhere() {
        let with = with(json!({"payload": {"token": "hunter2"}}));
        assert!(!format!("{with:?} {}", LambdaInvoke::summary(&with)).contains("hunter2"));
    }

    #[test]
    fn it_is_said_beforehand_that_it_cannot_be_taken_back() {
        let warnings = LambdaInvoke::warnings(&with(json!({})));
        assert_eq!(warnings, ["what the function does cannot be taken back: an undo leaves it"]);
    }
}
