//! The row of one step.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{
    SCHEMA,
    status::{Event, IllegalTransition, Status, next_status},
};
use crate::{
    action::{Claim, Entry, Nature},
    clock::Timestamp,
    code::Code,
    duration::Duration,
    fault::{CarriedOut, Fault, Lasting},
    ids::{RunId, StepId},
    plan::OnFailure,
    resource::Resource,
};

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

    const fn is_apply(&self) -> bool {
        matches!(self, Self::Apply)
    }
}

/// What a step takes back: a chain of changes to one resource, from the last one's `after` to the first one's `before`,
/// in one move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakesBack {
    /// The run that made them.
    pub run: RunId,
    /// The steps of the chain, in the order in which they were made. Never empty.
    pub steps: Vec<StepId>,
    /// What marks whatever the last of them created: its own run and step, also where that is itself long taken back.
    pub claim: Claim,
}

impl TakesBack {
    /// The step whose `before` it goes back to.
    pub fn first(&self) -> Option<&StepId> {
        self.steps.first()
    }

    /// The step whose `after` it sets out from.
    pub fn last(&self) -> Option<&StepId> {
        self.steps.last()
    }
}

/// What a person has found out about a step whose outcome nobody could tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It did happen.
    Applied,
    /// It did not.
    NotApplied,
}

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
    /// The function that hosts the action.
    pub function: String,
    /// The resource; `None` while it depends on an earlier step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// What it will do, in a few words.
    pub summary: String,
    /// What is done with the action.
    #[serde(default, skip_serializing_if = "Task::is_apply")]
    pub task: Task,
    /// The parameters: rendered, unless `deferred`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub with: Value,
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

impl Step {
    /// How long a step may take where the plan does not say.
    pub const TIMEOUT: Duration = Duration::seconds(15 * 60);

    /// The first step of a stage, planned and not begun, with the defaults of its action and of plans.
    pub fn planned(id: StepId, entry: &Entry, stage: usize) -> Self {
        Self::new(id, (entry.uses.into(), entry.nature, entry.function.into()), entry.about.into(), stage)
    }

    /// Another step of the same action, planned and not begun, with the same parameters on the same resource.
    pub fn like(&self, id: StepId, stage: usize) -> Self {
        Self {
            resource: self.resource.clone(),
            with: self.with.clone(),
            timeout: self.timeout,
            ..Self::new(id, (self.uses.clone(), self.nature, self.function.clone()), self.summary.clone(), stage)
        }
    }

    fn new(id: StepId, (uses, nature, function): (String, Nature, String), summary: String, stage: usize) -> Self {
        Self {
            schema: SCHEMA,
            revision: 0,
            id,
            stage,
            position: 0,
            uses,
            nature,
            function,
            resource: None,
            summary,
            task: Task::Apply,
            with: Value::Null,
            deferred: None,
            item: None,
            on_failure: OnFailure::default(),
            within: None,
            every: None,
            timeout: Self::TIMEOUT,
            since: None,
            original_of: None,
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

    fn moved(&self, event: Event) -> Result<Self, IllegalTransition> {
        let status = next_status(self.status, event)?;
        Ok(Self { status, revision: self.revision + 1, ..self.clone() })
    }

    /// Handed out.
    ///
    /// # Errors
    /// When a step in its status cannot be.
    pub fn issue(&self, now: Timestamp) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::Issue)?;
        step.issues += 1;
        step.issued_at.get_or_insert(now);
        step.reissued_at = Some(now);
        Ok(step)
    }

