//! Aliases: names under which callers get a published version, whatever becomes of the latest one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is done where aliases point to published versions, which the step does not reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aliases {
    /// Refuse it, naming the aliases that it would not reach.
    #[default]
    Refuse,
    /// Go on and leave the aliases where they point: for aliases that do not matter.
    Leave,
}
