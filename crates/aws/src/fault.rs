//! From the SDK's errors to what matters for what to do next: may it have been carried out, and will it pass.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::{
    client::result::{ConnectorError, SdkError},
    http::Response,
};
use aws_smithy_types::{byte_stream::error::Error as ByteStreamError, error::metadata::ProvideErrorMetadata};
use backout_engine::fault::{CarriedOut, Fault, Lasting};

use crate::shortened;

mod codes;
mod vocabulary;

pub use vocabulary::{Vocabulary, Word};

/// What an error code means for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Not now, too many: it passes.
    Throttled,
    /// Somebody is at it, or the revision is stale: a fresh look and another try mend it.
    Conflict,
    /// It is being made or found: it passes.
    Unready,
    /// The role may not.
    Denied,
    /// There is no such thing.
    Absent,
    /// It is in another region.
    Elsewhere,
    /// It would be refused again.
    Final,
}

impl Meaning {
    const fn lasting(self) -> Lasting {
        match self {
            Self::Throttled | Self::Conflict | Self::Unready => Lasting::Transient,
            Self::Denied | Self::Absent | Self::Elsewhere | Self::Final => Lasting::Permanent,
        }
    }

    /// What a person can do about it, whatever the action.
    const fn advice(self) -> Option<&'static str> {
        match self {
            Self::Denied => Some(
                "let the function's role reach it: the parameters of the backout stack say which resources plans may \
                 touch, and resources with a customer managed key need KmsKeyArns",
            ),
            Self::Elsewhere => Some(
                "it is in another region than this stack: name one in this stack's region, or bring a copy of it there",
            ),
            _ => None,
        }
    }
}

/// The service of an SDK's error, as its crate is called: `s3`. The SDK tells it nowhere else than in the path of the type.
fn service<E>() -> &'static str {
    let path = std::any::type_name::<E>().strip_prefix("aws_sdk_");
    path.and_then(|path| path.split_once("::")).map_or("", |(service, _)| service)
}

/// The longest text of a service that is passed on.
const LONGEST: usize = 600;

/// The fault of a call: `doing` completes "could not …", e.g. `read the function loader`.
///
/// Nothing but a request that never left and a refusal that was read (status 4xx) counts as not carried out. `doing`
/// is logged, so it names resources and no values.
pub fn fault<E>(doing: &str, error: SdkError<E, Response>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fault_without(doing, error, str::to_owned)
}

/// The fault of a call whose parameters hold secrets: like [`fault()`], and `hide` takes them out of what is told.
///
/// It is given the whole text, before a long one is cut: half a secret would no longer be recognised.
pub fn fault_without<E>(doing: &str, error: SdkError<E, Response>, hide: impl Fn(&str) -> String) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let told = |error: &dyn Error| shortened(&hide(&chain(error)), LONGEST);
    let fault = match &error {
        SdkError::ConstructionFailure(_) => {
            Fault::refused(format!("could not {doing}: the request could not be made: {}", told(&error)))
        }
        SdkError::TimeoutError(_) => {
            Fault::unanswered(format!("could not {doing}: no answer in time: {}", told(&error)))
        }
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(cause) => undelivered(doing, cause, &told(cause)),
            None => Fault::unanswered(format!("could not {doing}: no answer: {}", told(&error))),
        },
        SdkError::ResponseError(_) => {
            Fault::unanswered(format!("could not {doing}: the answer could not be read: {}", told(&error)))
        }
        SdkError::ServiceError(answer) => refusal(doing, answer.raw().status().as_u16(), answer.err(), hide),
        // The enum is open: of what is not known here, nothing may be assumed.
        _ => Fault::unanswered(format!("could not {doing}: {}", told(&error))),
    };
    // Without the message: services quote parameters, and who called may still have to take secrets out of it.
    tracing::debug!(code = fault.code, carried_out = ?fault.carried_out, lasting = ?fault.lasting, "could not {doing}");
    fault
}

/// The fault of a call that looks something up by its name: like [`fault()`], with this advice if it is not there.
pub fn lookup_fault<E>(doing: &str, error: SdkError<E, Response>, if_missing: impl Into<String>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let fault = fault(doing, error);
    let meaning = codes::find(service::<E>(), &fault.code).map(|known| known.meaning);
    if meaning == Some(Meaning::Absent) { fault.with_advice(if_missing) } else { fault }
}

/// The fault of an answer whose body broke off. Only reads have such bodies.
pub(crate) fn streaming_fault(doing: &str, error: &ByteStreamError) -> Fault {
    Fault::passing(format!("could not {doing}: the answer broke off: {}", shortened(&chain(error), LONGEST)))
}

/// A request that the connector could not bring there and back.
fn undelivered(doing: &str, cause: &ConnectorError, told: &str) -> Fault {
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
fn refusal<E: ProvideErrorMetadata + Error>(
    doing: &str,
    status: u16,
    error: &E,
    hide: impl Fn(&str) -> String,
) -> Fault {
    let code = error.meta().code().map_or_else(|| format!("HTTP {status}"), |code| bare(code).to_owned());
    let told = match error.meta().message() {
        Some(message) if !message.trim().is_empty() => format!("{code}: {}", shortened(hide(message).trim(), LONGEST)),
        _ => code.clone(),
    };
    let known = codes::find(service::<E>(), &code);
    let meaning = known.map(|known| known.meaning).or_else(|| without_a_code(status, error.meta().code()));
    let (carried_out, lasting) = match status {
        // Nobody follows redirections: a refusal like any other.
        300..500 => (CarriedOut::No, meaning.map_or(Lasting::Permanent, Meaning::lasting)),
        _ => (CarriedOut::Perhaps, Lasting::Transient),
    };
    tracing::debug!(code, why = known.map(|known| known.why), "an error of the service");
    let advice = meaning.and_then(Meaning::advice).map(str::to_owned);
    let message = format!("could not {doing}: {told}");
    Fault { code, carried_out, lasting, advice, ..Fault::refused(message) }
}

/// What is meant where the code is missing or unknown. An answer to HEAD has no body, so no code.
fn without_a_code(status: u16, code: Option<&str>) -> Option<Meaning> {
    match (status, code) {
        (429, _) => Some(Meaning::Throttled),
        (403, None) => Some(Meaning::Denied),
        (301, None) => Some(Meaning::Elsewhere),
        (307, None) => Some(Meaning::Unready),
        _ => None,
    }
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
        let text = without_dump(&error.to_string()).to_owned();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

/// Some of the SDK's sentences end with the whole request as `Debug` writes it, parameters and all; what they stem from says why.
fn without_dump(text: &str) -> &str {
    match text.find("Request {") {
        None => text,
        Some(at) => {
            text[..at].trim_end_matches(['`', ' ']).trim_end_matches(" to request").trim_end_matches(" request")
        }
    }
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

#[cfg(test)]
#[path = "fault/tests.rs"]
mod tests;
