//! A world with one resource, a panel of several parts, and a clock.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::pending,
    rc::Rc,
};

use serde_json::{Map, Value, json};

use crate::{
    action::{At, Change, Check, Command, Finding, Reading, Repeat, Verdict},
    clock::{Clock, Timestamp},
    duration::Duration,
    evidence::{ContentHash, Evidence, Location},
    fault::Fault,
    journal::{Journal, Step},
    ledger::memory::MemoryLedger,
    testing::{
        at,
        catalogue::{Health, HealthWith, Panel, PanelWith, Purge, PurgeWith},
        row, run, step, steps_stage,
    },
};

pub type Parts = BTreeMap<String, Value>;

/// How long a Lambda may take, less what it keeps for writing down its end.
pub const LAMBDA: Duration = Duration::seconds(58);

/// How long the one attempt of a mutating call may take.
const ATTEMPT: Duration = Duration::seconds(10);

/// What may happen to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Refused with "try again"; nothing happens.
    Throttled,
    /// The same, and there is no room for another call for that long.
    ThrottledFor(Duration),
    /// Refused for good; nothing happens.
    Refused,
    /// The request never arrives.
    RequestLost,
    /// It is carried out, and nobody hears so.
    ResponseLost,
    /// A read that shows how it was before the last call.
    Stale,
    /// The Lambda ends before the call.
    CrashBefore,
    /// The Lambda ends after the call.
    CrashAfter,
    /// The call hangs until the world is released, and is carried out then.
    Held,
    /// The call takes that long.
    Slow(Duration),
    /// Somebody else sets a part first.
    Foreign(&'static str, Value),
}

/// The world.
pub struct World {
    time: Rc<Cell<Timestamp>>,
    states: RefCell<Vec<(Timestamp, Parts)>>,
    script: RefCell<BTreeMap<usize, Trouble>>,
    calls: Cell<usize>,
    released: Cell<bool>,
    refused: RefCell<Option<Value>>,
    /// How old what reads show is.
    pub lag: Cell<Duration>,
    /// Something is under way until then.
    pub busy_until: Cell<Timestamp>,
    pub broken: Cell<bool>,
    /// The mutating calls that were carried out, in order.
    pub carried_out: RefCell<Vec<String>>,
    pub verdicts: RefCell<VecDeque<Verdict>>,
    pub since: Cell<Option<Timestamp>>,
    pub repeat: Cell<Repeat>,
    pub ledger: MemoryLedger,
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.time.get()
    }
}

#[async_trait::async_trait(?Send)]
impl Evidence for World {
    async fn has(&self, _: &ContentHash) -> Result<bool, Fault> {
        Ok(false)
    }
    async fn keep(&self, bytes: Vec<u8>) -> Result<ContentHash, Fault> {
        Ok(ContentHash::of(&bytes))
    }
    fn location(&self, hash: &ContentHash) -> Location {
        Location { bucket: "bucket".into(), key: hash.0.clone() }
    }
}

impl World {
    /// A panel that stands so, and a run with these steps in one stage.
    pub fn new(parts: &Value, steps: Vec<Step>) -> Rc<Self> {
        let stages = 1 + steps.iter().map(|step| step.stage).max().unwrap_or_default();
        let run = run((0..stages).map(|stage| steps_stage(&format!("stage {stage}"))).collect());
        Rc::new(Self {
            time: Rc::new(Cell::new(at(0))),
            states: RefCell::new(vec![(at(-3600), parts_of(parts))]),
            script: RefCell::default(),
            calls: Cell::default(),
            released: Cell::default(),
            refused: RefCell::default(),
            lag: Cell::default(),
            busy_until: Cell::new(at(-1)),
            broken: Cell::default(),
            carried_out: RefCell::default(),
            verdicts: RefCell::default(),
            since: Cell::default(),
            repeat: Cell::new(Repeat::Never),
            ledger: crate::testing::ledger(&Journal::new(run, steps)),
        })
    }

    /// The call of that number, from 0, goes wrong so.
    pub fn goes_wrong(self: &Rc<Self>, call: usize, trouble: Trouble) -> Rc<Self> {
        self.script.borrow_mut().insert(call, trouble);
        self.clone()
    }

