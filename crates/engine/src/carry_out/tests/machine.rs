//! The state machine, as far as it matters for one step.

use std::rc::Rc;

use futures::FutureExt as _;

use super::world::{HealthInWorld, InWorld, LAMBDA, PurgeInWorld, World};
use crate::{
    advance::{Advance, Item, advance},
    carry_out::{Actions, Answer, Call, Env},
    clock::Clock as _,
    duration::Duration,
    fault::Fault,
    journal::Turn,
    testing::{RUN, catalogue::CATALOGUE, id, now},
};

/// The state machine: hands out, invokes, waits, hands out again.
pub struct Machine {
    pub world: Rc<World>,
    actions: Actions,
}

impl Machine {
    pub fn new(world: &Rc<World>) -> Self {
        let actions = Actions::new()
            .change(InWorld(world.clone()))
            .check(HealthInWorld(world.clone()))
            .command(PurgeInWorld(world.clone()));
        Self { world: world.clone(), actions }
    }

    /// `Advance`.
    pub fn advance(&self) -> Advance {
        now(advance(&self.world.ledger, &CATALOGUE, &*self.world, &id(RUN))).expect("the ledger answers")
    }

    /// Hands the next steps out.
    pub fn issue(&self) -> Vec<Item> {
        match self.advance() {
            Advance::Stage { steps } => steps,
            other => panic!("nothing to hand out: {other:?}"),
        }
    }

    /// One invocation, begun now and not polled yet. What it gives: its answer, or a fault.
    pub async fn invoke(&self, step: &str, issue: u32, attempt: u32) -> Result<Answer, Fault> {
        let deadline = self.world.now() + LAMBDA.signed();
        let call = Call { run: id(RUN), step: id(step), turn: Turn { issue, attempt }, deadline };
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

    /// The whole run.
    pub fn run(&self) {
        for _ in 0..100 {
            match self.advance() {
                Advance::Stage { steps } => steps.iter().for_each(|item| self.iterate(item)),
                Advance::Pause { seconds } => self.world.pass(Duration::seconds(seconds)),
                Advance::Finish => return,
            }
        }
        panic!("the run never ends");
    }
}
