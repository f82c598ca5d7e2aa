//! The two kinds of rows of a journal, and their keys.

use aws_sdk_dynamodb::types::AttributeValue;
use backout_engine::{
    fault::Fault,
    ids::{RunId, StepId, SystemName},
    journal::{Phase, Run, Step},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{Item, item};

/// The partition of the indexes `runs` and `open`.
pub const LISTING: &str = "run";
/// The `sk` of a run's row.
const RUN: &str = "run";
/// What the `sk` of a step's row begins with.
const STEP: &str = "step#";

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    pub fn run(run: &RunId) -> Self {
        Self { pk: format!("run#{run}"), sk: RUN.into() }
    }

    pub fn step(run: &RunId, step: &StepId) -> Self {
        Self { pk: format!("run#{run}"), sk: format!("{STEP}{step}") }
    }

    pub fn lock(system: &SystemName) -> Self {
        Self { pk: format!("system#{system}"), sk: "lock".into() }
    }

    /// As the SDK takes it.
    pub fn attributes(&self) -> Item {
        Item::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// What kind of row an item of a run's partition is.
pub enum Kind {
    Run,
    Step,
    /// Written by a later version.
    Other,
}

impl Kind {
    pub fn of(item: &Item) -> Self {
        match item.get("sk").and_then(|sk| sk.as_s().ok()) {
            Some(sk) if sk == RUN => Self::Run,
            Some(sk) if sk.starts_with(STEP) => Self::Step,
            _ => Self::Other,
        }
    }
}

/// A row that is moved on by conditional writes.
pub trait Row: Serialize + DeserializeOwned {
    /// Counts the writes.
    fn revision(&self) -> u32;
    /// What it is the row of, for people.
    fn what(&self) -> String;
    /// Its attributes, without the key.
    fn attributes(&self) -> Result<Item, Fault> {
        item::attributes(self)
    }
}

impl Row for Step {
    fn revision(&self) -> u32 {
        self.revision
    }

    fn what(&self) -> String {
        format!("step `{}`", self.id)
    }
}

impl Row for Run {
    fn revision(&self) -> u32 {
        self.revision
    }

    fn what(&self) -> String {
        format!("run `{}`", self.id)
    }

    fn attributes(&self) -> Result<Item, Fault> {
        let mut attributes = item::attributes(self)?;
        attributes.insert("listing".into(), AttributeValue::S(LISTING.into()));
        // The index sorts it as text, so every time has the same number of digits.
        // Only of a run that is not concluded, so that the index of open runs stays small.
        if self.phase != Phase::Concluded {
            attributes.insert("open".into(), AttributeValue::S(LISTING.into()));
        }
        attributes.insert("started_at".into(), AttributeValue::S(format!("{:.9}", self.started_at)));
        Ok(attributes)
    }
}

/// The attributes that [`Depth::Outline`](backout_engine::ledger::Depth::Outline) reads: all fields of a run, and those of
/// a step but for what may be large.
pub const OUTLINE: &[&str] = &[
    "pk",
    "sk",
    "schema",
    "revision",
    "id",
    // A run.
    "execution",
    "phase",
    "request",
    "system",
    "pinned",
    "follows",
    "inputs",
    "stages",
    "report",
    "users_see",
    "deadline",
    "started_at",
    "ended_at",
    "told_at",
    "outcome",
    "refusal",
    "abort",
    "undo_until",
    "fingerprints",
    // A step.
    "stage",
    "position",
    "uses",
    "nature",
    "serialised_by",
    "resource",
    "summary",
    "task",
    "deferred",
    "item",
    "on_failure",
    "within",
    "every",
    "timeout",
    "since",
    "original_of",
    "carried",
    "status",
    "issues",
    "issued_at",
    "reissued_at",
    "turn",
    "written_at",
    "until",
    "last_write",
    "conclusion",
];

#[cfg(test)]
#[path = "row/tests.rs"]
mod tests;