    pub fn next_goes_wrong(&self, trouble: Trouble) {
        self.script.borrow_mut().insert(self.calls.get(), trouble);
    }

    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    pub fn pass(&self, time: Duration) {
        self.time.set(self.now() + time.signed());
    }

    /// Writing a row of the ledger takes that long.
    pub fn ledger_takes(&self, time: Duration) {
        let clock = self.time.clone();
        self.ledger.after_each_write(move || clock.set(clock.get() + time.signed()));
    }

    pub fn now_is_before(&self, seconds: i64) -> bool {
        self.now() < at(seconds)
    }

    /// A write of just these parts is refused for good.
    pub fn refuse_from(&self, parts: &Value) {
        *self.refused.borrow_mut() = Some(parts.clone());
    }

    pub fn release(&self) {
        self.released.set(true);
    }

    /// How the panel really stands.
    pub fn panel(&self) -> Value {
        json!(self.states.borrow().last().expect("a state").1)
    }

    pub fn row(&self, step: &str) -> Step {
        row(&self.ledger, step)
    }

    /// Somebody sets parts of the panel.
    pub fn set(&self, parts: &Parts) {
        let mut next = self.states.borrow().last().expect("a state").1.clone();
        for (name, value) in parts {
            match value {
                Value::Null => drop(next.remove(name)),
                value => drop(next.insert(name.clone(), value.clone())),
            }
        }
        self.states.borrow_mut().push((self.now(), next));
    }

    fn seen(&self, stale: Seen) -> Parts {
        let states = self.states.borrow();
        let visible = self.now() - self.lag.get().signed();
        let last = states.iter().rposition(|(since, _)| *since <= visible).unwrap_or_default();
        // However old a reading is, it is not older than the action says that a write takes to show.
        let may_be_old = Duration::between(states[last].0, self.now()) < <InWorld as Change>::VISIBLE_WITHIN;
        let shown = if stale == Seen::Before && may_be_old { last.saturating_sub(1) } else { last };
        states[shown].1.clone()
    }

    async fn look(&self, deadline: Timestamp) -> Result<Seen, Fault> {
        self.call(deadline, Duration::seconds(60), || ()).await
    }

    /// A mutating call: asked for only while there is time for its one attempt of ten seconds, as every action does.
    async fn mutate(&self, at: Timestamp, effect: impl FnOnce()) -> Result<(), Fault> {
        if Duration::between(self.now(), at) < ATTEMPT {
            return Err(Fault::passing("too little time was left"));
        }
        self.call(at, ATTEMPT, effect).await.map(drop)
    }

    async fn call(&self, deadline: Timestamp, longest: Duration, effect: impl FnOnce()) -> Result<Seen, Fault> {
        // Killed, between two calls.
        if self.ledger.is_cut() {
            pending::<()>().await;
        }
        let number = self.calls.replace(self.calls.get() + 1);
        let trouble = self.script.borrow_mut().remove(&number);
        let mut seen = Seen::Now;
        match trouble {
            None => effect(),
            Some(Trouble::Throttled) => return Err(Fault::passing("throttled")),
            Some(Trouble::ThrottledFor(wait)) => return Err(Fault::passing("throttled").again_in(wait)),
            Some(Trouble::Refused) => return Err(Fault::refused("access denied")),
            Some(Trouble::RequestLost) => return Err(Fault::unanswered("no answer within 10 s")),
            Some(Trouble::ResponseLost) => {
                effect();
                return Err(Fault::unanswered("no answer within 10 s"));
            }
            Some(Trouble::Stale) => seen = Seen::Before,
            Some(Trouble::CrashBefore) => pending().await,
            Some(Trouble::CrashAfter) => {
                effect();
                pending::<()>().await;
            }
            Some(Trouble::Held) => {
                while !self.released.get() {
                    futures::pending!();
                }
                effect();
            }
            Some(Trouble::Slow(time)) => {
                self.pass(time.min(longest));
                if deadline < self.now() {
                    pending().await
                }
                effect();
            }
            Some(Trouble::Foreign(part, value)) => {
                self.set(&[(part.to_owned(), value)].into());
                effect();
            }
        }
        Ok(seen)
    }

