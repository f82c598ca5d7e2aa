//! Why a run does not begin.

use backout_engine::{code::Code, fault::Fault, journal::Refusal};

/// Why a run does not begin now.
pub enum Stop {
    /// It cannot begin.
    Refused(Box<Refusal>),
    /// Something did not answer; the state machine tries again.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// A refusal with a code, what is wrong and what to do about it.
pub fn refuse(code: Code, what: impl Into<String>, help: impl Into<String>) -> Stop {
    Refusal { code, what: what.into(), help: Some(help.into()) }.into()
}
