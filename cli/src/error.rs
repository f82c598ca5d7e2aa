//! What a command ends with.

use std::process::ExitCode;

use backout_engine::{code::Code, fault::Fault, journal::Refusal};
use serde::Serialize;

/// How a command ended, as the process says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done; a run completed, with warnings or without.
    Completed = 0,
    /// A run did not complete, a plan has problems, a question was answered with no.
    NotCompleted = 1,
    /// It was asked for in a way that cannot be done.
    WrongUse = 2,
    /// AWS could not be reached, or would not do its part.
    AwsOutOfReach = 3,
    /// The command itself failed: a fault of its own, or its output cannot be written.
    Broken = 4,
    /// Whoever read what is followed has gone away before the end: what a shell calls SIGPIPE.
    ReaderGone = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What a command failed at, beside what the engine has [`Code`]s for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhatFailed {
    /// The arguments are not of the right form.
    Arguments,
    /// A file cannot be read.
    File,
    /// The output cannot be written.
    Output,
    /// Nobody is there to be asked.
    NobodyToAsk,
    /// The person asked said no.
    Declined,
    /// The run has ended, so that it cannot be stopped any more.
    AlreadyEnded,
    /// The run has no such step.
    UnknownStep,
    /// There is no such system.
    UnknownSystem,
    /// It is known what the step has done.
    NothingToResolve,
    /// No region is configured.
    NoRegion,
    /// There are no credentials.
    NoCredentials,
    /// The stack does not exist.
    StackNotFound,
    /// The stack is not backout's, or not whole.
    WrongStack,
    /// A call had no answer.
    NoAnswer,
    /// A call was refused.
    Denied,
    /// The engine's word for it.
    Engine(Code),
}

impl WhatFailed {
    /// What only the command says; `docs/cli.md` has a line on each.
    pub const OWN: [Self; 15] = [
        Self::Arguments,
        Self::File,
        Self::Output,
        Self::NobodyToAsk,
        Self::Declined,
        Self::AlreadyEnded,
        Self::UnknownStep,
        Self::UnknownSystem,
        Self::NothingToResolve,
        Self::NoRegion,
        Self::NoCredentials,
        Self::StackNotFound,
        Self::WrongStack,
        Self::NoAnswer,
        Self::Denied,
    ];

    /// The stable code; `docs/cli.md` lists them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arguments => "wrong-use",
            Self::File => "unreadable-file",
            Self::Output => "unwritable-output",
            Self::NobodyToAsk => "nobody-to-ask",
            Self::Declined => "declined",
            Self::AlreadyEnded => "already-ended",
            Self::UnknownStep => "unknown-step",
            Self::UnknownSystem => "unknown-system",
            Self::NothingToResolve => "nothing-to-resolve",
            Self::NoRegion => "no-region",
            Self::NoCredentials => "no-credentials",
            Self::StackNotFound => "stack-not-found",
            Self::WrongStack => "wrong-stack",
            Self::NoAnswer => "aws-unreachable",
            Self::Denied => "aws-refused",
            Self::Engine(code) => code.as_str(),
        }
    }
}

impl Serialize for WhatFailed {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

/// Why a command could not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// Its stable code.
    pub code: WhatFailed,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// How the process ends.
    #[serde(skip)]
    pub exit: Exit,
}

impl CliError {
    /// Something that cannot be done as it was asked for.
    pub fn wrong_use(code: WhatFailed, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, exit: Exit::WrongUse }
    }

    /// Something that AWS did not do.
    pub fn out_of_reach(code: WhatFailed, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, exit: Exit::AwsOutOfReach }
    }

    /// A fault of the command itself.
    pub fn broken(message: impl Into<String>) -> Self {
        let code = WhatFailed::Engine(Code::Internal);
        Self { code, message: message.into(), help: None, exit: Exit::Broken }
    }

    /// With what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The credentials themselves are not (or no longer) accepted.
const NOT_LOGGED_IN: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

impl From<Fault> for CliError {
    fn from(fault: Fault) -> Self {
        if fault.code == backout_aws::NOT_TEXT {
            let code = WhatFailed::Engine(Code::BrokenYaml);
            return Self { code, message: fault.message, help: fault.advice, exit: Exit::WrongUse };
        }
        // Only an answer has a code.
        let code = if fault.code.is_empty() { WhatFailed::NoAnswer } else { WhatFailed::Denied };
        let help = if NOT_LOGGED_IN.contains(&fault.code.as_str()) {
            Some("log in again: the credentials have expired or belong elsewhere".into())
        } else if code == WhatFailed::Denied {
            // The advice of a fault is about roles of functions; here it is the caller's own permissions.
            None
        } else {
            fault.advice
        };
        Self { code, message: fault.message, help, exit: Exit::AwsOutOfReach }
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        Self { code: WhatFailed::Engine(refusal.code), message: refusal.what, help: refusal.help, exit: Exit::WrongUse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_answer_and_a_refused_one_both_leave_aws_out_of_reach() {
        let unanswered = CliError::from(Fault::unanswered("could not read"));
        assert_eq!((unanswered.code, unanswered.exit), (WhatFailed::NoAnswer, Exit::AwsOutOfReach));
        let expired = CliError::from(Fault::refused("could not read").with_code("ExpiredToken"));
        assert_eq!((expired.code, expired.exit), (WhatFailed::Denied, Exit::AwsOutOfReach));
        assert!(expired.help.expect("help").contains("log in"));
    }

    #[test]
    fn an_error_is_an_object_with_code_message_and_help() {
        let error = CliError::wrong_use(WhatFailed::Engine(Code::UnknownPlan), "there is no plan `x`").help("try `y`");
        assert_eq!(
            serde_json::to_value(&error).expect("writes"),
            serde_json::json!({"code": "unknown-plan", "message": "there is no plan `x`", "help": "try `y`"})
        );
    }
}
