//! From Lambda to a handler and back.

use std::{fmt, future::Future};

use backout_engine::{clock::Timestamp, fault::Fault, journal::IllegalTransition};
use futures::FutureExt;
use jiff::SignedDuration;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::Instrument;

/// What an invocation leaves unused of its time: for writing down how it ended.
const MARGIN: SignedDuration = SignedDuration::from_secs(2);

/// What a handler may know of the invocation beside its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// No mutating call may be under way after this moment. It is a little before Lambda's own.
    pub deadline: Timestamp,
}

/// An invocation that failed. Without secrets: it goes into the execution's history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// One sentence for people.
    pub message: String,
}

/// What Step Functions sees as the name of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// `Backout.Internal`: it would fail again.
    Internal,
    /// `Backout.Unavailable`: AWS did not answer, or not yet; worth trying again.
    Unavailable,
    /// `Backout.RunIdTaken`: the run's id belongs to another execution.
    RunIdTaken,
    /// `Backout.StillUnderWay`: a step's invocation could still be writing; ask again later.
    StillUnderWay,
    /// `Backout.WrongPayload`: whoever invoked it did not send what it expects.
    WrongPayload,
}

impl FailureKind {
    /// The name of the error.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "Backout.Internal",
            Self::Unavailable => "Backout.Unavailable",
            Self::RunIdTaken => "Backout.RunIdTaken",
            Self::StillUnderWay => "Backout.StillUnderWay",
            Self::WrongPayload => "Backout.WrongPayload",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Failure {
    /// A failure that would be repeated.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Internal, message: message.into() }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let kind = if fault.is_transient() { FailureKind::Unavailable } else { FailureKind::Internal };
        let message = match fault.advice {
            Some(advice) => format!("{} ({advice})", fault.message),
            None => fault.message,
        };
        Self { kind, message }
    }
}

impl From<IllegalTransition> for Failure {
    fn from(error: IllegalTransition) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.kind.to_string(), error_message: failure.message }
    }
}

/// Serves invocations until Lambda ends the process. Call [`crate::telemetry()`] first.
///
/// # Errors
/// When the Runtime API cannot be reached.
pub async fn serve<In, Out, Handler, Fut>(handler: Handler) -> Result<(), lambda_runtime::Error>
where
    In: DeserializeOwned,
    Out: Serialize,
    Handler: Fn(In, Invocation) -> Fut,
    Fut: Future<Output = Result<Out, Failure>>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let invocation = Invocation { deadline: deadline(event.context.deadline) };
        answer(handler, event.payload, invocation).await
    }))
    .await
}

/// One invocation, in a span that names the run and the step if the payload does. The payload itself is never logged.
async fn answer<In, Out, Handler, Fut>(
    handler: &Handler,
    payload: Value,
    invocation: Invocation,
) -> Result<Value, Failure>
where
    In: DeserializeOwned,
    Out: Serialize,
    Handler: Fn(In, Invocation) -> Fut,
    Fut: Future<Output = Result<Out, Failure>>,
{
    let named = |key: &str| payload.get(key).and_then(Value::as_str).map(str::to_owned);
    let span = tracing::info_span!("invocation", run = named("run"), step = named("step"));
    async {
        let result = async {
            let input = serde_json::from_value(payload).map_err(|error| Failure {
                kind: FailureKind::WrongPayload,
                message: format!("the payload is not what this function expects: {error}"),
            })?;
            // Boxed, because a handler's future with the SDK's inside is too deep a type for the compiler.
            let output = handler(input, invocation).boxed_local().await?;
            serde_json::to_value(output)
                .map_err(|error| Failure::internal(format!("no answer can be written: {error}")))
        }
        .await;
        if let Err(failure) = &result {
            tracing::error!(error = failure.kind.as_str(), "{failure}");
        }
        result
    }
    .instrument(span)
    .await
}

/// From Lambda's milliseconds since 1970. A time that cannot be is one that has passed: better to write nothing.
fn deadline(milliseconds: u64) -> Timestamp {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .and_then(|deadline| deadline.checked_sub(MARGIN).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use serde_json::json;

    const INVOCATION: Invocation = Invocation { deadline: Timestamp::UNIX_EPOCH };

    #[derive(serde::Deserialize)]
    struct Named {
        run: String,
    }

    #[test]
    fn a_payload_of_another_form_is_an_error_of_its_own_name() {
        let handler = async |named: Named, _: Invocation| Ok::<_, Failure>(named.run);
        assert_eq!(block_on(answer(&handler, json!({"run": "r"}), INVOCATION)), Ok(json!("r")));
        let failure = block_on(answer(&handler, json!({"ran": "r"}), INVOCATION)).expect_err("refused");
        let diagnostic = Diagnostic::from(failure);
        assert_eq!(diagnostic.error_type, "Backout.WrongPayload");
        assert!(diagnostic.error_message.contains("`run`"), "{}", diagnostic.error_message);
    }

    #[test]
    fn whether_it_is_worth_trying_again_shows_in_the_name() {
        let name = |fault: Fault| Diagnostic::from(Failure::from(fault)).error_type;
        assert_eq!(name(Fault::unanswered("x")), "Backout.Unavailable");
        assert_eq!(name(Fault::refused("x")), "Backout.Internal");
        let failure = Failure::from(Fault::refused("denied").with_advice("let it"));
        assert_eq!(failure.message, "denied (let it)");
    }

    #[test]
    fn the_deadline_leaves_time_to_write_down_the_end() {
        assert_eq!(deadline(62_000), Timestamp::from_second(60).expect("a time"));
        assert_eq!(deadline(u64::MAX), Timestamp::UNIX_EPOCH);
    }
}
