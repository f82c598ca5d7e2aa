//! From the SDK's errors to what matters for what to do next: may it have been carried out, and will it pass.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::{
    client::result::{ConnectorError, SdkError},
    http::Response,
};
use aws_smithy_types::{byte_stream::error::Error as ByteStreamError, error::metadata::ProvideErrorMetadata};
use backout_engine::fault::{CarriedOut, Fault, Lasting};

/// Codes of "not now, too many": AWS uses many, and not always with the status 429.
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes of "somebody is at it, or your revision is stale": a fresh look and another try mend them.
const CONFLICTS: &[&str] = &[
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConditionalRequestConflict",
    "ConflictException",
    "OperationAborted",
    "PreconditionFailed",
    "PreconditionFailedException",
    "PriorRequestNotComplete",
    "ResourceConflictException",
    "ResourceInUseException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Codes of a role that may not.
const DENIED: &[&str] = &["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];

/// The longest text of a service that is passed on.
const LONGEST: usize = 600;

/// The fault of a call: `doing` completes "could not …", e.g. `read the function loader`.
///
/// Nothing but a request that never left and a refusal that was read (status 4xx) counts as not carried out.
pub fn fault<E>(doing: &str, error: SdkError<E, Response>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let fault = match &error {
        SdkError::ConstructionFailure(_) => {
            Fault::refused(format!("could not {doing}: the request could not be made: {}", chain(&error)))
        }
        SdkError::TimeoutError(_) => {
            Fault::unanswered(format!("could not {doing}: no answer in time: {}", chain(&error)))
        }
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(cause) => undelivered(doing, cause),
            None => Fault::unanswered(format!("could not {doing}: no answer: {}", chain(&error))),
        },
        SdkError::ResponseError(_) => {
            Fault::unanswered(format!("could not {doing}: the answer could not be read: {}", chain(&error)))
        }
        SdkError::ServiceError(answer) => refusal(doing, answer.raw().status().as_u16(), answer.err()),
        // The enum is open: of what is not known here, nothing may be assumed.
        _ => Fault::unanswered(format!("could not {doing}: {}", chain(&error))),
    };
    tracing::debug!(code = fault.code, carried_out = ?fault.carried_out, lasting = ?fault.lasting, "{}", fault.message);
    fault
}

/// The fault of an answer whose body broke off. Only reads have such bodies.
pub fn streaming_fault(doing: &str, error: &ByteStreamError) -> Fault {
    Fault::passing(format!("could not {doing}: the answer broke off: {}", chain(error)))
}

/// A request that the connector could not bring there and back.
fn undelivered(doing: &str, cause: &ConnectorError) -> Fault {
    let told = chain(cause);
    if within::<CredentialsError>(cause).is_some() {
        return Fault::refused(format!("could not {doing}: there are no usable credentials: {told}"))
            .with_advice("give credentials for the account: a profile, environment variables or a role");
    }
    // A refused connection never carried a request; of any other broken one nobody knows.
    if within::<std::io::Error>(cause).is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
        return Fault::passing(format!("could not {doing}: the connection was refused: {told}"));
    }
    Fault::unanswered(format!("could not {doing}: no answer: {told}"))
}

/// An error that the service answered with.
fn refusal(doing: &str, status: u16, error: &(impl ProvideErrorMetadata + Error)) -> Fault {
    let code = error.meta().code().map_or_else(|| format!("HTTP {status}"), |code| bare(code).to_owned());
    let told = match error.meta().message() {
        Some(message) if !message.trim().is_empty() => format!("{code}: {}", shortened(message.trim())),
        _ => code.clone(),
    };
    let known = |codes: &[&str]| codes.contains(&code.as_str());
    let (carried_out, lasting) = match status {
        400..500 if status == 429 || known(THROTTLING) || known(CONFLICTS) => (CarriedOut::No, Lasting::Transient),
        400..500 => (CarriedOut::No, Lasting::Permanent),
        _ => (CarriedOut::Perhaps, Lasting::Transient),
    };
    let advice = known(DENIED).then(|| {
        "let the function's role reach it: the parameters of the backout stack say which resources plans may touch, \
         and resources with a customer managed key need KmsKeyArns"
            .to_owned()
    });
    Fault { message: format!("could not {doing}: {told}"), code, carried_out, lasting, advice }
}

/// Some protocols wrap the code: `com.amazonaws.service#Code:http://…`.
fn bare(code: &str) -> &str {
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    code.split_once(':').map_or(code, |(code, _)| code)
}

/// An error with what it stems from; the SDK's own `Display` says only "service error".
fn chain(error: &dyn Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    shortened(&parts.join(": "))
}

fn within<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "fault/tests.rs"]
mod tests;
