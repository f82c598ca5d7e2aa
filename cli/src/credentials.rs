//! Whether the caller has credentials; and if not, why, and what to type.

use std::{error::Error, path::Path};

use aws_config::{SdkConfig, profile::ProfileSet};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials as _, error::CredentialsError},
};

use backout_engine::shown::line;

use crate::{
    endpoints,
    error::{CliError, WhatFailed},
    profiles::{self, causes, refusal, sources},
};

/// What to do where nothing at all is configured.
const LOG_IN: &str = "log in (aws login, aws sso login), or give credentials by AWS_PROFILE or AWS_ACCESS_KEY_ID and \
                      AWS_SECRET_ACCESS_KEY";

/// The three parts of credentials: variable, key of a profile, and what people call it.
const PARTS: [(&str, &str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "aws_access_key_id", "access key id"),
    ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", "secret access key"),
    ("AWS_SESSION_TOKEN", "aws_session_token", "session token"),
];

/// What only means something together.
const PAIRS: [[&str; 2]; 2] =
    [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"]];

/// Asked beforehand: of a call that fails for want of credentials one learns so only from deep within its error.
///
/// # Errors
/// `no-credentials`, with the innermost cause.
pub async fn present(config: &SdkConfig) -> Result<(), CliError> {
    // A role is asked for with credentials of a profile, before anything comes back that could be looked at.
    let profiles = profiles::load().await;
    if let Ok(profiles) = &profiles {
        chain(profiles).iter().try_for_each(|name| fit_in(profiles, name))?;
    }
    let Some(provider) = config.credentials_provider() else { return Err(none()) };
    match provider.provide_credentials().await {
        Ok(credentials) => fit(&credentials),
        Err(error) => Err(missing(&error, profiles, config)),
    }
}

/// The profile that is meant, and those that it takes credentials from, at most a handful.
fn chain(profiles: &ProfileSet) -> Vec<String> {
    let next = |name: &String| profiles.get_profile(name)?.get("source_profile").map(str::to_owned);
    std::iter::successors(Some(profiles.selected_profile().to_owned()), next).take(5).collect()
}

/// They become part of headers, which what is pasted with a line break cannot be. Their values are shown to nobody.
fn fit(credentials: &Credentials) -> Result<(), CliError> {
    let values =
        [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), credentials.session_token()];
    for ((variable, _, called), value) in PARTS.into_iter().zip(values) {
        let is_set = std::env::var(variable).ok().as_deref() == value;
        let name = if is_set { variable.to_owned() } else { format!("the {called}{}", of_profile()) };
        value.map_or(Ok(()), |value| fit_value(&name, value))?;
    }
    Ok(())
}

fn fit_in(profiles: &ProfileSet, name: &str) -> Result<(), CliError> {
    let value = |key: &str| profiles.get_profile(name)?.get(key);
    PARTS.into_iter().try_for_each(|(_, key, _)| {
        let called = format!("the `{key}` of the profile `{}`", line(name));
        value(key).map_or(Ok(()), |value| fit_value(&called, value))
    })
}

fn fit_value(name: &str, value: &str) -> Result<(), CliError> {
    let Some(why) = unfit(value) else { return Ok(()) };
    Err(error(format!("{name} {why}")).help("no credentials have that: copy the value again, and nothing but it"))
}

/// What is wrong with a part of credentials.
fn unfit(value: &str) -> Option<&'static str> {
    let is_break = |c: char| matches!(c, '\r' | '\n');
    if value.ends_with(is_break) {
        Some("ends with a line break")
    } else if value.starts_with(is_break) {
        Some("begins with a line break")
    } else if value.trim() != value {
        Some("begins or ends with a blank")
    } else if value.contains(is_break) {
        Some("has a line break in it")
    } else if value.chars().any(|c| c != ' ' && !c.is_ascii_graphic()) {
        Some("has a character in it that is not plain ASCII")
    } else {
        None
    }
}

fn missing(why: &CredentialsError, profiles: Result<ProfileSet, CliError>, config: &SdkConfig) -> CliError {
    let set = |variable: &str| std::env::var(variable).is_ok();
    let is_not_loaded = matches!(why, CredentialsError::CredentialsNotLoaded(_));
    let of_variables = if is_not_loaded { PAIRS.into_iter().find_map(|pair| halved(pair, set)) } else { None };
    if let Some((set, unset)) = of_variables {
        return error(format!("{set} is set and {unset} is not")).help("set both, or neither");
    }
    let profiles = match profiles {
        Ok(profiles) => profiles,
        // Of a file that is broken the SDK says no more than that; without a file it says nothing.
        Err(error) => return error,
    };
    let of_profile = chain(&profiles).iter().find_map(|name| {
        let has = |key: &str| profiles.get_profile(name).is_some_and(|it| it.get(key).is_some());
        let (has, lacks) = halved([PARTS[0].1, PARTS[1].1], has)?;
        Some(format!("the profile `{}` has `{has}` and no `{lacks}`", line(name)))
    });
    if let Some(what) = of_profile {
        return error(what).help("give it both, or neither: aws configure");
    }
    failed(why, asked(&profiles), config)
}

/// Which of a pair is there, and which is not, if it is only one.
fn halved([one, other]: [&str; 2], is_set: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    match (is_set(one), is_set(other)) {
        (true, false) => Some((one, other)),
        (false, true) => Some((other, one)),
        _ => None,
    }
}

