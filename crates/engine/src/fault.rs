//! What can go wrong with a call to AWS, as far as it matters for what to do next.

use serde::{Deserialize, Serialize};

use crate::duration::Duration;

/// Whether the call may have changed something, although it did not answer well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarriedOut {
    /// It was refused or never sent: nothing changed.
    No,
    /// A timeout, a lost answer or a server error: only a reading can tell.
    Perhaps,
}

/// Whether the same call may succeed when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    /// Throttling, a server error, a stale revision, somebody else's update under way: try again.
    Transient,
    /// Access denied, not found, invalid: it would be refused again.
    Permanent,
}

/// A call, or something needed for one, that did not work.
///
/// `Display` gives the whole sentence for people; there is no source to print beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What happened, for people: which call, on what, and what the service answered. Without secrets.
    pub message: String,
    /// The service's own error code, e.g. `AccessDeniedException`; empty where there was no answer.
    pub code: String,
    /// Whether it may have been carried out.
    pub carried_out: CarriedOut,
    /// Whether it is worth trying again.
    pub lasting: Lasting,
    /// What a person can do about it, where the action knows.
    pub advice: Option<String>,
    /// How long to wait at least before the next try, where the service takes few calls; zero where nothing is known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub again_in: Duration,
}

fn is_zero(duration: &Duration) -> bool {
    *duration == Duration::ZERO
}

impl Fault {
    /// A refusal that would be repeated; nothing was changed.
    pub fn refused(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: String::new(),
            carried_out: CarriedOut::No,
            lasting: Lasting::Permanent,
            advice: None,
            again_in: Duration::ZERO,
        }
    }

    /// Something that will pass; nothing was changed.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { lasting: Lasting::Transient, ..Self::refused(message) }
    }

    /// No answer, or a server's error: perhaps carried out, worth looking again.
    pub fn unanswered(message: impl Into<String>) -> Self {
        Self { carried_out: CarriedOut::Perhaps, lasting: Lasting::Transient, ..Self::refused(message) }
    }

    /// With the service's error code.
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    /// With what a person can do about it.
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// With the time that has to pass at least before the next try.
    pub fn again_in(mut self, wait: Duration) -> Self {
        self.again_in = wait;
        self
    }

    /// Whether it is worth trying again.
    pub fn is_transient(&self) -> bool {
        self.lasting == Lasting::Transient
    }
}
