//! The environment that the command runs in.

use std::ffi::OsString;

use crate::error::CliError;

/// Begins anew without the variables that are set to nothing, if there are any: `AWS_ENDPOINT_URL=` says as little as no
/// such variable does, but the SDK takes some of them at their word. A process cannot safely change its own environment.
///
/// # Errors
/// When it cannot begin anew. Otherwise it returns only where nothing has to be left out.
pub fn without_empty() -> Result<(), CliError> {
    let empty = empty(std::env::vars_os());
    if empty.is_empty() { Ok(()) } else { again(&empty) }
}

/// The variables of AWS, and our own, that are set to nothing.
fn empty(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<OsString> {
    let is_ours = |name: &OsString| name.to_str().is_some_and(|it| it.starts_with("AWS_") || it == "BACKOUT_STACK");
    variables.filter(|(name, value)| value.is_empty() && is_ours(name)).map(|(name, _)| name).collect()
}

#[cfg(unix)]
fn again(without: &[OsString]) -> Result<(), CliError> {
    use std::os::unix::process::CommandExt as _;
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(std::env::current_exe().map_err(|error| stuck(&error))?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    for name in without {
        command.env_remove(name);
    }
    // It returns only if it fails.
    Err(stuck(&command.args(arguments).exec()))
}

#[cfg(not(unix))]
fn again(without: &[OsString]) -> Result<(), CliError> {
    let mut command = std::process::Command::new(std::env::current_exe().map_err(|error| stuck(&error))?);
    for name in without {
        command.env_remove(name);
    }
    let status = command.args(std::env::args_os().skip(1)).status().map_err(|error| stuck(&error))?;
    std::process::exit(status.code().unwrap_or(1))
}

fn stuck(error: &std::io::Error) -> CliError {
    CliError::broken(format!("it cannot begin anew without the empty variables of its environment: {error}"))
        .help("unset the variables that begin with AWS_ and are empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_empty_and_read_by_us_is_left_out() {
        let variables = [("AWS_REGION", ""), ("AWS_PROFILE", "x"), ("BACKOUT_STACK", ""), ("EMPTY", ""), ("AWS_X", "")];
        let found = empty(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        assert_eq!(found, ["AWS_REGION", "BACKOUT_STACK", "AWS_X"].map(OsString::from));
    }
}
