//! One step, from `issued` to its end: read, compare, record, write, read again.
//!
//! | file | its job |
//! |---|---|
//! | `standing` | where a resource stands between two states |
//! | `judge` | what that means for a step that may have written |
//! | `hold` | who may write, and until when |
//! | `change`, `check`, `command` | the three natures |
//! | `take_back` | a change, the other way |
//! | `look` | a change that is only looked at: rehearsals |
//! | `reconcile` | a step that its run left behind |
//! | `pace` | when to look again |

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    action::{At, Change, Check, Claim, Command, Kind},
    clock::{Clock, Timestamp},
    code::Code,
    duration::Duration,
    evidence::Evidence,
    fault::Fault,
    ids::{RunId, StepId},
    journal::{Conclusion, Event, IllegalTransition, OWN_FIELDS, Status, Step, Task, Turn},
    ledger::{Ledger, Saved},
};

mod change;
mod check;
mod command;
mod hold;
mod judge;
mod look;
mod original;
mod overlay;
mod pace;
mod reconcile;
mod standing;
mod take_back;
#[cfg(test)]
mod tests;

pub use standing::{Standing, standing};

/// What an invocation works with.
pub struct Env<'a> {
    /// Where the journal is.
    pub ledger: &'a dyn Ledger,
    /// Where bytes are kept.
    pub evidence: &'a dyn Evidence,
    /// What tells the time.
    pub clock: &'a dyn Clock,
}

/// One invocation for one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepId,
    /// Which invocation of the step it is.
    pub turn: Turn,
    /// No mutating call may be under way after this moment.
    pub deadline: Timestamp,
    /// What for.
    pub purpose: Purpose,
}

/// What a step is invoked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To carry it on.
    #[default]
    CarryOn,
    /// To find out what it has done, now that its run has ended. Nothing is written but the journal.
    Reconcile {
        /// When nobody was at it any more.
        since: Timestamp,
    },
}

/// What an invocation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The step has ended; its row says how.
    Done,
    /// Look again after this time.
    Pending {
        /// How long to wait.
        wait: Duration,
    },
}

/// The actions that a function hosts.
#[derive(Default)]
pub struct Actions(Vec<Box<dyn Perform>>);

impl Actions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a change.
    pub fn change<C: Change + 'static>(self, change: C) -> Self {
        self.with(change::Performer(change))
    }

    /// With a check.
    pub fn check<C: Check + 'static>(self, check: C) -> Self {
        self.with(check::Performer(check))
    }

    /// With a command.
    pub fn command<C: Command + 'static>(self, command: C) -> Self {
        self.with(command::Performer(command))
    }

    fn with(mut self, performer: impl Perform + 'static) -> Self {
        self.0.push(Box::new(performer));
        self
    }

    /// The names of the actions.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|action| action.uses()).collect()
    }

    /// Carries a step on as far as it goes without waiting.
    ///
    /// # Errors
    /// When the journal cannot be reached; the invocation then counts as lost and is repeated.
    pub async fn carry_out(&self, env: &Env<'_>, call: &Call) -> Result<Answer, Fault> {
        let Some(step) = env.ledger.step(&call.run, &call.step).await? else {
            return Err(Fault::refused(format!("the run `{}` has no step `{}`", call.run, call.step)));
        };
        // Ended, or handed out again since: this invocation is a late one.
        if step.status.is_final() || step.issues != call.turn.issue {
            return Ok(Answer::Done);
        }
        let visit = Visit { env, call, step: &step };
        match (self.0.iter().find(|action| action.uses() == step.uses), call.purpose) {
            (Some(action), Purpose::CarryOn) => action.perform(&visit).await,
            (Some(action), Purpose::Reconcile { since }) => visit.reconcile(&**action, since).await,
            (None, _) => {
                let says = format!("this function does not host `{}`", step.uses);
                visit.cannot(failure(Code::Internal, says, None)).await
            }
        }
    }
}

#[async_trait(?Send)]
trait Perform {
    fn uses(&self) -> &'static str;
    async fn perform(&self, visit: &Visit<'_>) -> Result<Answer, Fault>;
    /// Where the resource of a started step stands, between the step's two ends.
    async fn look(&self, visit: &Visit<'_>) -> Result<Seen, Fault>;
    /// How long after a write a look may still show what was before.
    fn visible_within(&self) -> Duration {
        Duration::ZERO
    }
}

/// What a look at the resource of a started step shows.
enum Seen {
    /// Nothing is under way; so it stands, with these facts.
    At(Standing, Value, Map<String, Value>),
    /// Something is under way.
    Settling(String),
    /// Nobody can tell by looking.
    Nothing(String),
}

/// One invocation, as the three natures see it.
struct Visit<'a> {
    env: &'a Env<'a>,
    call: &'a Call,
    step: &'a Step,
}

/// How a conditional write of the step's row went on.
enum Moved {
    /// It is ours; go on from this row.
    On(Box<Step>),
    /// Somebody else moved it; answer this.
    Off(Answer),
}

impl Visit<'_> {
    fn now(&self) -> Timestamp {
        self.env.clock.now()
    }

