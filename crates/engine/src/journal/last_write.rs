//! Which invocation writes, and what became of its write.

use serde::{Deserialize, Serialize};

use crate::fault::{CarriedOut, Fault, Lasting};

/// Which invocation of a step this is: `Advance` counts the issues, the state machine the attempts within one.
///
/// A later turn shows that every earlier one has answered or was given up after its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Turn {
    /// How often `Advance` has handed the step out, from 1.
    pub issue: u32,
    /// How often it has been looked at since, from 0.
    pub attempt: u32,
}

/// What became of a write that was not simply accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastWrite {
    /// It was not carried out and is worth trying again.
    Deferred(Fault),
    /// Nobody knows whether it was carried out.
    Lost(Fault),
    /// It was refused for good.
    Refused(Fault),
    /// Nobody has heard of the invocation that set out to write; until its deadline it may still be at it.
    Unheard(Fault),
    /// What was half done is being written back, for this reason.
    TakingBack(Fault),
}

impl LastWrite {
    /// What a fault of a mutating call means for the next look.
    pub fn of(fault: Fault) -> Self {
        match (fault.carried_out, fault.lasting) {
            (CarriedOut::Perhaps, _) => Self::Lost(fault),
            (CarriedOut::No, Lasting::Transient) => Self::Deferred(fault),
            (CarriedOut::No, Lasting::Permanent) => Self::Refused(fault),
        }
    }

    /// The fault.
    pub const fn fault(&self) -> &Fault {
        match self {
            Self::Deferred(fault)
            | Self::Lost(fault)
            | Self::Refused(fault)
            | Self::Unheard(fault)
            | Self::TakingBack(fault) => fault,
        }
    }
}
