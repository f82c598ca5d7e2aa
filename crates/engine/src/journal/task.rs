//! What is done with a step's action.

use serde::{Deserialize, Serialize};

use crate::{
    action::Claim,
    ids::{RunId, StepId},
};

/// What is done with a step's action.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// It is carried out.
    #[default]
    Apply,
    /// What steps before have done is taken back.
    TakeBack(TakesBack),
    /// It is looked at, and said what it would do. Nothing is written.
    Rehearse {
        /// The earlier steps of the same kind on the same resource, which count as done.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        after: Vec<StepId>,
    },
    /// It is looked at, and compared with what a rehearsal has seen. Nothing is written.
    Compare {
        /// The rehearsal.
        rehearsal: RunId,
        /// The step of the rehearsal.
        step: StepId,
    },
}

impl Task {
    /// Whether nothing is ever written.
    pub const fn only_looks(&self) -> bool {
        matches!(self, Self::Rehearse { .. } | Self::Compare { .. })
    }

    pub(super) const fn is_apply(&self) -> bool {
        matches!(self, Self::Apply)
    }
}

/// What a step takes back: a chain of changes to one resource, from the last one's `after` to the first one's `before`,
/// in one move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakesBack {
    /// The run that made them.
    pub run: RunId,
    /// The steps of the chain, in the order in which they were made: back from the last one's `after` to the first one's
    /// `before`. Never empty.
    pub steps: Vec<StepId>,
    /// What marks whatever the last of them created: its own run and step, also where that is itself long taken back.
    pub claim: Claim,
}
