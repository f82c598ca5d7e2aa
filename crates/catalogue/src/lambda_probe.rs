//! `lambda/probe`: does a function answer a test event as it should?

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    duration::Duration,
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{aliases::Aliases, lambda_code::qualifier, names::function_fault, reach::FUNCTIONS};

/// Invokes a function with a test event and judges its answer.
#[derive(Debug)]
pub struct LambdaProbe;

/// The parameters of `lambda/probe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LambdaProbeWith {
    /// The function, by name or ARN, with the alias or version by which its callers invoke it, e.g.
    /// `query_processor:live`. Without one it is the latest code.
    pub function: String,
    /// The event it is invoked with, e.g. `{ probe: true }`. It should be one that the function answers without
    /// side effects: a check may be repeated.
    #[serde(default = "no_event")]
    pub event: Value,
    /// What a good answer is like. An answer that is an error of the function never is.
    #[serde(default)]
    pub expect: ProbeExpect,
    /// How long an answer may take; at most `60s`.
    #[serde(default = "ten_seconds")]
    pub timeout: Duration,
    /// What an alias of the function means where the latest code is probed: whoever invokes through it gets the version
    /// that it points to, of which such a probe says nothing.
    #[serde(default)]
    pub aliases: Aliases,
}

impl LambdaProbeWith {
    /// Whether the latest code is probed because nothing else was said. Callers through an alias do not get it.
    pub fn is_latest(&self) -> bool {
        qualifier(&self.function).is_none()
    }
}

/// What a good answer is like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeExpect {
    /// The `statusCode` of an answer in the form that API Gateway takes: the same as `contains: { statusCode: … }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Fields that the answer has to have, with these values, at any depth; other fields do not matter, and lists are
    /// compared item by item. Where an object is wanted and the answer has a text that holds JSON (the `body` of an
    /// answer for API Gateway), the text is looked into. E.g. `{ ok: true, backend: timestream }`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub contains: Map<String, Value>,
}

fn no_event() -> Value {
    Value::Object(Map::new())
}

fn ten_seconds() -> Duration {
    Duration::seconds(10)
}

impl Kind for LambdaProbe {
    const USES: &'static str = "lambda/probe";
    const NATURE: Nature = Nature::Check;
    const HOST: Host = Host::Validate;
    const ABOUT: &'static str = "Invokes a function with a test event and judges its answer.";
    const RESOURCE: &'static str = "the function";
    const CALLS: &'static [Calls] = &[
        Calls::of("ReadFunctions", "Lambda", &["GetFunctionConfiguration", "ListAliases"], On::Listed(&FUNCTIONS)),
        Calls::of("ProbeFunctions", "Lambda", &["Invoke"], On::Listed(&FUNCTIONS)),
    ];
    type With = LambdaProbeWith;

    fn resource(with: &LambdaProbeWith) -> Resource {
        Resource::function(&with.function)
    }

    fn summary(with: &LambdaProbeWith) -> String {
        let expect = &with.expect;
        let mut wanted: Vec<_> = expect.status.iter().map(|status| format!("status {status}")).collect();
        wanted.extend(expect.contains.iter().map(|(field, value)| match value {
            Value::String(text) => format!("{field}: {text}"),
            other => format!("{field}: {other}"),
        }));
        if wanted.is_empty() {
            format!("{} answers a probe without error", with.function)
        } else {
            format!("{} answers a probe with {}", with.function, wanted.join(", "))
        }
    }

    fn faults(with: &LambdaProbeWith) -> Vec<String> {
        let mut faults: Vec<_> = function_fault("function", &with.function).into_iter().collect();
        if with.timeout == Duration::ZERO || with.timeout > Duration::seconds(60) {
            faults.push(format!("`timeout` is {}: it has to be longer than 0s and at most 60s", with.timeout));
        }
        if with.expect.status.is_some_and(|status| !(100..=599).contains(&status)) {
            faults.push("`status` is not an HTTP status: they go from 100 to 599".into());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(with: Value) -> LambdaProbeWith {
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn says_what_the_answer_has_to_be() {
        let with_fields = with(
            json!({"function": "query", "event": {"probe": true}, "expect": {"contains": {"backend": "timestream", "ok": true}}}),
        );
        let summary = LambdaProbe::summary(&with_fields);
        assert!(summary.starts_with("query answers a probe with "), "{summary}");
        assert!(summary.contains("backend: timestream") && summary.contains("ok: true"), "{summary}");
        assert_eq!(LambdaProbe::summary(&with(json!({"function": "query"}))), "query answers a probe without error");
        let status = with(json!({"function": "query", "expect": {"status": 200}}));
        assert_eq!(LambdaProbe::summary(&status), "query answers a probe with status 200");
    }

    #[test]
    fn without_an_alias_or_a_version_the_latest_code_is_probed() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:query";
        for latest in ["query", arn] {
            assert!(with(json!({"function": latest})).is_latest(), "{latest}");
        }
        for published in ["query:live", "query:7", "query:$LATEST", &format!("{arn}:live")] {
            assert!(!with(json!({"function": published})).is_latest(), "{published}");
        }
    }

    #[test]
    fn what_could_never_pass_is_refused() {
        for given in [
            json!({"function": "query", "timeout": "15m"}),
            json!({"function": "query", "timeout": "0s"}),
            json!({"function": "query", "expect": {"status": 0}}),
        ] {
            assert_eq!(LambdaProbe::faults(&with(given.clone())).len(), 1, "{given}");
        }
    }
}
