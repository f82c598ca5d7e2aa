//! The row of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::Timestamp,
    code::Code,
    duration::Duration,
    ids::{PlanName, RunId, SystemName},
    plan::OnGuard,
    request::Request,
    sensitive::FingerprintKey,
};

/// The mode of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Do it.
    #[default]
    Apply,
    /// Look at everything and change nothing: say what each step would do.
    Rehearse,
    /// Take back what an earlier run has done.
    Undo,
}

/// The Step Functions execution of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// When it was started, as Step Functions writes it.
    pub started_at: String,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// `Prepare` is at work.
    Preparing,
    /// Its steps are planned and it holds the lock.
    Running,
    /// It has ended; nothing happens any more.
    Concluded,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was done.
    Completed,
    /// Everything was done but for what the warnings say.
    CompletedWithWarnings,
    /// Everything was looked at; nothing was changed.
    Rehearsed,
    /// The preflight or a rehearsal says that the plan would not work; nothing was changed.
    NotReady,
    /// A step failed, and what the run had done is taken back.
    Unwound,
    /// It stopped at a failed step; what was done stands.
    Halted,
    /// Something could not be taken back; a person has to see to it.
    Stuck,
    /// Somebody stopped it; what was done stands.
    Aborted,
    /// It could not begin; nothing was changed.
    Refused,
}

impl Outcome {
    /// Whether the execution ends as succeeded.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithWarnings | Self::Rehearsed)
    }

    /// As it is written in JSON and DynamoDB.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::CompletedWithWarnings => "completed_with_warnings",
            Self::Rehearsed => "rehearsed",
            Self::NotReady => "not_ready",
            Self::Unwound => "unwound",
            Self::Halted => "halted",
            Self::Stuck => "stuck",
            Self::Aborted => "aborted",
            Self::Refused => "refused",
        }
    }

    /// The error name that the execution fails with.
    pub const fn error_name(self) -> &'static str {
        match self {
            Self::Completed => "Backout.Completed",
            Self::CompletedWithWarnings => "Backout.CompletedWithWarnings",
            Self::Rehearsed => "Backout.Rehearsed",
            Self::NotReady => "Backout.NotReady",
            Self::Unwound => "Backout.Unwound",
            Self::Halted => "Backout.Halted",
            Self::Stuck => "Backout.Stuck",
            Self::Aborted => "Backout.Aborted",
            Self::Refused => "Backout.Refused",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a run could not begin, or why backout itself gave up on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what} [{code}]")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// What is wrong, one sentence; several problems on lines of their own.
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name for people.
    pub name: String,
    /// What kind of stage it is.
    #[serde(flatten)]
    pub kind: StageKind,
    /// What the system's users see once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_see: Option<String>,
}

impl Stage {
    /// Whether it takes back what other stages have done.
    pub const fn takes_back(&self) -> bool {
        matches!(self.kind, StageKind::Undo { .. })
    }
}

/// What kind of stage it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StageKind {
    /// Checks before the first change.
    Preflight,
    /// The comparison with a rehearsal, before anything else.
    Seal,
    /// Steps of the plan.
    Steps,
    /// What a stage has done is taken back.
    Undo {
        /// The index of that stage, in the run that is taken back.
        of: usize,
    },
    /// One rung of a ramp.
    Rung {
        /// The index of the ramp's first stage in this run: what its stages have in common.
        ramp: usize,
    },
    /// The guards of the rung before.
    Guards {
        /// The index of the ramp's first stage.
        ramp: usize,
        /// How long the rung is held first.
        hold: Duration,
        /// What is done when one does not pass.
        on_guard: OnGuard,
    },
}

/// That somebody wants the run to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abort {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was asked for.
    pub at: Timestamp,
}

/// The row of a run. Times are UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The form of the row ([`super::SCHEMA`]).
    pub schema: u32,
    /// Counts the writes of this row.
    pub revision: u32,
    /// Its id: the execution's name.
    pub id: RunId,
    /// Its execution.
    pub execution: Execution,
    /// How far it is.
    pub phase: Phase,
    /// What was asked for. For a request that could not be read, only what could be.
    pub request: Request,
    /// The system; `None` while the plan is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<SystemName>,
    /// The plan, as it was pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Pinned>,
    /// The last run on the system, where it did not complete: what this run finds may be that one's doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<RunId>,
    /// The resolved inputs. May be sensitive.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Value>,
    /// The stages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// The plan's sentences for the report, templates and all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub report: Vec<String>,
    /// What the system's users see before the first stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_see: Option<String>,
    /// The promised recovery time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Duration>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was concluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When people were told, where something else of its end has to be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it could not begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Somebody wants it to stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort: Option<Abort>,
    /// Until when what it takes to go back from it is kept for certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Timestamp>,
    /// The key of its fingerprints.
    pub fingerprints: FingerprintKey,
}

impl Run {
    /// The first row of a run of which nothing is known yet but what was asked for.
    pub const fn new(
        id: RunId,
        execution: Execution,
        request: Request,
        started_at: Timestamp,
        fingerprints: FingerprintKey,
    ) -> Self {
        Self {
            schema: super::SCHEMA,
            revision: 0,
            id,
            execution,
            phase: Phase::Preparing,
            request,
            system: None,
            pinned: None,
            follows: None,
            inputs: BTreeMap::new(),
            stages: Vec::new(),
            report: Vec::new(),
            users_see: None,
            deadline: None,
            started_at,
            ended_at: None,
            told_at: None,
            outcome: None,
            refusal: None,
            abort: None,
            undo_until: None,
            fingerprints,
        }
    }
}

/// Which text of the plan a run follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// The plan.
    pub plan: PlanName,
    /// The object's version in the bucket.
    pub version: String,
    /// The SHA-256 of its text, lower-case hex.
    pub sha256: String,
}
