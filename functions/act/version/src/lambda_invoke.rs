//! `lambda/invoke`: invokes a function for what it does, and waits for its answer.
//!
//! A function that failed may have had its effect all the same, and one that does not answer in time may still be at
//! work. Neither is a refusal: nobody knows what came of it, and the plan says whether it may be invoked again. Nothing of
//! payload and answer is told to anybody.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_lambda::{
    Client, Config,
    config::timeout::TimeoutConfig,
    error::{ProvideErrorMetadata, SdkError},
    operation::invoke::{InvokeError, InvokeOutput},
    primitives::Blob,
};
use backout_aws::{Cloud, Vocabulary, Word, fault_without};
use backout_catalogue::{LambdaInvoke, LambdaInvokeWith};
use backout_engine::{
    action::{At, Command, Repeat},
    duration::Duration as Span,
    fault::Fault,
};
use serde_json::Value;

/// How long a function may take at least: of the 120 seconds of an invocation of ours, what is surely left for its answer.
const PATIENCE: Duration = Duration::from_secs(90);
/// What is left of the time when the waiting ends, so that no call is under way at the deadline.
const MARGIN: Duration = Duration::from_secs(2);
/// Codes of "your request is malformed": their messages quote it.
const QUOTING: &[&str] = &[
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "SerializationException",
    "ValidationException",
];

/// Invokes a function.
pub(crate) struct Invoke {
    writes: Client,
}

impl Invoke {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { writes: Client::new(cloud.writes()) }
    }

    /// Invokes it once and waits so long for the answer.
    async fn invoke(&self, with: &LambdaInvokeWith, patience: Duration) -> Result<InvokeOutput, Fault> {
        let patient = TimeoutConfig::builder().operation_attempt_timeout(patience).build();
        self.writes
            .invoke()
            .function_name(&with.function)
            .payload(Blob::new(with.payload.to_bytes()))
            .customize()
            .config_override(Config::builder().timeout_config(patient))
            .send()
            .await
            .map_err(|error| refused(&with.function, error))
    }
}

impl Command for Invoke {
    type Kind = LambdaInvoke;

    fn repeat(&self, with: &LambdaInvokeWith) -> Repeat {
        with.repeat.into()
    }

    async fn send(&self, at: &At<'_, LambdaInvokeWith>) -> Result<BTreeMap<String, Value>, Fault> {
        let name = &at.with.function;
        // Zero once the deadline has passed.
        let left = Span::between(at.now, at.deadline).signed().unsigned_abs().saturating_sub(MARGIN);
        if left < PATIENCE {
            return Err(Fault::passing(format!(
                "too little time was left in this invocation to wait for function {name}; the next one invokes it"
            )));
        }
        let answer = self.invoke(at.with, left).await?;
        match answer.function_error() {
            Some(kind) => Err(failed(name, kind)),
            None => Ok(facts(&answer)),
        }
    }
}

/// What is handed on of an answer: nothing that the function itself has said.
fn facts(answer: &InvokeOutput) -> BTreeMap<String, Value> {
    let size = answer.payload().map_or(0, |payload| payload.as_ref().len());
    let mut facts =
        BTreeMap::from([("status_code".into(), answer.status_code().into()), ("answer_bytes".into(), size.into())]);
    facts.extend(answer.executed_version().map(|version| ("executed_version".into(), version.into())));
    facts
}

/// A function that ran and failed. `kind` is Lambda's word for how: `Handled` or `Unhandled`.
fn failed(name: &str, kind: &str) -> Fault {
    Fault::unanswered(format!("function {name} was invoked and failed; how far it had come is not known"))
        .with_code(kind)
        .with_advice(format!("the log of function {name} says why, and perhaps what it has done"))
}

/// An invocation that Lambda refused, or of which nothing was heard.
fn refused(name: &str, error: SdkError<InvokeError>) -> Fault {
    let quotes = error.code().is_some_and(|code| QUOTING.contains(&code));
    let fault = fault_without(&format!("invoke function {name}"), error, |told| {
        if quotes { "what Lambda says of it may quote the payload and is left out".to_owned() } else { told.to_owned() }
    });
    CODES.explain(fault, name)
}

/// What a person can do about a refused invocation.
const CODES: Vocabulary = Vocabulary(&[
    Word::new("ResourceNotFoundException", "there is no function {} in this account and region"),
    Word::new(
        "AccessDeniedException",
        "let the version function invoke {}: the stack's parameter FunctionArns says which it may",
    ),
    Word::new(
        "TooManyRequestsException",
        "its reserved concurrency is used up or zero, or the account's concurrency is used up",
    ),
]);

#[cfg(test)]
mod tests;
