//! The caller's profiles, as the files of the AWS tools hold them.
//!
//! The SDK reads them itself. This is for what it keeps to itself: which file is broken and where, that a profile is not
//! there, that half of a pair is missing.

use std::error::Error;

use aws_config::profile::{ProfileFileLoadError, ProfileParseError, ProfileSet, load as read};
use aws_sdk_sfn::error::ErrorMetadata;
use aws_types::os_shim_internal::{Env, Fs};
use backout_engine::{plan::nearest, shown::line};

use crate::{
    error::{CliError, WhatFailed},
    layout::verbatim,
};

/// What to do where the profile is not the right one.
pub const LIST: &str =
    "AWS_PROFILE has to name a profile with credentials; those there are: aws configure list-profiles";

/// The profile that the caller has named.
pub fn named() -> Option<String> {
    std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty())
}

/// The profile that the SDK reads, for people: the one that the caller has named, or `default`.
pub fn in_use() -> String {
    verbatim(&named().unwrap_or_else(|| "default".into()))
}

/// All profiles, if the one that the caller has named, if any, is among them.
///
/// # Errors
/// `no-credentials`, when a file is broken or there is no such profile.
pub async fn load() -> Result<ProfileSet, CliError> {
    let profiles =
        read(&Fs::real(), &Env::real(), &Default::default(), None).await.map_err(|error| unreadable(&error))?;
    match named() {
        Some(name) if profiles.get_profile(&name).is_none() => Err(no_such(&name, &profiles)),
        _ => Ok(profiles),
    }
}

fn unreadable(error: &ProfileFileLoadError) -> CliError {
    // Which file and where; the outer error says only that it is so.
    let place = error.source().and_then(|inner| inner.downcast_ref::<ProfileParseError>());
    let why = place.map_or_else(|| causes(error).join(": "), ToString::to_string);
    let what = format!("the AWS profiles cannot be read: {}", line(&why));
    CliError::out_of_reach(WhatFailed::NoCredentials, what)
        .help("mend the file; AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say which files are read")
}

fn no_such(name: &str, profiles: &ProfileSet) -> CliError {
    let near = nearest(name, profiles.profiles()).map(|near| format!("did you mean `{near}`? "));
    let what = format!("there is no profile `{}`", verbatim(name));
    CliError::out_of_reach(WhatFailed::NoCredentials, what).help(near.unwrap_or_default() + LIST)
}

/// An error and what it stems from, the innermost last.
pub fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    sources(error).map(|error| refusal(error).unwrap_or_else(|| error.to_string())).collect()
}

/// What a service answered, if one did, where the SDK says how its answer is built.
pub fn refusal(error: &(dyn Error + 'static)) -> Option<String> {
    let answer = error.downcast_ref::<ErrorMetadata>()?;
    let said = [answer.code(), answer.message()].into_iter().flatten().collect::<Vec<_>>();
    (!said.is_empty()).then(|| said.join(": "))
}

/// An error and what it stems from.
pub fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}
