//! Cut anywhere: a whole run is stopped after each write of its journal, in each of its calls, and brought to its end from
//! outside. It is gone on with, or taken back, and the world is as if it had never been cut.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{
    machine::Machine,
    world::{Trouble, World, on_the_panel, sets},
};
use crate::{
    journal::{Mode, Outcome, Run, Status, Step},
    ledger::Ledger as _,
    plan::{Expansion, OnFailure},
    resume::carry_over,
    testing::{RUN, id, now, steps_stage},
    undo::{Chosen, undoing},
};

fn before() -> Value {
    json!({"rate": 1000, "flag": false, "code": "old"})
}

fn after() -> Value {
    json!({"rate": 50, "flag": true, "code": "new", "extra": 1})
}

fn steps(policy: OnFailure) -> Vec<Step> {
    let at = |stage, step| Step { stage, on_failure: policy, ..on_the_panel(step) };
    vec![
        at(0, sets("down", &json!({"rate": 1}))),
        at(1, sets("code", &json!({"code": "new", "extra": 1}))),
        at(2, sets("flag", &json!({"flag": true}))),
        at(3, sets("up", &json!({"rate": 50}))),
    ]
}

fn begun(policy: OnFailure) -> (Rc<World>, Machine) {
    let world = World::new(&before(), steps(policy));
    (world.clone(), Machine::new(&world))
}

/// Runs until the journal has been written so often; then nothing of the run goes on, as if its execution had been
/// stopped and its functions killed. Whether it came to that.
fn cut_after_write(world: &Rc<World>, machine: &Machine, write: usize) -> bool {
    world.ledger.cut_after(write);
    let finished = machine.run_until_cut();
    world.ledger.mend();
    !finished
}

/// A run that goes on with one that has ended, as `Prepare` makes it.
fn resumed(machine: &Machine) -> Machine {
    let earlier = machine.journal();
    let stages = (0..4).map(|stage| steps_stage(&format!("stage {stage}"))).collect();
    let mut expansion = Expansion { stages, steps: steps(OnFailure::Halt), ..Expansion::default() };
    carry_over(&earlier, &mut expansion).expect("something is left to do");
    let run = Run {
        id: id("resumed"),
        revision: 0,
        outcome: None,
        refusal: None,
        stages: expansion.stages,
        follows: Some(id(RUN)),
        ..earlier.run
    };
    let ledger = &machine.world.ledger;
    now(ledger.create_run(&run)).expect("created");
    now(ledger.plan_steps(&run.id, &expansion.steps)).expect("planned");
    Machine::of(&machine.world, "resumed")
}

/// Every cut of a run, after each write of the journal and in each call.
fn every_cut(policy: OnFailure, then: impl Fn(&Rc<World>, Machine, &str)) -> usize {
    let mut cuts = 0;
    for write in 1.. {
        let (world, machine) = begun(policy);
        if !cut_after_write(&world, &machine, write) {
            break;
        }
        cuts += 1;
        then(&world, machine, &format!("cut after write {write}"));
    }
    let calls = {
        let (world, machine) = begun(policy);
        machine.run();
        world.calls()
    };
    for call in 0..calls {
        for trouble in [Trouble::CrashBefore, Trouble::CrashAfter] {
            let (world, machine) = begun(policy);
            world.goes_wrong(call, trouble.clone());
            assert!(!machine.run_until_cut(), "call {call}");
            cuts += 1;
            then(&world, machine, &format!("{trouble:?} at call {call}"));
        }
    }
    cuts
}

#[test]
fn a_run_that_was_cut_anywhere_is_gone_on_with_to_the_same_end() {
    let cuts = every_cut(OnFailure::Halt, |world, machine, cut| {
        let outcome = machine.outcome();
        if outcome == Outcome::Completed {
            assert_eq!(world.panel(), after(), "{cut}");
            return;
        }
        let run = resumed(&machine);
        run.run();
        assert_eq!(run.outcome(), Outcome::Completed, "{cut}: {:#?}", run.journal().steps);
        assert_eq!(world.panel(), after(), "{cut}");
    });
    assert!(cuts > 30, "only {cuts} cuts");
}

#[test]
fn a_run_that_was_cut_anywhere_goes_back_to_how_it_was() {
    every_cut(OnFailure::Halt, |world, machine, cut| {
        machine.outcome();
        if undoing(&machine.journal(), &Chosen::All, 0).steps.is_empty() {
            assert_eq!(world.panel(), before(), "{cut}: nothing to undo, and something has changed");
            return;
        }
        let undo = machine.undo("undo-1");
        undo.run();
        assert_eq!(undo.outcome(), Outcome::Completed, "{cut}: {:#?}", undo.journal().steps);
        assert_eq!(world.panel(), before(), "{cut}");
    });
}

#[test]
fn an_undo_that_was_cut_anywhere_is_begun_again_and_comes_to_the_same_end() {
    for write in 1.. {
        let (world, machine) = begun(OnFailure::Halt);
        machine.run();
        assert_eq!(machine.outcome(), Outcome::Completed);
        let undo = machine.undo("undo-1");
        let cut = cut_after_write(&world, &undo, write);
        undo.outcome();
        let again = machine.undo("undo-2");
        again.run();
        assert_eq!(again.outcome(), Outcome::Completed, "cut after write {write}: {:#?}", again.journal().steps);
        assert_eq!(world.panel(), before(), "cut after write {write}");
        if !cut {
            break;
        }
    }
}

#[test]
fn a_run_that_was_cut_while_it_unwound_is_taken_back_by_an_undo() {
    let failing = || {
        let (world, machine) = begun(OnFailure::Unwind);
        world.refuse_from(&json!({"flag": true}));
        (world, machine)
    };
    for write in 1.. {
        let (world, machine) = failing();
        let cut = cut_after_write(&world, &machine, write);
        let outcome = machine.outcome();
        if !cut {
            assert_eq!(outcome, Outcome::Unwound);
            assert_eq!(world.panel(), before());
            break;
        }
        if !undoing(&machine.journal(), &Chosen::All, 0).steps.is_empty() {
            let undo = machine.undo("undo-1");
            undo.run();
            assert_eq!(undo.outcome(), Outcome::Completed, "cut after write {write}");
        }
        assert_eq!(world.panel(), before(), "cut after write {write}: {:#?}", machine.journal().steps);
    }
}

#[test]
fn what_was_concluded_stays_so_whatever_comes_late() {
    every_cut(OnFailure::Halt, |world, machine, cut| {
        machine.outcome();
        let (panel, journal) = (world.panel(), machine.journal());
        // A redrive: the execution goes on where it was.
        assert_eq!(machine.advance(), crate::advance::Advance::Finish, "{cut}");
        for step in &journal.steps {
            for attempt in [0, 1] {
                machine.heard(step.id.as_str(), step.issues.max(1), attempt);
            }
        }
        assert_eq!(world.panel(), panel, "{cut}");
        assert_eq!(machine.journal(), journal, "{cut}");
        assert!(journal.steps.iter().all(|step| step.status.is_final() && step.status != Status::Issued));
        assert_eq!(journal.run.request.mode, Mode::Apply);
    });
}