    fn claim(&self) -> Claim {
        match &self.step.task {
            Task::TakeBack(takes) => takes.claim.clone(),
            _ => Claim { run: self.call.run.clone(), step: self.call.step.clone() },
        }
    }

    fn issued_at(&self) -> Timestamp {
        self.step.issued_at.unwrap_or_else(|| self.now())
    }

    /// Whether the step has had its time: for its resource to be ready, and once it has begun, to show as wanted.
    fn timed_out(&self, step: &Step) -> bool {
        let since = step.started_at.unwrap_or_else(|| self.issued_at());
        Duration::between(since, self.now()) >= step.timeout
    }

    fn at<'w, W>(
        &'w self,
        with: &'w W,
        claim: &'w Claim,
        since: Timestamp,
        started_at: Option<Timestamp>,
    ) -> At<'w, W> {
        At {
            with,
            claim,
            evidence: self.env.evidence,
            now: self.now(),
            issued_at: self.issued_at(),
            started_at,
            since,
            deadline: self.call.deadline,
        }
    }

    /// Reads the parameters; a step whose parameters are wrong has failed.
    async fn with<K: Kind>(&self) -> Result<Result<K::With, Answer>, Fault> {
        match crate::action::read_with(&self.step.with) {
            Ok(with) => Ok(Ok(with)),
            Err(wrong) => {
                let says = format!("the parameters of `{}` are wrong at `{}`: {wrong}", K::USES, wrong.path.join("."));
                Ok(Err(self.cannot(failure(Code::WrongStep, says, None)).await?))
            }
        }
    }

    /// Whether the step has had its time twice over: for what could otherwise go on for ever.
    fn overdue(&self, step: &Step) -> bool {
        let since = step.started_at.unwrap_or_else(|| self.issued_at());
        Duration::between(since, self.now()).signed() >= step.timeout.signed().saturating_mul(2)
    }

    fn pending(&self, at_least: Duration) -> Answer {
        Answer::Pending { wait: pace::wait(self.call, at_least) }
    }

    /// Writes the next form of the row.
    async fn save(&self, was: &Step, now: Result<Step, IllegalTransition>) -> Result<Moved, Fault> {
        let now = now.map_err(|error| Fault::refused(error.to_string()))?;
        Ok(match self.env.ledger.save_step(&self.call.run, was, &now).await? {
            Saved::Done => Moved::On(Box::new(now)),
            Saved::Behind(other) if other.status.is_final() || other.issues != self.call.turn.issue => {
                Moved::Off(Answer::Done)
            }
            // The same step is under way elsewhere: look again when that invocation's time is over.
            Saved::Behind(other) => {
                let until = other.until.unwrap_or(self.call.deadline);
                Moved::Off(self.pending(Duration::between(self.now(), until)))
            }
        })
    }

    async fn end(
        &self,
        was: &Step,
        event: Event,
        facts: Map<String, Value>,
        conclusion: Conclusion,
    ) -> Result<Answer, Fault> {
        let ended = was.end(event, self.now(), facts, conclusion);
        Ok(match self.save(was, ended).await? {
            Moved::On(_) => Answer::Done,
            Moved::Off(answer) => answer,
        })
    }

    /// Nobody can go on with the step; what it has done so far stays unknown.
    async fn cannot(&self, conclusion: Conclusion) -> Result<Answer, Fault> {
        let event = if self.step.status == Status::Started { Event::Lose } else { Event::Fail };
        self.end(self.step, event, Map::new(), conclusion).await
    }

    /// Nothing has been written yet and a look did not work.
    async fn not_begun(&self, fault: Fault, patience: Duration) -> Result<Answer, Fault> {
        let waited = Duration::between(self.issued_at(), self.now());
        if fault.is_transient() && waited < patience || self.insists(self.step) {
            return Ok(self.pending(fault.again_in));
        }
        let code = if fault.is_transient() { Code::TimedOut } else { Code::Refused };
        self.end(self.step, Event::Fail, Map::new(), failure(code, fault.message, fault.advice)).await
    }
}

fn failure(code: Code, says: impl Into<String>, advice: Option<String>) -> Conclusion {
    Conclusion { says: says.into(), code: Some(code), advice }
}

fn to_map(facts: impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(facts) {
        Ok(Value::Object(map)) => {
            debug_assert!(
                !OWN_FIELDS.iter().any(|own| map.contains_key(*own)),
                "a fact is called as a field of every step"
            );
            map
        }
        _ => Map::new(),
    }
}
