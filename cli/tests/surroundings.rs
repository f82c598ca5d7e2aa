//! The command in surroundings that are not as they should be: it says what is wrong, and never breaks.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::{
    fs::{File, create_dir_all, write},
    path::Path,
    process::{Command, Output, Stdio},
};

/// Profiles of people who cannot get in.
const PROFILES: &str = r#"
[profile expired]
sso_session = company
sso_account_id = 123456789012
sso_role_name = operator
region = eu-west-1
[sso-session company]
sso_region = eu-west-1
sso_start_url = https://company.awsapps.com/start
[profile failing]
region = eu-west-1
credential_process = /bin/sh -c "echo the vault is sealed >&2; exit 3"
[profile legacy]
region = eu-west-1
retry_mode = legacy
max_attempts = many
"#;

/// The command in an environment that holds nothing else.
fn backout(arguments: &str, variables: &[(&str, &str)]) -> Command {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("surroundings");
    create_dir_all(home.join(".aws")).expect("made");
    write(home.join(".aws/config"), PROFILES).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_backout"));
    command.args(arguments.split_whitespace()).env_clear().env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true");
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

/// How it ended, and all that it said.
fn said(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().expect("runs");
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(!text.contains("panicked"), "{text}");
    (status.code(), text)
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];

#[test]
fn what_is_set_to_nothing_is_not_set() {
    let empty =
        ["AWS_REGION", "AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_PROFILE", "BACKOUT_STACK"];
    let variables: Vec<_> = empty.iter().map(|name| (*name, "")).chain(KEYS).collect();
    let (exit, text) = said(&mut backout("runs", &variables));
    assert!(exit == Some(3) && text.contains("[no-region]"), "{exit:?} {text}");
    let (exit, text) = said(&mut backout("schema", &variables));
    assert!(exit == Some(0) && text.contains("\"$schema\""), "{exit:?} {text}");
}

#[test]
fn settings_of_other_tools_break_nothing() {
    for more in [("AWS_RETRY_MODE", "legacy"), ("AWS_MAX_ATTEMPTS", "many"), ("AWS_PROFILE", "legacy")] {
        let variables: Vec<_> = KEYS
            .into_iter()
            .chain([("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), more])
            .collect();
        let (exit, text) = said(&mut backout("runs", &variables));
        assert!(exit == Some(3) && text.contains("[aws-unreachable]"), "{more:?}: {exit:?} {text}");
        assert!(text.contains("AWS_ENDPOINT_URL is http://127.0.0.1:1"), "{text}");
    }
}

#[test]
fn an_endpoint_that_is_no_address_is_wrong_use() {
    let variables: Vec<_> =
        KEYS.into_iter().chain([("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", "localhost:4566")]).collect();
    let (exit, text) = said(&mut backout("runs", &variables));
    assert!(exit == Some(2) && text.contains("`localhost:4566`") && text.contains("[wrong-use]"), "{exit:?} {text}");
}

#[test]
fn who_cannot_get_in_hears_why_and_what_to_type() {
    for (variables, cause, to_type) in [
        (vec![("AWS_PROFILE", "nobody")], "nobody", "aws configure list-profiles"),
        (vec![("AWS_PROFILE", "nobody"), ("AWS_REGION", "eu-west-1")], "nobody", "aws configure list-profiles"),
        (vec![("AWS_PROFILE", "expired")], "expired", "aws sso login --profile expired"),
        (
            vec![("AWS_PROFILE", "failing")],
            "the vault is sealed",
            "aws configure get credential_process --profile failing",
        ),
        (vec![("AWS_REGION", "eu-west-1")], "there are no AWS credentials", "aws sso login"),
    ] {
        let (exit, text) = said(&mut backout("runs", &variables));
        assert!(exit == Some(3) && text.contains("[no-credentials]"), "{variables:?}: {exit:?} {text}");
        assert!(text.contains(cause) && text.contains(to_type), "{variables:?}: {text}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    for arguments in ["schema", "schema --output json", "--help", "check no-such-file"] {
        let full = File::options().write(true).open("/dev/full").expect("there is one");
        let (exit, text) = said(backout(arguments, &[]).stdout(full));
        assert!(exit == Some(4) && text.contains("[unwritable-output]"), "{arguments}: {exit:?} {text}");
    }
}

#[test]
fn a_reader_who_has_gone_ends_it_without_a_word() {
    for arguments in ["schema", "schema --output json", "--help"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let (exit, text) = said(backout(arguments, &[]).stdout(writer));
        assert_eq!((exit, text.as_str()), (Some(0), ""), "{arguments}");
    }
}
