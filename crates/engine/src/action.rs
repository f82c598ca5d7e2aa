//! What an action is ([`Kind`]) and what it does ([`Change`], [`Check`], [`Command`]).
//!
//! The catalogue implements [`Kind`], without AWS, so that a plan can be validated anywhere. A function implements
//! one of the three others. Everything that is hard about running them is in [`crate::carry_out`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    clock::Timestamp,
    duration::Duration,
    evidence::Evidence,
    fault::Fault,
    ids::{RunId, StepId},
    journal::OWN_FIELDS,
    resource::Resource,
};

mod calls;
mod entry;
mod host;
pub use calls::{By, Calls, On, Reach, Under};
pub(crate) use entry::at_path;
pub use entry::{Catalogue, Entry, Looked, WrongWith};
pub use host::Host;

pub use crate::written::{IN_QUOTES, read as read_with};

/// The three natures of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// One reversible change to one resource.
    Change,
    /// Reads and judges, never writes.
    Check,
    /// An effect that leaves no state to read back.
    Command,
}

/// What an action is: its name, its parameters, its resource.
pub trait Kind: 'static {
    /// The name in a plan's `uses`, `service/thing`.
    const USES: &'static str;
    /// Change, check or command.
    const NATURE: Nature;
    /// The function that hosts it.
    const HOST: Host;
    /// One sentence on what it does, for listings and the schema.
    const ABOUT: &'static str;
    /// What one resource of it is, in a few words, for listings and its page: `the rule`.
    const RESOURCE: &'static str;
    /// What AWS serialises, and why, in a few words: what [`Kind::serialised_by`] gives. A check reads and has none.
    const SERIALISED: &'static str = "";
    /// What it calls at AWS, all of it: its function may call nothing else.
    const CALLS: &'static [Calls];
    /// The parameters, as a plan's `with` gives them.
    type With: DeserializeOwned + Serialize + JsonSchema;

    /// Whose state is compared: undo, `original` and rehearsals go by it.
    fn resource(with: &Self::With) -> Resource;
    /// What AWS serialises, or what would come out otherwise if two worked at it at once. Steps that share any of it
    /// never run side by side. Written alike by every action that is about the same.
    fn serialised_by(with: &Self::With) -> Vec<Resource> {
        vec![Self::resource(with)]
    }
    /// What this use of it will do, in a few words, without sensitive values.
    fn summary(with: &Self::With) -> String;
    /// What the types cannot say: each sentence refuses the plan.
    fn faults(_with: &Self::With) -> Vec<String> {
        Vec::new()
    }
    /// What is allowed but worth a word to whoever writes or rehearses the plan.
    fn warnings(_with: &Self::With) -> Vec<String> {
        Vec::new()
    }
}

/// The circumstances under which an action works.
pub struct At<'a, W> {
    /// The parameters, with every template rendered.
    pub with: &'a W,
    /// What marks as this run's own whatever it creates.
    pub claim: &'a Claim,
    /// Where bytes are kept that could not be read back later.
    pub evidence: &'a dyn Evidence,
    /// The time now.
    pub now: Timestamp,
    /// When this step was first handed out.
    pub issued_at: Timestamp,
    /// When this step wrote for the first time; `None` before it has.
    pub started_at: Option<Timestamp>,
    /// The moment a check's window begins: when the rung that it guards was reached, else `issued_at`.
    pub since: Timestamp,
    /// No mutating call may be under way after this moment.
    pub deadline: Timestamp,
}

/// The name by which a run knows what it created: `run/step`. What takes the step back has its claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Claim {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepId,
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.run, self.step)
    }
}

/// What a look at a resource found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<S, F> {
    /// It stands so, and nothing is under way.
    Settled {
        /// The part that the action owns: canonical, compared.
        state: S,
        /// Ids, endpoints, revisions: handed on, never compared.
        facts: F,
    },
    /// Something is under way; look again.
    Settling {
        /// What it is waiting for.
        why: String,
        /// When to look again.
        again_in: Duration,
    },
    /// It is in a state that no waiting mends.
    Broken {
        /// What is wrong, for people.
        why: String,
    },
}

