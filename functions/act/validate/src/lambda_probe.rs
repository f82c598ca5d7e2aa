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
use backout_aws::{Cloud, Vocabulary, Word, fault, shortened};
use backout_catalogue::{Aliases, LambdaProbe, LambdaProbeWith, ProbeExpect};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    duration::Duration as Span,
    fault::Fault,
};
use serde_json::{Map, Value};

mod subset;
use subset::{differences, projected};

/// What is left of the invocation's time for everything but the probe itself.
const MARGIN: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_secs(3);
/// How long a function's aliases may be looked for.
const ALIASES: Duration = Duration::from_secs(5);
/// How long the name of a function's log group may be looked for.
const LOG_GROUP: Duration = Duration::from_secs(1);
/// How much of a function's error type is passed on: the name of a class is shorter.
const LONGEST_TYPE: usize = 100;

/// Invokes a function and judges its answer.
pub(crate) struct Probe {
    reads: Client,
    invokes: Client,
}

impl Probe {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        // The step says how long an answer may take, which may be longer than other calls are given.
        let patient = TimeoutConfig::builder().connect_timeout(CONNECT).disable_operation_attempt_timeout();
        let patient = patient.disable_operation_timeout().disable_read_timeout().build();
        Self {
            reads: Client::new(cloud.reads()),
            invokes: Client::from_conf(Builder::from(cloud.writes()).timeout_config(patient).build()),
        }
    }

    async fn answered(&self, with: &LambdaProbeWith, answer: &InvokeOutput) -> Verdict {
        if answer.function_error().is_some() {
            return failure(&body(answer), self.log_group(&with.function).await.as_deref());
        }
        verdict(&with.expect, &body(answer))
    }

    /// Refuses to take the latest code for what callers get through an alias.
    async fn refuse_aliased(&self, function: &str) -> Result<(), Fault> {
        let looked = tokio::time::timeout(ALIASES, backout_aliases::elsewhere(&self.reads, function)).await;
        let looked = looked.map_err(|_| {
            Fault::passing(format!("could not list the aliases of function {function}: no answer in time"))
        })?;
        let Some(elsewhere) = looked? else { return Ok(()) };
        Err(Fault::refused(format!(
            "function {function} has aliases, and a probe of its latest code says nothing of what their callers get: \
             {elsewhere}"
        ))
        .with_advice(format!(
            "probe what callers invoke: name the alias, like `function: {function}:<alias>`; if nobody uses them, say \
             `aliases: leave`"
        )))
    }

    /// Where a function logs. Without an answer it stays unsaid: the verdict does not depend on it.
    async fn log_group(&self, function: &str) -> Option<String> {
        let asked = self.reads.get_function_configuration().function_name(function).send();
        let found = tokio::time::timeout(LOG_GROUP, asked).await.ok()?.ok()?;
        let chosen = found.logging_config().and_then(|logging| logging.log_group()).map(str::to_owned);
        // What Lambda takes unless another one was chosen.
        chosen.or_else(|| found.function_name().map(|name| format!("/aws/lambda/{name}")))
    }
}

impl Check for Probe {
    type Kind = LambdaProbe;

    async fn judge(&self, at: &At<'_, LambdaProbeWith>) -> Result<Verdict, Fault> {
        let with = at.with;
        // Zero once the deadline has passed.
        let left = Span::between(at.now, at.deadline).signed().unsigned_abs().saturating_sub(MARGIN);
        let patience = with.timeout.signed().unsigned_abs();
        let asks_for_aliases = with.is_latest() && with.aliases == Aliases::Refuse;
        if left < if asks_for_aliases { patience + ALIASES } else { patience } {
            return Err(Fault::passing(format!("too little time was left to probe {}", with.function)));
        }
        if asks_for_aliases {
            self.refuse_aliased(&with.function).await?;
        }
        let invocation =
            self.invokes.invoke().function_name(&with.function).payload(Blob::new(with.event.to_string())).send();
        match tokio::time::timeout(patience, invocation).await {
            Ok(Ok(answer)) => Ok(self.answered(with, &answer).await),
            Ok(Err(error)) => {
                Err(CODES.explain(fault(&format!("invoke function {}", with.function), error), &with.function))
            }
            Err(_) => {
                let says = format!("it did not answer within {}", with.timeout);
                Ok(Verdict::new(Finding::Fail, says))
            }
        }
    }
}

/// What an invocation answered, or null if that is no JSON.
fn body(answer: &InvokeOutput) -> Value {
    serde_json::from_slice(answer.payload().map(Blob::as_ref).unwrap_or_default()).unwrap_or(Value::Null)
}

/// How an answer is that is no error of the function.
fn verdict(expect: &ProbeExpect, body: &Value) -> Verdict {
    let mut wanted = expect.contains.clone();
    if let Some(status) = expect.status {
        wanted.insert("statusCode".into(), status.into());
    }
    // Nothing is wanted of an answer that the plan does not speak about, not even that it is an object.
    if wanted.is_empty() {
        return Verdict::new(Finding::Pass, "it answered");
    }
    let says = agreed(&wanted);
    let wanted = Value::Object(wanted);
    let wrong = differences(&wanted, body);
    let verdict = if wrong.is_empty() {
        Verdict::new(Finding::Pass, says)
    } else {
        Verdict::new(Finding::Fail, wrong.join("; "))
    };
    // Only what the plan asks about is passed on: the rest of the answer is nobody's business here.
    // Under a name of its own, because a function may call its fields as every step does.
    let Some(asked_about @ Value::Object(_)) = projected(&wanted, body) else { return verdict };
    verdict.observing("answer", asked_about)
}

/// A function's own error: its type, and where to read more. Texts of exceptions hold connection strings and user data,
/// so they stay in the function's log.
fn failure(body: &Value, log_group: Option<&str>) -> Verdict {
    let kind = body.get("errorType").and_then(Value::as_str).filter(|kind| !kind.is_empty());
    let kind = kind.map_or_else(|| "an error without a type".to_owned(), |kind| shortened(kind, LONGEST_TYPE));
    let place = log_group.map_or_else(|| "its log".to_owned(), |group| format!("the log group {group}"));
    Verdict::new(Finding::Fail, format!("it failed with {kind}; why is in {place}"))
}

fn agreed(wanted: &Map<String, Value>) -> String {
    let fields: Vec<_> = wanted.iter().map(|(field, value)| format!("{field} is {value}")).collect();
    format!("it answered that {}", fields.join(", "))
}

/// What a person can do about a refused invocation.
const CODES: Vocabulary = Vocabulary(&[
    Word::new("ResourceNotFoundException", "there is no function {} in this account and region"),
    Word::new(
        "AccessDeniedException",
        "let the validate function invoke {}: the stack's parameter FunctionArns says which it may",
    ),
]);

#[cfg(test)]
mod tests;
