//! The row of one step.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{
    SCHEMA,
    last_write::{LastWrite, Turn},
    status::Status,
    task::Task,
};
use crate::{
    action::{Entry, Nature},
    clock::Timestamp,
    code::Code,
    duration::Duration,
    ids::StepId,
    plan::OnFailure,
    resource::Resource,
};

mod moves;

pub use moves::Decision;

/// How a step ended, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Conclusion {
    /// One sentence: what was found, or why it failed.
    pub says: String,
    /// What kind of failure it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The row of one step. Times are UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The form of the row ([`super::SCHEMA`]).
    pub schema: u32,
    /// Counts the writes of this row; every write names the one that it follows.
    pub revision: u32,
    /// Its id.
    pub id: StepId,
    /// The index of its stage in the run.
    pub stage: usize,
    /// Its place in the stage.
    pub position: usize,
    /// The action.
    pub uses: String,
    /// The action's nature.
    pub nature: Nature,
    /// Whose state is compared; `None` while it depends on an earlier step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// What AWS serialises; empty while it depends on an earlier step, and in rows of before there was such a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serialised_by: Vec<Resource>,
    /// What it will do, in a few words.
    pub summary: String,
    /// What is done with the action.
    #[serde(default, skip_serializing_if = "Task::is_apply")]
    pub task: Task,
    /// The parameters: rendered, unless `deferred`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub with: Value,
    /// The keys of `with` whose values the plan itself states: they can be shown, whatever they were before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stated: BTreeSet<String>,
    /// Whether `with` still holds templates, and the steps they refer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred: Option<Vec<StepId>>,
    /// The item of `for_each`, where templates are left.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub item: Option<Value>,
    /// What its failure means for the run.
    pub on_failure: OnFailure,
    /// How long a check may wait to pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// How often it looks while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// How long it may take in all.
    pub timeout: Duration,
    /// A check's window begins when this step ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<StepId>,
    /// It goes back to what this step found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_of: Option<StepId>,
    /// How it ended in the earlier run that this one goes on with, and in which it was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Status>,
    /// Where it stands.
    pub status: Status,
    /// How often it was handed out.
    #[serde(default)]
    pub issues: u32,
    /// When it was first handed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Timestamp>,
    /// When it was last handed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reissued_at: Option<Timestamp>,
    /// The invocation that may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
    /// When it first wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it last set out to write, or told what became of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<Timestamp>,
    /// The deadline of the invocation that may write: no mutating call is under way after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What became of the last write, where it was not simply accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_write: Option<LastWrite>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The state before, with sensitive values marked. `null` is a state: there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub before: Option<Value>,
    /// The state that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub after: Option<Value>,
    /// What it found out, for later steps and the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Map<String, Value>>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<Conclusion>,
}

/// A value that is there, even if it is `null`: for serde alone, that would be no value.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// What templates see of every step. No fact is called so: the row's own would hide it, or it the row's own.
pub const OWN_FIELDS: [&str; 5] = ["status", "issued_at", "started_at", "ended_at", "says"];

impl Step {
    /// How long a step may take where the plan does not say.
    pub const TIMEOUT: Duration = Duration::seconds(15 * 60);

    /// The first step of a stage, planned and not begun, with the defaults of its action and of plans.
    pub fn planned(id: StepId, entry: &Entry, stage: usize) -> Self {
        Self::new(id, (entry.uses.into(), entry.nature), entry.about.into(), stage)
    }

    /// Another step of the same action, planned and not begun, with the same parameters on the same resource.
    pub fn like(&self, id: StepId, stage: usize) -> Self {
        Self {
            resource: self.resource.clone(),
            serialised_by: self.serialised_by.clone(),
            with: self.with.clone(),
            stated: self.stated.clone(),
            timeout: self.timeout,
            ..Self::new(id, (self.uses.clone(), self.nature), self.summary.clone(), stage)
        }
    }

    fn new(id: StepId, (uses, nature): (String, Nature), summary: String, stage: usize) -> Self {
        Self {
            schema: SCHEMA,
            revision: 0,
            id,
            stage,
            position: 0,
            uses,
            nature,
            resource: None,
            serialised_by: Vec::new(),
            summary,
            task: Task::Apply,
            with: Value::Null,
            stated: BTreeSet::new(),
            deferred: None,
            item: None,
            on_failure: OnFailure::default(),
            within: None,
            every: None,
            timeout: Self::TIMEOUT,
            since: None,
            original_of: None,
            carried: None,
            status: Status::Planned,
            issues: 0,
            issued_at: None,
            reissued_at: None,
            turn: None,
            started_at: None,
            written_at: None,
            until: None,
            last_write: None,
            ended_at: None,
            before: None,
            after: None,
            facts: None,
            conclusion: None,
        }
    }

    /// Whether it has left something that can be taken back, or may have: a change whose two ends are recorded.
    pub fn may_be_taken_back(&self) -> bool {
        let may_have_changed =
            matches!(self.status, Status::Applied | Status::Undone | Status::Unknown | Status::Drifted | Status::Stuck);
        self.nature == Nature::Change && may_have_changed && self.started_at.is_some() && !self.task.only_looks()
    }

    /// What no other step may be at while this one is.
    pub fn serialised_by(&self) -> &[Resource] {
        if self.serialised_by.is_empty() { self.resource.as_slice() } else { &self.serialised_by }
    }

    /// What templates see of it: its facts, and [`OWN_FIELDS`]. Rows of form 2 may have a fact `status`, which their own
    /// hides.
    pub fn visible_facts(&self) -> Map<String, Value> {
        let mut facts = self.facts.clone().unwrap_or_default();
        facts.insert("status".into(), self.status.as_str().into());
        for (name, time) in
            [("issued_at", self.issued_at), ("started_at", self.started_at), ("ended_at", self.ended_at)]
        {
            if let Some(time) = time {
                facts.entry(name).or_insert_with(|| time.to_string().into());
            }
        }
        if let Some(conclusion) = &self.conclusion {
            facts.entry("says").or_insert_with(|| conclusion.says.clone().into());
        }
        facts
    }

    /// Whether the invocation that last set out to write could still be at it: it has not told what became of its
    /// write, and its deadline has not passed.
    pub fn is_being_written(&self, now: Timestamp) -> bool {
        self.status == Status::Started && !self.has_told() && self.until.is_some_and(|until| now <= until)
    }

    /// The time that has passed since the last write was over for certain: from then on it becomes visible.
    pub fn since_write(&self, now: Timestamp) -> Duration {
        let over = if self.has_told() { self.written_at } else { self.until };
        over.map_or(Duration::ZERO, |over| Duration::between(over, now))
    }

    const fn has_told(&self) -> bool {
        matches!(self.last_write, Some(LastWrite::Deferred(_) | LastWrite::Lost(_) | LastWrite::Refused(_)))
    }

    /// How long it took, from the first handing out to its end (or to now).
    pub fn took(&self, now: Timestamp) -> Option<Duration> {
        self.issued_at.map(|issued| Duration::between(issued, self.ended_at.unwrap_or(now)))
    }
}
