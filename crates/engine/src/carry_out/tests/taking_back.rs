//! Law 3: whatever a run did goes back exactly; what is somebody else's is left as they made it.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{
    machine::Machine,
    world::{Trouble, World, on_the_panel, sets},
};
use crate::{
    code::Code,
    duration::Duration,
    journal::{Outcome, Status, Step},
    plan::OnFailure,
    undo::taking_back,
};

/// Two stages of one change each to the same parts, and one to others.
fn steps(policy: OnFailure) -> Vec<Step> {
    let at = |stage, step| Step { stage, on_failure: policy, ..on_the_panel(step) };
    vec![
        at(0, sets("down", &json!({"rate": 1}))),
        at(1, sets("flag", &json!({"flag": true, "new": [1]}))),
        at(2, sets("up", &json!({"rate": 10}))),
        at(3, sets("higher", &json!({"rate": 50}))),
    ]
}

fn before() -> Value {
    json!({"flag": false, "rate": 1000, "others": "own"})
}

fn done(policy: OnFailure) -> (Rc<World>, Machine) {
    let world = World::new(&before(), steps(policy));
    (world.clone(), Machine::new(&world))
}

fn set(world: &World, part: &str, value: Value) {
    world.set(&[(part.to_owned(), value)].into());
}

fn status(machine: &Machine, step: &str) -> Status {
    machine.journal().steps.iter().find(|row| row.id.as_str() == step).expect(step).status
}

#[test]
fn an_undo_brings_back_what_was_and_an_undo_of_it_what_the_run_had_made() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    assert_eq!(machine.outcome(), Outcome::Completed);
    let after = world.panel();
    world.carried_out.borrow_mut().clear();

    let undo = machine.undo("undo-1");
    undo.run();
    assert_eq!(undo.outcome(), Outcome::Completed);
    assert_eq!(world.panel(), before());
    let writes = world.carried_out.borrow().join(" ");
    assert!(!writes.contains("10}") && !writes.contains("1}"), "a ramp goes back in one move: {writes}");

    let again = undo.undo("undo-2");
    again.run();
    assert_eq!(again.outcome(), Outcome::Completed);
    assert_eq!(world.panel(), after);
}

#[test]
fn what_was_done_first_goes_back_last() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    world.carried_out.borrow_mut().clear();
    machine.undo("undo-1").run();
    let writes = world.carried_out.borrow().join(" ");
    assert!(writes.find("flag") < writes.find("rate"), "{writes}");
}

#[test]
fn a_second_undo_finds_everything_as_it_was_and_changes_nothing() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    machine.undo("undo-1").run();
    world.carried_out.borrow_mut().clear();
    let again = machine.undo("undo-2");
    again.run();
    assert_eq!(again.outcome(), Outcome::Completed);
    assert!(again.journal().steps.iter().all(|step| step.status == Status::InPlace));
    assert!(world.carried_out.borrow().is_empty());
}

#[test]
fn a_part_goes_back_and_then_the_rest_though_the_resource_stands_in_the_middle_of_its_chain() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    let part = machine.undo_part("undo-1", &["up", "higher"]);
    part.run();
    assert_eq!(part.outcome(), Outcome::Completed);
    assert_eq!(world.panel()["rate"], 1, "as `down` had left it");
    let rest = machine.undo("undo-2");
    rest.run();
    assert_eq!(rest.outcome(), Outcome::Completed, "what we left there ourselves is not somebody else's");
    assert_eq!(world.panel(), before());
}

#[test]
fn what_a_later_step_has_changed_again_does_not_go_back_alone() {
    let (_, machine) = done(OnFailure::Halt);
    machine.run();
    let refusal = taking_back(&machine.journal(), &["down".to_owned()]).expect_err("refused");
    assert_eq!(refusal.code, Code::WrongRequest);
    assert_eq!(refusal.what, "`down` cannot go back alone: the same thing was changed after it, by `up`, `higher`");
    assert!(refusal.help.is_some_and(|help| help.contains("--only down --only up --only higher")));
}

#[test]
fn what_somebody_changed_since_is_left_alone_and_the_rest_goes_back() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    set(&world, "flag", json!("theirs"));
    let undo = machine.undo("undo-1");
    undo.run();
    assert_eq!(undo.outcome(), Outcome::CompletedWithWarnings);
    assert_eq!(status(&undo, "undo.flag"), Status::Drifted);
    assert_eq!(world.panel(), json!({"flag": "theirs", "new": [1], "rate": 1000, "others": "own"}));
}