    /// About to write for the first time.
    ///
    /// # Errors
    /// When a step in its status cannot.
    pub fn start(
        &self,
        ends: (Value, Value),
        turn: Turn,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::Start)?;
        (step.before, step.after) = (Some(ends.0), Some(ends.1));
        (step.turn, step.started_at, step.until) = (Some(turn), Some(now), Some(until));
        step.written_at = Some(now);
        Ok(step)
    }

    /// An invocation goes on writing.
    ///
    /// # Errors
    /// When a step in its status cannot.
    pub fn take_over(&self, turn: Turn, now: Timestamp, until: Timestamp) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::TakeOver)?;
        (step.turn, step.written_at, step.until, step.last_write) = (Some(turn), Some(now), Some(until), None);
        Ok(step)
    }

    /// An invocation writes back what was half done.
    ///
    /// # Errors
    /// When a step in its status cannot have written.
    pub fn take_back(
        &self,
        why: Fault,
        turn: Turn,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Self, IllegalTransition> {
        let mut step = self.take_over(turn, now, until)?;
        step.last_write = Some(LastWrite::TakingBack(why));
        Ok(step)
    }

    /// A write was not simply accepted.
    ///
    /// # Errors
    /// When a step in its status cannot have written.
    pub fn doubt(&self, last_write: LastWrite, now: Timestamp) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::TakeOver)?;
        (step.last_write, step.written_at) = (Some(last_write), Some(now));
        Ok(step)
    }

    /// Found as wanted before anything was written.
    ///
    /// # Errors
    /// When a step in its status cannot be.
    pub fn in_place(&self, state: Value, now: Timestamp, facts: Map<String, Value>) -> Result<Self, IllegalTransition> {
        let mut step = self.end(Event::FindInPlace, now, facts, Conclusion::default())?;
        (step.before, step.after) = (Some(state.clone()), Some(state));
        Ok(step)
    }

    /// Whether it has left something that can be taken back, or may have: a change whose two ends are recorded.
    pub fn may_be_taken_back(&self) -> bool {
        let may_have_changed =
            matches!(self.status, Status::Applied | Status::Undone | Status::Unknown | Status::Drifted | Status::Stuck);
        self.nature == Nature::Change && may_have_changed && self.started_at.is_some() && !self.task.only_looks()
    }

    /// The same with two states recorded, beside how it ended.
    pub fn between(mut self, ends: (Value, Value)) -> Self {
        (self.before, self.after) = (Some(ends.0), Some(ends.1));
        self
    }

    /// Ended by an event, with what is to be said about it.
    ///
    /// # Errors
    /// When a step in its status cannot end so.
    pub fn end(
        &self,
        event: Event,
        now: Timestamp,
        facts: Map<String, Value>,
        conclusion: Conclusion,
    ) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(event)?;
        step.ended_at = Some(now);
        step.facts = (!facts.is_empty()).then_some(facts);
        step.conclusion = Some(conclusion);
        Ok(step)
    }

    /// What nobody could tell, as a person has decided it. It ended when it ended; what was said then is said still.
    ///
    /// # Errors
    /// When it is known what the step has done.
    pub fn resolve(
        &self,
        decision: Decision,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Self, IllegalTransition> {
        let (event, found, code) = match decision {
            Decision::Applied => (Event::ResolveApplied, "it was carried out", None),
            // Like everything that is shown to have changed nothing.
            Decision::NotApplied => (Event::ResolveNotApplied, "it was not carried out", Some(Code::Refused)),
        };
        let mut step = self.moved(event)?;
        let before = self.conclusion.as_ref().map(|it| it.says.as_str()).filter(|says| !says.is_empty());
        let before = before.map_or_else(String::new, |says| format!(". Before that: {says}"));
        let says = format!("{found}, as {by} decided at {now:.0}: {reason}{before}");
        step.conclusion = Some(Conclusion { says, code, advice: None });
        Ok(step)
    }

    /// What templates see of it: its facts, and when it was issued and ended.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::at;

    fn unknown() -> Step {
        let issued = crate::testing::step("notify", 0).issue(at(1)).expect("legal");
        let turn = Turn { issue: 1, attempt: 0 };
        let started = issued.start((json!(1), json!(2)), turn, at(2), at(60)).expect("legal");
        let lost =
            Conclusion { says: "no answer".into(), code: Some(Code::OutcomeUnknown), advice: Some("look".into()) };
        started.end(Event::Lose, at(9), Map::new(), lost).expect("legal")
    }

    #[test]
    fn a_person_decides_what_nobody_could_tell_and_the_row_says_who_what_and_why() {
        let applied = unknown().resolve(Decision::Applied, "alice", "it is in the log", at(99)).expect("legal");
        assert_eq!((applied.status, applied.ended_at), (Status::Applied, Some(at(9))));
        let says =
            "it was carried out, as alice decided at 2026-11-20T03:01:39Z: it is in the log. Before that: no answer";
        assert_eq!(applied.conclusion, Some(Conclusion { says: says.into(), code: None, advice: None }));
        let failed = unknown().resolve(Decision::NotApplied, "alice", "no trace of it", at(99)).expect("legal");
        assert_eq!((failed.status, failed.after), (Status::Failed, Some(json!(2))));
        let conclusion = failed.conclusion.expect("one");
        assert!(conclusion.says.starts_with("it was not carried out, as alice decided"), "{}", conclusion.says);
        assert_ne!(conclusion.code, Some(Code::OutcomeUnknown), "it is settled");
    }

    #[test]
    fn what_is_known_is_not_decided() {
        let known = unknown().resolve(Decision::Applied, "alice", "seen", at(99)).expect("legal");
        assert!(known.resolve(Decision::NotApplied, "bob", "not seen", at(100)).is_err());
    }
}
