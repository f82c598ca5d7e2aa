//! The state machine, as far as it matters for one step.

use std::rc::Rc;

use futures::FutureExt as _;

use super::world::{HealthInWorld, InWorld, LAMBDA, PurgeInWorld, World};
use crate::{
    advance::{Advance, Item, advance},
    carry_out::{Actions, Answer, Call, Env, Purpose},
    clock::{Clock as _, Timestamp},
    conclude::{Closed, Reconcile, close},
    duration::Duration,
    fault::Fault,
    ids::RunId,
    journal::{Journal, Mode, Outcome, Run, Step, Turn},
    ledger::{Depth, Ledger as _},
    request::Request,
    testing::{RUN, catalogue::CATALOGUE, id, now},
    undo::{Undoing, taking_back},
};

/// The state machine: hands out, invokes, waits, hands out again.
pub struct Machine {
    pub world: Rc<World>,
    actions: Actions,
    run: RunId,
}

impl Machine {
    pub fn new(world: &Rc<World>) -> Self {
        Self::of(world, RUN)
    }

    /// For a run of that id, which the ledger has already.
    pub fn of(world: &Rc<World>, run: &str) -> Self {
        let actions = Actions::new()
            .change(InWorld(world.clone()))
            .check(HealthInWorld(world.clone()))
            .command(PurgeInWorld(world.clone()));
        Self { world: world.clone(), actions, run: id(run) }
    }

    /// Begins a run of that id which takes this one back, as `Prepare` does.
    pub fn undo(&self, run: &str) -> Self {
        self.undo_part(run, &[])
    }

    /// The same for the stages and steps of these names.
    pub fn undo_part(&self, run: &str, only: &[&str]) -> Self {
        let ledger = &self.world.ledger;
        let journal = self.journal();
        let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
        let Undoing { stages, steps } = taking_back(&journal, &only).expect("it can go back");
        let request = Request { mode: Mode::Undo, undo: Some(self.run.clone()), ..journal.run.request.clone() };
        let row = Run { id: id(run), revision: 0, request, stages, outcome: None, refusal: None, ..journal.run };
        now(ledger.create_run(&row)).expect("created");
        now(ledger.plan_steps(&row.id, &steps)).expect("planned");
        Self::of(&self.world, run)
    }

    /// The journal, whole.
    pub fn journal(&self) -> Journal {
        now(self.world.ledger.journal(&self.run, Depth::Full)).expect("read").expect("a run")
    }

    /// The run's outcome, once it is closed.
    pub fn close(&self) -> Closed {
        let (world, run) = (&*self.world, &self.run);
        now(close(&world.ledger, world, Some(self), run, None)).expect("the ledger answers")
    }

    /// Closes the run, however long that takes.
    pub fn outcome(&self) -> Outcome {
        for _ in 0..1000 {
            match self.close() {
                Closed::Outcome(journal) => return journal.run.outcome.expect("one"),
                Closed::StillUnderWay(until) => {
                    self.world.pass(Duration::seconds(Duration::between(self.world.now(), until).seconds_up() + 1));
                }
            }
        }
        panic!("it is never closed: {:#?}", self.journal());
    }

    /// `Advance`.
    pub fn advance(&self) -> Advance {
        now(advance(&self.world.ledger, &CATALOGUE, &*self.world, &self.run)).expect("the ledger answers")
    }

    /// Hands the next steps out.
    pub fn issue(&self) -> Vec<Item> {
        match self.advance() {
            Advance::Stage { steps } | Advance::Unwind { steps } => steps,
            other => panic!("nothing to hand out: {other:?}"),
        }
    }

    /// One invocation, begun now and not polled yet. What it gives: its answer, or a fault.
    pub async fn invoke(&self, step: &str, issue: u32, attempt: u32) -> Result<Answer, Fault> {
        self.invoke_to(Purpose::CarryOn, step, issue, attempt).await
    }

    async fn invoke_to(&self, purpose: Purpose, step: &str, issue: u32, attempt: u32) -> Result<Answer, Fault> {
        let deadline = self.world.now() + LAMBDA.signed();
        let call = Call { run: self.run.clone(), step: id(step), turn: Turn { issue, attempt }, deadline, purpose };
        let world = &*self.world;
        let env = Env { ledger: &world.ledger, evidence: world, clock: world };
        self.actions.carry_out(&env, &call).await
    }

    /// One invocation, as far as it comes; `None` if it crashed.
    pub fn heard(&self, step: &str, issue: u32, attempt: u32) -> Option<Answer> {
        self.invoke(step, issue, attempt).now_or_never().and_then(Result::ok)
    }

    /// One iteration of the map: until the step is done, or its Lambda is lost.
    pub fn iterate(&self, item: &Item) {
        let mut attempt = item.attempt;
        loop {
            match self.heard(item.step.as_str(), item.issue, attempt) {
                Some(Answer::Pending { wait }) => self.world.pass(wait),
                Some(Answer::Done) | None => return,
            }
            attempt += 1;
            assert!(attempt < 500, "it never ends: {:#?}", self.world.row(item.step.as_str()));
        }
    }

    /// The run for as long as there is somebody to carry it on; whether it came to its end.
    pub fn run_until_cut(&self) -> bool {
        for _ in 0..100 {
            let advanced = advance(&self.world.ledger, &CATALOGUE, &*self.world, &self.run).now_or_never();
            match advanced.map(|answer| answer.expect("the ledger answers")) {
                Some(Advance::Stage { steps } | Advance::Unwind { steps }) => {
                    if !steps.iter().all(|item| self.is_heard_to_its_end(item)) {
                        return false;
                    }
                }
                Some(Advance::Pause { seconds }) => self.world.pass(Duration::seconds(seconds)),
                Some(Advance::Finish) => return true,
                None => return false,
            }
        }
        panic!("the run never ends");
    }

    fn is_heard_to_its_end(&self, item: &Item) -> bool {
        for attempt in 0..500 {
            match self.heard(item.step.as_str(), item.issue, attempt) {
                Some(Answer::Pending { wait }) => self.world.pass(wait),
                Some(Answer::Done) => return true,
                None => return false,
            }
        }
        panic!("it never ends: {item:?}");
    }

    /// The whole run.
    pub fn run(&self) {
        for _ in 0..100 {
            match self.advance() {
                Advance::Stage { steps } | Advance::Unwind { steps } => {
                    steps.iter().for_each(|item| self.iterate(item))
                }
                Advance::Pause { seconds } => self.world.pass(Duration::seconds(seconds)),
                Advance::Finish => return,
            }
        }
        panic!("the run never ends");
    }
}

#[async_trait::async_trait(?Send)]
impl Reconcile for Machine {
    async fn reconcile(&self, _: &RunId, step: &Step, since: Timestamp) -> Result<Answer, Fault> {
        // A Lambda that crashes is an invocation without an answer.
        let asked = self.invoke_to(Purpose::Reconcile { since }, step.id.as_str(), step.issues, 0).now_or_never();
        asked.unwrap_or_else(|| Err(Fault::unanswered("the function ended")))
    }
}