/// Who was asked for credentials, where the cause alone would not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    /// A file with a token, that is not there.
    File { by: String, path: String },
    /// The service that gives roles to those who may have them.
    Sts,
    /// What `aws login` has left behind.
    Login,
    /// What gives credentials to a container.
    Container { by: &'static str, address: String },
    /// Another one, which says for itself who it is.
    Other,
}

/// As the SDK goes about it: the profile first, then the variables.
fn asked(profiles: &ProfileSet) -> Asked {
    let role = chain(profiles)
        .into_iter()
        .find(|name| profiles.get_profile(name).is_some_and(|it| it.get("role_arn").is_some()));
    let of_role = |key: &str| profiles.get_profile(role.as_deref()?)?.get(key);
    let variable = |name: &str| std::env::var(name).ok();
    let token = of_role("web_identity_token_file")
        .map(|path| (format!("the `web_identity_token_file`{}", of_profile()), path.to_owned()))
        .or_else(|| Some(("AWS_WEB_IDENTITY_TOKEN_FILE".into(), variable("AWS_WEB_IDENTITY_TOKEN_FILE")?)));
    if role.is_some() && of_role("credential_source") != Some("EcsContainer") || role.is_none() && token.is_some() {
        return match token {
            Some((by, path)) if !Path::new(&path).is_file() => Asked::File { by, path },
            _ => Asked::Sts,
        };
    }
    if profiles.get("login_session").is_some() {
        return Asked::Login;
    }
    let authorization = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let is_container = role.is_some() || profiles.get("credential_process").is_none();
    if let Some(path) = variable(authorization).filter(|path| is_container && !Path::new(path).is_file()) {
        return Asked::File { by: authorization.into(), path };
    }
    let address = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    match address.into_iter().find_map(|by| Some((by, variable(by)?))) {
        Some((by, address)) if is_container => Asked::Container { by, address },
        _ => Asked::Other,
    }
}

fn failed(why: &CredentialsError, asked: Asked, config: &SdkConfig) -> CliError {
    let profile = profiles::named();
    let causes = match why {
        // Every way was tried, and each gives its reason; who names a profile means that one.
        CredentialsError::CredentialsNotLoaded(_) => {
            profile.as_ref().and_then(|_| why_not_by_profile(&causes(why).concat())).into_iter().collect()
        }
        _ => why.source().map(causes).unwrap_or_default(),
    };
    let (told, of) = (causes.join(": "), of_profile());
    let option = option(profile.as_deref());
    let was_answered = sources(why).any(|error| refusal(error).is_some());
    let Some(cause) = causes.last().map(|cause| line(cause)) else { return none() };
    match asked {
        Asked::File { by, path } => error(format!("{by} is `{}`, which cannot be read: {cause}", line(&path))).help(
            "whoever gives out credentials here writes that file: name the right one, or give credentials another way",
        ),
        Asked::Sts => error(format!("STS was asked for the AWS credentials{of} and gave none: {cause}")).help(
            endpoints::help(config, "STS", &told)
                .filter(|_| !was_answered)
                .unwrap_or_else(|| format!("see what it says to the same: aws sts get-caller-identity{option}")),
        ),
        Asked::Login => {
            error(format!("the login{of} cannot be used: {cause}")).help(format!("log in again: aws login{option}"))
        }
        Asked::Container { by, address } => {
            error(format!("{} was asked for the AWS credentials{of} and gave none: {cause}", line(&address)))
                .help(format!("{by} says to ask there: is what it points at running?"))
        }
        Asked::Other => {
            error(format!("the AWS credentials{of} cannot be had: {cause}")).help(help(&told, profile.as_deref()))
        }
    }
}

fn none() -> CliError {
    let profile = profiles::named();
    error(format!("there are no AWS credentials{}", of_profile())).help(help("", profile.as_deref()))
}

fn error(what: String) -> CliError {
    CliError::out_of_reach(WhatFailed::NoCredentials, what)
}

fn of_profile() -> String {
    profiles::named().map_or_else(String::new, |name| format!(" of the profile `{}`", line(&name)))
}

/// `Profile: the credential provider was not enabled: <why>`, a line of several in the SDK's words.
fn why_not_by_profile(ways: &str) -> Option<String> {
    let line = ways.lines().find_map(|line| line.trim().strip_prefix("Profile: "))?;
    Some(line.split_once("not enabled: ").map_or(line, |(_, why)| why).to_owned())
}

/// The option of the AWS command line that names the profile.
fn option(profile: Option<&str>) -> String {
    profile.map_or_else(String::new, |name| format!(" --profile {}", line(name)))
}

/// What to type, as the SDK's words tell which way was tried.
fn help(why: &str, profile: Option<&str>) -> String {
    let (why, of) = (why.to_lowercase(), option(profile));
    if why.contains("process") {
        format!("run it by hand to see what it says; it is: aws configure get credential_process{of}")
    } else if why.contains("sso") || why.contains("token") {
        format!("log in again: aws sso login{of}")
    } else if profile.is_some() {
        profiles::LIST.into()
    } else {
        LOG_IN.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_header_can_carry_is_unfit() {
        for (value, why) in [
            ("AKIA\r", "ends with a line break"),
            ("AKIA\r\n", "ends with a line break"),
            ("\nAKIA", "begins with a line break"),
            ("AKIA ", "begins or ends with a blank"),
            ("AK\nIA", "has a line break in it"),
            ("AKIA\u{200b}", "has a character in it that is not plain ASCII"),
            ("AK\u{1b}IA", "has a character in it that is not plain ASCII"),
        ] {
            assert_eq!(unfit(value), Some(why), "{value:?}");
        }
        assert_eq!(unfit("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=="), None);
    }
}
