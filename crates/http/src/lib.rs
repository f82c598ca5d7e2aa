//! One HTTP exchange with something that is no AWS API: a URL to check, a presigned download.
//!
//! It goes through the connector that the AWS SDK links anyway, so a function carries one TLS stack. Each exchange
//! has a connection of its own: a connection kept by a frozen Lambda process may be dead without knowing it, and a
//! measured latency should not depend on who asked before.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use aws_smithy_http_client::default_connector;
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorSettings},
        orchestrator::HttpRequest,
    },
    http::HttpError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// An `http://` or `https://` URL.
    pub url: &'a str,
    /// Names and values.
    pub headers: &'a [(String, String)],
    /// The body; empty for none.
    pub body: &'a [u8],
}

/// How far an exchange may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the first name lookup to the last byte of the answer.
    pub time: Duration,
    /// Bytes of the answer's body.
    pub body: usize,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
    /// From the first name lookup to the last byte.
    pub took: Duration,
}

/// Why there is no answer. Never holds the URL, whose query may be a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The request cannot be written down.
    #[error("the request is malformed: {0}")]
    Malformed(String),
    /// No connection, or one that broke.
    #[error("{0}")]
    Broken(String),
    /// Longer than [`Limits::time`].
    #[error("no whole answer within {}", shown(*.0))]
    TooLate(Duration),
    /// More than [`Limits::body`].
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// Asks once and reads the whole answer. Redirects are answers.
///
/// # Errors
/// When there is no whole answer within the limits.
pub async fn exchange(request: Request<'_>, limits: Limits) -> Result<Answer, NoAnswer> {
    let request = build(request).map_err(|error| NoAnswer::Malformed(chain(&error)))?;
    let began = Instant::now();
    match tokio::time::timeout(limits.time, send(request, limits.body)).await {
        Ok(answer) => answer.map(|(status, body)| Answer { status, body, took: began.elapsed() }),
        Err(_) => Err(NoAnswer::TooLate(limits.time)),
    }
}

fn build(request: Request<'_>) -> Result<HttpRequest, HttpError> {
    let body = if request.body.is_empty() { SdkBody::empty() } else { SdkBody::from(request.body) };
    let mut built = HttpRequest::new(body);
    built.set_method(request.method)?;
    built.set_uri(request.url)?;
    let headers = built.headers_mut();
    headers.try_insert("user-agent", concat!("backout/", env!("CARGO_PKG_VERSION")))?;
    for (name, value) in request.headers {
        headers.try_insert(name.to_ascii_lowercase(), value.clone())?;
    }
    Ok(built)
}

async fn send(request: HttpRequest, largest: usize) -> Result<(u16, Vec<u8>), NoAnswer> {
    let connector = default_connector(&HttpConnectorSettings::default(), None)
        .ok_or_else(|| NoAnswer::Broken("this build has no TLS".into()))?;
    #[cfg(feature = "testing")]
    let connector = testing::wrapped(connector);
    let response = connector.call(request).await.map_err(|error| NoAnswer::Broken(chain(&error)))?;
    let status = response.status().as_u16();
    let mut stream = ByteStream::new(response.into_body());
    let mut body = Vec::new();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|error| NoAnswer::Broken(chain(&error)))?;
        if body.len().saturating_add(part.len()) > largest {
            return Err(NoAnswer::TooLarge(largest));
        }
        body.extend_from_slice(&part);
    }
    Ok((status, body))
}

/// An error with its sources, each said once: the outer ones alone say only "dispatch failure".
fn chain(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let says = source.to_string();
        if !told.contains(&says) {
            told.push_str(": ");
            told.push_str(&says);
        }
        next = source.source();
    }
    told
}

fn shown(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ms", time.as_millis()) }
}

#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;