    /// Law 1: no effect without a started row that names it, and none after that row's deadline.
    fn obeys_the_law(&self) {
        let started = self.ledger.started();
        assert!(!started.is_empty(), "an effect of a step that is not started");
        let in_time = |row: &Step| row.until.is_some_and(|until| self.now() <= until);
        assert!(started.iter().any(in_time), "an effect after the deadline");
    }
}

#[derive(PartialEq)]
enum Seen {
    Now,
    Before,
}

pub fn parts_of(value: &Value) -> Parts {
    value.as_object().expect("an object").clone().into_iter().collect()
}

/// The panel's actions. A write takes one call for each half of what differs.
pub struct InWorld(pub Rc<World>);

impl Change for InWorld {
    type Kind = Panel;
    type State = Parts;
    type Facts = Map<String, Value>;

    async fn read(&self, at: &At<'_, PanelWith>) -> Result<Reading<Parts, Self::Facts>, Fault> {
        let world = &self.0;
        let seen = world.look(at.deadline).await?;
        if world.broken.get() {
            return Ok(Reading::Broken { why: "the panel is on fire".into() });
        }
        if world.now() < world.busy_until.get() {
            return Ok(Reading::Settling { why: "the panel is busy".into(), again_in: Duration::seconds(5) });
        }
        let shown = world.seen(seen);
        // Only the parts that `with` names; one that is not there is `null`.
        let state =
            at.with.set.keys().map(|name| (name.clone(), shown.get(name).cloned().unwrap_or_default())).collect();
        Ok(Reading::Settled { state, facts: Map::from_iter([("parts".to_owned(), json!(shown.len()))]) })
    }

    async fn desired(&self, at: &At<'_, PanelWith>, _: &Parts) -> Result<Parts, Fault> {
        self.0.look(at.deadline).await?;
        Ok(at.with.set.clone())
    }

    async fn preserve(&self, at: &At<'_, PanelWith>, _: &Parts) -> Result<(), Fault> {
        self.0.look(at.deadline).await.map(drop)
    }

    async fn write(&self, at: &At<'_, PanelWith>, (now, _): (&Parts, &Self::Facts), to: &Parts) -> Result<(), Fault> {
        let differs: Vec<_> = to.iter().filter(|(name, value)| now.get(*name) != Some(*value)).collect();
        let (one, other) = differs.split_at(differs.len().div_ceil(2));
        for half in [one, other].into_iter().filter(|half| !half.is_empty()) {
            let half: Parts = half.iter().map(|&(name, value)| (name.clone(), value.clone())).collect();
            if self.0.refused.borrow().as_ref() == Some(&json!(half)) {
                return Err(Fault::refused("access denied"));
            }
            let effect = || {
                self.0.obeys_the_law();
                self.0.set(&half);
                self.0.carried_out.borrow_mut().push(json!(half).to_string());
            };
            self.0.mutate(at.deadline, effect).await?;
        }
        Ok(())
    }
}

pub struct HealthInWorld(pub Rc<World>);

impl Check for HealthInWorld {
    type Kind = Health;

    async fn judge(&self, at: &At<'_, HealthWith>) -> Result<Verdict, Fault> {
        self.0.look(at.deadline).await?;
        self.0.since.set(Some(at.since));
        let next = self.0.verdicts.borrow_mut().pop_front();
        Ok(next.unwrap_or_else(|| Verdict::new(Finding::Inconclusive, "there is no data")))
    }
}

pub struct PurgeInWorld(pub Rc<World>);

impl Command for PurgeInWorld {
    type Kind = Purge;

    fn repeat(&self, _: &PurgeWith) -> Repeat {
        self.0.repeat.get()
    }

    async fn send(&self, at: &At<'_, PurgeWith>) -> Result<BTreeMap<String, Value>, Fault> {
        let effect = || {
            self.0.obeys_the_law();
            self.0.carried_out.borrow_mut().push("purged".into());
        };
        self.0.mutate(at.deadline, effect).await?;
        Ok([("id".to_owned(), json!("I1"))].into())
    }
}

/// The same step, as one that knows its resource.
pub fn on_the_panel(step: Step) -> Step {
    Step { resource: Some(crate::resource::Resource::new("test", "test/panel", ["panel"])), ..step }
}

/// A step that sets parts of the panel.
pub fn sets(name: &str, parts: &Value) -> Step {
    Step { with: json!({"set": parts}), ..step(name, 0) }
}
