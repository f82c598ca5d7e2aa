//! The command in surroundings that are not as they should be: it says what is wrong, and never breaks.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::{
    fs::{File, create_dir_all, rename, write},
    io::{Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

/// Profiles of people who cannot get in.
const PROFILES: &str = "
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
credential_process = /bin/sh -c \"echo the vault is sealed >&2; exit 3\"
[profile legacy]
region = eu-west-1
retry_mode = legacy
max_attempts = many
[profile nowhere]
region =
[profile elsewhere]
region = eu west
[profile endpoint]
region = eu-west-1
endpoint_url = 127.0.0.1:9
[profile console]
region = eu-west-1
login_session = arn:aws:iam::123456789012:user/ann
[profile role]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/operator
source_profile = keys
[profile keys]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = secret
[profile pasted]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/operator
source_profile = unseen
[profile unseen]
aws_access_key_id = AKIDEXAMPLE\u{200b}
aws_secret_access_key = secret
[profile half]
region = eu-west-1
aws_access_key_id = AKIDEXAMPLE
[profile web]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/operator
web_identity_token_file = /no-such-token
";

/// A home with the profiles. The tests run side by side, so nobody may see half a file.
fn home() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("surroundings");
        create_dir_all(home.join(".aws")).expect("made");
        let new = home.join(format!("config-of-{}", std::process::id()));
        write(&new, PROFILES).expect("written");
        rename(new, home.join(".aws/config")).expect("put there");
        home
    })
}

