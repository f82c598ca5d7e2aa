//! Whether the caller has credentials; and if not, why, and what to type.

use std::error::Error;

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, error::CredentialsError};

use backout_engine::shown::line;

use crate::error::{CliError, WhatFailed};

/// What to do where nothing at all is configured.
const LOG_IN: &str =
    "log in (aws sso login), or give credentials by AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// Asked beforehand: of a call that fails for want of credentials one learns so only from deep within its error.
///
/// # Errors
/// `no-credentials`, with the innermost cause.
pub async fn present(config: &SdkConfig) -> Result<(), CliError> {
    let Some(provider) = config.credentials_provider() else { return Err(missing(None, profile().as_deref())) };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => Err(missing(Some(&error), profile().as_deref())),
    }
}

/// The profile that the caller has named.
pub fn profile() -> Option<String> {
    std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty())
}

fn missing(error: Option<&CredentialsError>, profile: Option<&str>) -> CliError {
    let why = match error {
        // Every way was tried, and each gives its reason; who names a profile means that one.
        Some(error @ CredentialsError::CredentialsNotLoaded(_)) => {
            profile.and_then(|_| why_not_by_profile(&causes(error).concat())).into_iter().collect()
        }
        Some(error) => error.source().map(causes).unwrap_or_default(),
        None => Vec::new(),
    };
    let of = profile.map_or_else(String::new, |name| format!(" of the profile `{name}`"));
    let what = match why.last() {
        None => format!("there are no AWS credentials{of}"),
        Some(cause) => format!("the AWS credentials{of} cannot be had: {}", line(cause)),
    };
    CliError::out_of_reach(WhatFailed::NoCredentials, what).help(help(&why.join(": "), profile))
}

/// `Profile: the credential provider was not enabled: <why>`, a line of several in the SDK's words.
fn why_not_by_profile(ways: &str) -> Option<String> {
    let line = ways.lines().find_map(|line| line.trim().strip_prefix("Profile: "))?;
    Some(line.split_once("not enabled: ").map_or(line, |(_, why)| why).to_owned())
}

/// An error and what it stems from, the innermost last.
fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    causes
}

/// What to type, as the SDK's words tell which way was tried.
fn help(why: &str, profile: Option<&str>) -> String {
    let why = why.to_lowercase();
    let of = profile.map_or_else(String::new, |name| format!(" --profile {name}"));
    if why.contains("process") {
        format!("run it by hand to see what it says; it is: aws configure get credential_process{of}")
    } else if why.contains("sso") || why.contains("token") {
        format!("log in again: aws sso login{of}")
    } else if profile.is_some() {
        "AWS_PROFILE has to name a profile with credentials; those there are: aws configure list-profiles".into()
    } else {
        LOG_IN.into()
    }
}
