//! Invocations that are repeated, late, lost, or side by side.

use std::rc::Rc;

use futures::FutureExt as _;
use serde_json::json;

use super::{
    machine::Machine,
    world::{LAMBDA, Trouble, World, sets},
};
use crate::{
    advance::{Advance, Item},
    carry_out::Answer,
    conclude::Closed,
    duration::Duration,
    journal::{Outcome, Status},
    testing::id,
};

fn world() -> (Rc<World>, Machine) {
    let world = World::new(&json!({"a": 1}), vec![sets("one", &json!({"a": 2}))]);
    let machine = Machine::new(&world);
    machine.issue();
    (world, machine)
}

fn second(seconds: u32) -> Duration {
    Duration::seconds(seconds)
}

/// What is left to the iteration whose next attempt is this one.
fn from_attempt(attempt: u32) -> Item {
    Item { step: id("one"), function: crate::action::Host::Traffic, issue: 1, attempt }
}

fn assert_written_once(world: &World) {
    assert_eq!(world.row("one").status, Status::Applied, "{:?}", world.row("one").conclusion);
    assert_eq!(*world.carried_out.borrow(), [r#"{"a":2}"#]);
}

#[test]
fn two_invocations_of_one_turn_at_once_write_once() {
    // The first is held before each of its calls in turn, while the second runs.
    for call in 0..6 {
        let (world, machine) = world();
        world.goes_wrong(call, Trouble::Held);
        let mut first = Box::pin(machine.invoke("one", 1, 0));
        assert!((&mut first).now_or_never().is_none());
        let second = machine.heard("one", 1, 0);
        world.release();
        let first = first.now_or_never().expect("it ends").expect("the ledger answers");
        let attempt = match (first, second) {
            (Answer::Done, _) | (_, Some(Answer::Done)) => None,
            (_, Some(Answer::Pending { wait })) => {
                world.pass(wait);
                Some(1)
            }
            (_, None) => panic!("the second was lost"),
        };
        if let Some(attempt) = attempt {
            machine.iterate(&from_attempt(attempt));
        }
        assert_written_once(&world);
    }
}

#[test]
fn a_repeat_of_an_invocation_that_is_writing_waits_for_its_deadline() {
    let (world, machine) = world();
    world.goes_wrong(4, Trouble::CrashBefore);
    assert_eq!(machine.heard("one", 1, 0), None);
    let Some(Answer::Pending { wait }) = machine.heard("one", 1, 0) else { panic!("it went on") };
    assert!(wait > LAMBDA, "{wait}");
    assert!(world.carried_out.borrow().is_empty());
    // Nobody has heard the first one: as it is as it was, it is written, and not taken for gone back.
    world.pass(wait);
    machine.iterate(&from_attempt(1));
    assert_written_once(&world);
}

#[test]
fn a_repeat_that_comes_when_the_first_ones_time_is_over_goes_on_at_once() {
    let (world, machine) = world();
    world.goes_wrong(4, Trouble::CrashBefore);
    assert_eq!(machine.heard("one", 1, 0), None);
    world.pass(second(120));
    assert_eq!(machine.heard("one", 1, 0), Some(Answer::Done));
    assert_written_once(&world);
}

#[test]
fn a_repeat_of_an_invocation_that_has_ended_the_step_does_nothing() {
    let (world, machine) = world();
    assert_eq!(machine.heard("one", 1, 0), Some(Answer::Done));
    let writes = world.ledger.writes();
    for _ in 0..2 {
        assert_eq!(machine.heard("one", 1, 0), Some(Answer::Done));
        world.pass(second(600));
    }
    assert_eq!(world.ledger.writes(), writes);
    assert_written_once(&world);
}

#[test]
fn a_later_turn_concludes_nothing_bad_while_an_earlier_one_may_be_writing() {
    // The first invocation hangs before its first look; its repeat finds the panel busy and is heard.
    let (world, machine) = world();
    world.goes_wrong(0, Trouble::Held);
    world.goes_wrong(5, Trouble::Held);
    let mut first = Box::pin(machine.invoke("one", 1, 0));
    assert!((&mut first).now_or_never().is_none());
    world.busy_until.set(crate::testing::at(5));
    let Some(Answer::Pending { wait }) = machine.heard("one", 1, 0) else { panic!("it went on") };
    world.pass(wait);
    // Now the first one wakes, sets out, and hangs in the middle of its write.
    world.release();
    assert!((&mut first).now_or_never().is_some(), "released for good");
    assert_written_once(&world);
    assert_eq!(machine.heard("one", 1, 1), Some(Answer::Done));
}

#[test]
fn an_earlier_turn_that_is_writing_is_not_overtaken() {
    let (world, machine) = world();
    world.goes_wrong(4, Trouble::Held);
    let mut first = Box::pin(machine.invoke("one", 1, 0));
    assert!((&mut first).now_or_never().is_none());
    assert_eq!(world.row("one").status, Status::Started);
    for attempt in 1..8 {
        assert!(matches!(machine.heard("one", 1, attempt), Some(Answer::Pending { .. })));
        world.pass(second(5));
    }
    assert!(world.carried_out.borrow().is_empty());
    world.release();
    assert!((&mut first).now_or_never().is_some());
    assert_eq!(machine.heard("one", 1, 8), Some(Answer::Done));
    assert_written_once(&world);
}

#[test]
fn a_step_whose_lambda_was_lost_is_handed_out_again_after_its_deadline() {
    for crash in [Trouble::CrashBefore, Trouble::CrashAfter] {
        let (world, machine) = world();
        world.goes_wrong(4, crash);
        assert_eq!(machine.heard("one", 1, 0), None);
        let until = world.row("one").until.expect("started");
        let Advance::Pause { seconds } = machine.advance() else { panic!("it is handed out too early") };
        world.pass(second(seconds));
        let item = machine.issue().remove(0);
        assert!(crate::clock::Clock::now(&*world) > until);
        assert_eq!(item.issue, 2);
        machine.iterate(&item);
        assert_written_once(&world);
    }
}

#[test]
fn a_step_that_was_never_begun_is_handed_out_again_at_once() {
    let (world, machine) = world();
    world.goes_wrong(1, Trouble::CrashBefore);
    assert_eq!(machine.heard("one", 1, 0), None);
    let item = machine.issue().remove(0);
    assert_eq!(item.issue, 2);
    machine.iterate(&item);
    assert_written_once(&world);
}

#[test]
fn an_invocation_that_begins_after_a_newer_issue_does_nothing() {
    let (world, machine) = world();
    machine.issue();
    let calls = world.calls();
    assert_eq!(machine.heard("one", 1, 0), Some(Answer::Done));
    assert_eq!(world.calls(), calls);
    assert_eq!(world.row("one").status, Status::Issued);
}

#[test]
fn an_invocation_that_is_overtaken_by_a_newer_issue_writes_nothing() {
    for call in 0..4 {
        let (world, machine) = world();
        world.goes_wrong(call, Trouble::Held);
        let mut first = Box::pin(machine.invoke("one", 1, 0));
        assert!((&mut first).now_or_never().is_none());
        machine.issue();
        world.release();
        assert_eq!(first.now_or_never().expect("it ends").expect("the ledger answers"), Answer::Done);
        assert!(world.carried_out.borrow().is_empty(), "held at {call}");
        assert_eq!(world.row("one").status, Status::Issued);
    }
}

#[test]
fn an_invocation_that_is_overtaken_by_the_runs_end_writes_nothing() {
    for call in 0..4 {
        let (world, machine) = world();
        world.goes_wrong(call, Trouble::Held);
        let mut first = Box::pin(machine.invoke("one", 1, 0));
        assert!((&mut first).now_or_never().is_none());
        assert!(matches!(machine.close(), Closed::Outcome(_)));
        world.release();
        assert_eq!(first.now_or_never().expect("it ends").expect("the ledger answers"), Answer::Done);
        assert!(world.carried_out.borrow().is_empty(), "held at {call}");
        assert_eq!(world.row("one").status, Status::Closed);
        assert_eq!(machine.heard("one", 1, 0), Some(Answer::Done));
    }
}

#[test]
fn a_run_is_not_concluded_while_an_invocation_may_be_writing() {
    let (world, machine) = world();
    world.goes_wrong(4, Trouble::Held);
    let mut first = Box::pin(machine.invoke("one", 1, 0));
    assert!((&mut first).now_or_never().is_none());
    let until = world.row("one").until.expect("started");
    assert_eq!(machine.close(), Closed::StillUnderWay(until));
    world.release();
    assert!((&mut first).now_or_never().is_some());
    let Closed::Outcome(journal) = machine.close() else { panic!("not closed") };
    assert_eq!(journal.steps[0].status, Status::Applied);
}

/// A run whose execution ended right after the write, and what its end makes of the step.
fn left_behind(then: impl FnOnce(&World)) -> (Rc<World>, Machine) {
    let (world, machine) = world();
    world.goes_wrong(5, Trouble::CrashBefore);
    assert_eq!(machine.heard("one", 1, 0), None);
    assert!(matches!(machine.close(), Closed::StillUnderWay(_)), "the invocation may still be at it");
    then(&world);
    (world, machine)
}

#[test]
fn what_a_run_left_behind_is_found_out_by_reading() {
    let (world, machine) = left_behind(|_| ());
    assert_eq!(machine.outcome(), Outcome::Completed);
    assert_eq!(world.row("one").status, Status::Applied);
    assert_eq!(machine.heard("one", 1, 1), Some(Answer::Done));
    assert_eq!(world.carried_out.borrow().len(), 1);
}

#[test]
fn what_a_run_left_behind_and_went_back_has_failed() {
    let (world, machine) = left_behind(|world| world.set(&[("a".to_owned(), json!(1))].into()));
    assert_eq!(machine.outcome(), Outcome::Halted);
    assert_eq!(world.row("one").status, Status::Failed);
}

#[test]
fn what_nobody_can_read_is_unknown_when_the_run_has_ended() {
    let (world, machine) = left_behind(|world| world.broken.set(true));
    assert_eq!(machine.outcome(), Outcome::Halted);
    assert_eq!(world.row("one").status, Status::Unknown);
    // It has said until when nobody could be writing, and has waited for it.
    assert!(world.row("one").until < world.row("one").ended_at);
}

#[test]
fn a_step_that_is_always_lost_is_given_up_and_says_what_is_known() {
    let (world, machine) = world();
    (0..100).for_each(|call| drop(world.goes_wrong(call, Trouble::CrashBefore)));
    machine.run();
    let row = world.row("one");
    assert_eq!((row.status, row.issues), (Status::Failed, 3));
    assert!(row.conclusion.expect("one").says.ends_with("nothing was changed"));

    let (world, machine) = self::world();
    (4..100).for_each(|call| drop(world.goes_wrong(call, Trouble::CrashAfter)));
    machine.run();
    let row = world.row("one");
    assert_eq!((row.status, row.issues), (Status::Unknown, 3));
    assert!(row.conclusion.expect("one").says.contains("nobody can tell"));
}

#[test]
fn a_row_that_took_long_to_write_leaves_no_time_for_the_effect() {
    let (world, machine) = world();
    world.ledger_takes(second(45));
    assert_eq!(machine.heard("one", 1, 0), Some(Answer::Pending { wait: second(1) }));
    assert_eq!(world.row("one").status, Status::Started);
    assert!(world.carried_out.borrow().is_empty());
    // It has told that it did not write: the next invocation does, at once, and does not take it for gone back.
    world.ledger_takes(Duration::ZERO);
    assert_eq!(machine.heard("one", 1, 1), Some(Answer::Done));
    assert_written_once(&world);
}