#[test]
fn a_failed_step_unwinds_the_run_and_what_it_had_done_is_gone() {
    let (world, machine) = done(OnFailure::Unwind);
    let calls_of_two = {
        let (world, machine) = done(OnFailure::Unwind);
        for item in machine.issue() {
            machine.iterate(&item);
        }
        for item in machine.issue() {
            machine.iterate(&item);
        }
        world.calls()
    };
    (0..8).for_each(|call| drop(world.goes_wrong(calls_of_two + call, Trouble::Refused)));
    machine.run();
    assert_eq!(machine.outcome(), Outcome::Unwound);
    assert_eq!(world.panel(), before());
    assert_eq!(status(&machine, "up"), Status::Failed);
    assert_eq!(status(&machine, "undo.down"), Status::Undone);
    assert_eq!(status(&machine, "higher"), Status::Closed);
}

#[test]
fn a_run_that_fails_before_it_changed_anything_has_nothing_to_unwind() {
    let (world, machine) = done(OnFailure::Unwind);
    world.goes_wrong(0, Trouble::Refused);
    machine.run();
    assert_eq!(machine.outcome(), Outcome::Unwound);
    assert_eq!(world.panel(), before());
}

#[test]
fn what_will_not_go_back_is_tried_again_and_then_stuck_and_nothing_earlier_is_touched() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    let half_gone = world.panel();
    let calls = world.calls();
    (calls..calls + 200).for_each(|call| drop(world.goes_wrong(call, Trouble::Refused)));
    let begun = crate::clock::Clock::now(&*world);
    let undo = machine.undo("undo-1");
    undo.run();
    assert_eq!(undo.outcome(), Outcome::Stuck);
    assert_eq!(world.panel(), half_gone);
    let (stuck, left) = (status(&undo, "undo.flag"), status(&undo, "undo.down"));
    assert_eq!((stuck, left), (Status::Stuck, Status::Closed));
    let tried = Duration::between(begun, crate::clock::Clock::now(&*world));
    assert!(tried >= Duration::seconds(180), "given up after {tried}");
}

#[test]
fn a_right_that_is_given_meanwhile_is_enough() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    let calls = world.calls();
    (calls..calls + 3).for_each(|call| drop(world.goes_wrong(call, Trouble::Refused)));
    let undo = machine.undo("undo-1");
    undo.run();
    assert_eq!(undo.outcome(), Outcome::Completed);
    assert_eq!(world.panel(), before());
}

#[test]
fn what_nobody_could_tell_goes_back_from_wherever_it_stands() {
    // Lost at the first half of the write, at the second, and after it.
    for call in 4..7 {
        let (world, machine) = done(OnFailure::Unwind);
        let calls = {
            let (world, machine) = done(OnFailure::Unwind);
            machine.issue().iter().for_each(|item| machine.iterate(item));
            world.calls()
        };
        (0..3).for_each(|issue| {
            let first = if issue == 0 { calls + call } else { calls + call + issue };
            world.goes_wrong(first, Trouble::CrashAfter);
        });
        machine.run();
        let outcome = machine.outcome();
        if outcome == Outcome::Unwound {
            assert_eq!(world.panel(), before(), "lost at {call}");
        } else {
            assert_eq!(outcome, Outcome::Completed, "lost at {call}");
        }
    }
}

#[test]
fn any_single_trouble_at_any_call_of_an_undo() {
    let troubles = || {
        [
            Trouble::Throttled,
            Trouble::Refused,
            Trouble::RequestLost,
            Trouble::ResponseLost,
            Trouble::Stale,
            Trouble::CrashBefore,
            Trouble::CrashAfter,
            Trouble::Slow(Duration::seconds(50)),
            Trouble::Foreign("elsewhere", json!(99)),
        ]
    };
    let ran = || {
        let (world, machine) = done(OnFailure::Halt);
        machine.run();
        (world, machine)
    };
    let (world, machine) = ran();
    let first = world.calls();
    machine.undo("undo-1").run();
    for call in first..world.calls() {
        for trouble in troubles() {
            let (world, machine) = ran();
            world.goes_wrong(call, trouble.clone());
            let undo = machine.undo("undo-1");
            undo.run();
            let context = format!("{trouble:?} at call {call}: {:#?}", undo.journal().steps);
            assert_eq!(undo.outcome(), Outcome::Completed, "{context}");
            let mut panel = world.panel();
            panel.as_object_mut().expect("an object").remove("elsewhere");
            assert_eq!(panel, before(), "{context}");
        }
    }
}

#[test]
fn an_undo_without_a_record_of_what_was_there_is_stuck_and_says_so() {
    let (world, machine) = done(OnFailure::Halt);
    machine.run();
    let undo = machine.undo("undo-1");
    world.ledger.forget(&crate::testing::id("run-1"), &crate::testing::id("flag"));
    undo.run();
    assert_eq!(undo.outcome(), Outcome::Stuck);
    let journal = undo.journal();
    let row = journal.steps.iter().find(|row| row.id.as_str() == "undo.flag").expect("a row");
    let conclusion = row.conclusion.clone().expect("one");
    assert!(conclusion.says.contains("did not record"), "{conclusion:?}");
    assert_eq!(conclusion.code, Some(Code::Stuck));
}