/// A reversible change to one resource: read, desired, write.
#[allow(async_fn_in_trait, reason = "functions run on a single-threaded runtime; no caller needs `Send`")]
pub trait Change {
    /// What it is.
    type Kind: Kind;
    /// The part of the resource that it owns, canonical, compared leaf by leaf.
    type State: Eq + Serialize + DeserializeOwned;
    /// Ids, endpoints, revisions: handed on, never compared. Without sensitive values.
    type Facts: Serialize + DeserializeOwned;

    /// How long after a write is over a reading may still show the resource as it was.
    const VISIBLE_WITHIN: Duration = Duration::seconds(30);

    /// Looks at the resource.
    async fn read(&self, at: &At<'_, <Self::Kind as Kind>::With>) -> Result<Reading<Self::State, Self::Facts>, Fault>;

    /// What `with` asks for, given how it stands. May look things up; never mutates.
    async fn desired(&self, at: &At<'_, <Self::Kind as Kind>::With>, now: &Self::State) -> Result<Self::State, Fault>;

    /// Keeps what could not be read back later, under its content hash. Called for both ends before the first write.
    async fn preserve(&self, _at: &At<'_, <Self::Kind as Kind>::With>, _state: &Self::State) -> Result<(), Fault> {
        Ok(())
    }

    /// From wherever it stands between the two ends, on to `to`. Uses the revision in the facts where there is one.
    async fn write(
        &self,
        at: &At<'_, <Self::Kind as Kind>::With>,
        now: (&Self::State, &Self::Facts),
        to: &Self::State,
    ) -> Result<(), Fault>;
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// As it should be.
    Pass,
    /// Not as it should be; it may become so within the step's `within`.
    Fail,
    /// Not as it should be, and waiting cannot mend it (a count that only grows).
    FailForGood,
    /// No data, no verdict.
    Inconclusive,
}

/// A check's judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The finding.
    pub finding: Finding,
    /// One sentence with what was seen and what was wanted.
    pub says: String,
    /// What later steps and the report may refer to as `{{ steps.<id>.<field> }}`. Without sensitive values.
    pub observed: BTreeMap<String, Value>,
}

impl Verdict {
    /// A verdict without observations.
    pub fn new(finding: Finding, says: impl Into<String>) -> Self {
        Self { finding, says: says.into(), observed: BTreeMap::new() }
    }

    /// With one more observation. Its name is none of [`OWN_FIELDS`](crate::journal::OWN_FIELDS).
    pub fn observing(mut self, field: &str, value: impl Into<Value>) -> Self {
        debug_assert!(!OWN_FIELDS.contains(&field), "every step has a `{field}` of its own");
        self.observed.insert(field.to_owned(), value.into());
        self
    }
}

/// Reads and judges; never writes.
#[allow(async_fn_in_trait, reason = "functions run on a single-threaded runtime; no caller needs `Send`")]
pub trait Check {
    /// What it is.
    type Kind: Kind;

    /// Looks and judges, once. Waiting is the engine's business.
    async fn judge(&self, at: &At<'_, <Self::Kind as Kind>::With>) -> Result<Verdict, Fault>;
}

/// Whether a command may be sent again when nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Twice does no more than once.
    Safe,
    /// A lost outcome is for a person to judge.
    Never,
}

/// An effect that leaves no state to read back.
#[allow(async_fn_in_trait, reason = "functions run on a single-threaded runtime; no caller needs `Send`")]
pub trait Command {
    /// What it is.
    type Kind: Kind;

    /// Whether this use of it may be sent again.
    fn repeat(&self, with: &<Self::Kind as Kind>::With) -> Repeat;

    /// Sends it, once. Returns facts for later steps, without sensitive values.
    async fn send(&self, at: &At<'_, <Self::Kind as Kind>::With>) -> Result<BTreeMap<String, Value>, Fault>;
}
