//! `lambda/probe`: does a function answer a test event as it should?
//!
//! An invocation is sent once per look and never repeated by the SDK: the check's own repetition is the only one.

use std::time::Duration;

use aws_sdk_lambda::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
    operation::invoke::InvokeOutput,
    primitives::Blob,
};
use backout_aws::{Cloud, fault, shortened};
use backout_catalogue::{LambdaProbe, LambdaProbeWith, ProbeExpect};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    duration::Duration as Span,
    fault::Fault,
};
use serde_json::{Map, Value};

mod subset;
use subset::differences;

/// What is left of the invocation's time for everything but the probe itself.
const MARGIN: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_secs(3);
/// How much of a function's own error message is passed on.
const LONGEST_MESSAGE: usize = 300;

/// Invokes a function and judges its answer.
pub(crate) struct Probe {
    client: Client,
}

impl Probe {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        // The step says how long an answer may take, which may be longer than other calls are given.
        let patient = TimeoutConfig::builder().connect_timeout(CONNECT).disable_operation_attempt_timeout();
        let patient = patient.disable_operation_timeout().disable_read_timeout().build();
        Self { client: Client::from_conf(Builder::from(cloud.writes()).timeout_config(patient).build()) }
    }
}

impl Check for Probe {
    type Kind = LambdaProbe;

    async fn judge(&self, at: &At<'_, LambdaProbeWith>) -> Result<Verdict, Fault> {
        let with = at.with;
        // Zero once the deadline has passed.
        let left = Span::between(at.now, at.deadline).signed().unsigned_abs().saturating_sub(MARGIN);
        let patience = with.timeout.signed().unsigned_abs();
        if left < patience {
            return Err(Fault::passing(format!("too little time was left to probe {}", with.function)));
        }
        let invocation =
            self.client.invoke().function_name(&with.function).payload(Blob::new(with.event.to_string())).send();
        match tokio::time::timeout(patience, invocation).await {
            Ok(Ok(answer)) => Ok(verdict(&with.expect, &answer)),
            Ok(Err(error)) => Err(advise(fault(&format!("invoke function {}", with.function), error), &with.function)),
            Err(_) => {
                let says = format!("it did not answer within {}", with.timeout);
                Ok(Verdict::new(Finding::Fail, says))
            }
        }
    }
}

/// What an invocation answered.
fn verdict(expect: &ProbeExpect, answer: &InvokeOutput) -> Verdict {
    let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
    let body: Value = serde_json::from_slice(payload).unwrap_or(Value::Null);
    if answer.function_error().is_some() {
        return Verdict::new(Finding::Fail, format!("it failed: {}", told(&body)));
    }
    let mut wanted = expect.contains.clone();
    if let Some(status) = expect.status {
        wanted.insert("statusCode".into(), status.into());
    }
    // Nothing is wanted of an answer that the plan does not speak about, not even that it is an object.
    let wrong = if wanted.is_empty() { Vec::new() } else { differences(&Value::Object(wanted.clone()), &body) };
    let verdict = if wrong.is_empty() {
        Verdict::new(Finding::Pass, if wanted.is_empty() { "it answered".into() } else { agreed(&wanted) })
    } else {
        Verdict::new(Finding::Fail, wrong.join("; "))
    };
    // Only what the plan asks about is passed on: the rest of the answer is nobody's business here.
    wanted
        .keys()
        .filter_map(|field| body.get(field).map(|value| (field, value)))
        .fold(verdict, |verdict, (field, value)| verdict.observing(field, value.clone()))
}

fn agreed(wanted: &Map<String, Value>) -> String {
    let fields: Vec<_> = wanted.iter().map(|(field, value)| format!("{field} is {value}")).collect();
    format!("it answered that {}", fields.join(", "))
}

/// A function's error as Lambda passes it on.
fn told(body: &Value) -> String {
    let field = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let told = match (field("errorType"), field("errorMessage")) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => "it does not say why".to_owned(),
    };
    shortened(&told, LONGEST_MESSAGE)
}

/// What a person can do about a refused invocation.
fn advise(fault: Fault, name: &str) -> Fault {
    let advice = match fault.code.as_str() {
        "ResourceNotFoundException" => format!("there is no function {name} in this account and region"),
        "AccessDeniedException" => {
            format!("let the validate function invoke {name}: the stack's parameter FunctionArns says which it may")
        }
        _ => return fault,
    };
    fault.with_advice(advice)
}

#[cfg(test)]
mod tests;