/// The command in an environment that holds nothing else.
fn backout(arguments: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backout"));
    command.args(arguments.split_whitespace()).env_clear().env("HOME", home()).env("AWS_EC2_METADATA_DISABLED", "true");
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

/// How the command ends with these variables, beside keys and a region.
fn with(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let region = [("AWS_REGION", "eu-west-1")];
    let all: Vec<_> = KEYS.into_iter().chain(region).chain(variables.iter().copied()).collect();
    said(&mut backout("runs", &all))
}

#[test]
fn an_endpoint_that_is_no_address_is_wrong_use() {
    for (variable, url) in [
        ("AWS_ENDPOINT_URL", "localhost:4566"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:9"),
        ("AWS_ENDPOINT_URL", "http://no such"),
        ("AWS_ENDPOINT_URL", "ftp://127.0.0.1"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "127.0.0.1:9"),
    ] {
        let (exit, text) = with(&[(variable, url)]);
        assert!(exit == Some(2) && text.contains("[wrong-use]"), "{exit:?} {text}");
        assert!(text.contains(&format!("{variable} is `{url}`, which is no address of a service")), "{text}");
        assert!(text.contains("write it like https://host:port") && !text.contains("SdkBody"), "{text}");
    }
    let (_, text) = with(&[("AWS_ENDPOINT_URL", "ftp://ann:hunter2@127.0.0.1")]);
    assert!(text.contains("is `ftp://127.0.0.1`, which is no address") && !text.contains("hunter2"), "{text}");
    let (exit, text) = said(&mut backout("runs", &[("AWS_PROFILE", "endpoint")]));
    assert!(
        exit == Some(2) && text.contains("the `endpoint_url` of the profile `endpoint` is `127.0.0.1:9`"),
        "{text}"
    );
}

#[test]
fn a_value_pasted_with_a_line_break_is_named_and_a_secret_is_not_shown() {
    for (variable, value, code) in [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE\r", "[no-credentials]"),
        ("AWS_SECRET_ACCESS_KEY", "secret\r\n", "[no-credentials]"),
        ("AWS_SESSION_TOKEN", "tok\ren", "[no-credentials]"),
        ("AWS_REGION", "eu-west-1\r", "[no-region]"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1\r", "[wrong-use]"),
        ("BACKOUT_STACK", "backout\r", "[wrong-use]"),
    ] {
        let (_, text) = with(&[(variable, value)]);
        assert!(text.contains(variable) && text.contains(code), "{variable}: {text}");
        assert!(!code.contains("credentials") || !text.contains(value.trim_end()), "{text}");
    }
    let (exit, text) = said(&mut backout("runs", &[("AWS_PROFILE", "pasted")]));
    assert!(exit == Some(3) && text.contains("the `aws_access_key_id` of the profile `unseen`"), "{exit:?} {text}");
}

#[test]
fn what_is_no_region_is_said_to_be_none() {
    for (variables, told) in [
        (vec![("AWS_REGION", "us-east-1 ")], "AWS_REGION is `us-east-1 `, which is no region"),
        (vec![("AWS_REGION", "us east")], "AWS_REGION is `us east`, which is no region"),
        (vec![("AWS_DEFAULT_REGION", "us_east")], "AWS_DEFAULT_REGION is `us_east`, which is no region"),
        (vec![("AWS_PROFILE", "elsewhere")], "the `region` of the profile `elsewhere` is `eu west`"),
        (vec![("AWS_PROFILE", "nowhere")], "no AWS region is configured"),
    ] {
        let (exit, text) = said(&mut backout("runs", &KEYS.into_iter().chain(variables).collect::<Vec<_>>()));
        assert!(exit == Some(3) && text.contains(told) && text.contains("[no-region]"), "{exit:?} {text}");
    }
}

#[test]
fn of_a_proxy_that_is_not_there_the_name_is_said_and_no_password() {
    let (exit, text) = with(&[("HTTPS_PROXY", "http://ann:pass@127.0.0.1:1")]);
    assert!(exit == Some(3) && text.contains("[aws-unreachable]"), "{exit:?} {text}");
    assert!(text.contains("HTTPS_PROXY is http://127.0.0.1:1: is") && !text.contains("pass"), "{text}");
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken-config");
    write(&file, "[profile shop]\nregion = eu-west-1\n[profile\n").expect("written");
    let file = file.to_str().expect("a name");
    for more in [&[][..], &[("AWS_REGION", "eu-west-1")]] {
        let variables: Vec<_> = [("AWS_CONFIG_FILE", file)].into_iter().chain(more.iter().copied()).collect();
        let (exit, text) = said(&mut backout("runs", &variables));
        assert!(exit == Some(3) && text.contains("[no-credentials]"), "{exit:?} {text}");
        assert!(text.contains(&format!("{file} on line 3")), "{text}");
    }
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
        (vec![("AWS_PROFILE", "expird")], "there is no profile `expird`", "did you mean `expired`?"),
        (vec![("AWS_PROFILE", "console")], "the login of the profile `console` cannot", "aws login --profile console"),
        (vec![("AWS_PROFILE", "half")], "has `aws_access_key_id` and no `aws_secret_access_key`", "aws configure"),
        (vec![("AWS_PROFILE", "web")], "is `/no-such-token`, which cannot be read", "name the right one"),
        (
            vec![("AWS_PROFILE", "role"), ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")],
            "STS was asked for the AWS credentials of the profile `role` and gave none: Connection refused",
            "AWS_ENDPOINT_URL_STS is http://127.0.0.1:1: is what it points at running?",
        ),
        (
            vec![("AWS_REGION", "eu-west-1"), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x")],
            "http://127.0.0.1:1/x was asked for the AWS credentials and gave none: Connection refused",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI says to ask there",
        ),
        (
            vec![("AWS_REGION", "eu-west-1"), ("AWS_ROLE_ARN", "arn"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/no-token")],
            "AWS_WEB_IDENTITY_TOKEN_FILE is `/no-token`, which cannot be read",
            "name the right one",
        ),
        (
            vec![("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")],
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
            "set both, or neither",
        ),
    ] {
        let (exit, text) = said(&mut backout("runs", &variables));
        assert!(exit == Some(3) && text.contains("[no-credentials]"), "{variables:?}: {exit:?} {text}");
        assert!(text.contains(cause) && text.contains(to_type), "{variables:?}: {text}");
    }
}

#[test]
fn what_sts_answers_is_told_and_where_it_is_asked_is_not_doubted() {
    let answer = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>ann may not \
                  assume it</Message></Error></ErrorResponse>";
    let sts = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", sts.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for caller in sts.incoming() {
            let mut caller = caller.expect("a caller");
            let _request = caller.read(&mut [0; 8192]).expect("a request");
            let head = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\nconnection: close", answer.len());
            write!(caller, "{head}\r\n\r\n{answer}").expect("answered");
        }
    });
    let (exit, text) = said(&mut backout("runs", &[("AWS_PROFILE", "role"), ("AWS_ENDPOINT_URL_STS", &url)]));
    assert!(exit == Some(3) && text.contains("[no-credentials]"), "{exit:?} {text}");
    assert!(text.contains("gave none: AccessDenied: ann may not assume it") && !text.contains(&url), "{text}");
    assert!(text.contains("aws sts get-caller-identity --profile role"), "{text}");
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
