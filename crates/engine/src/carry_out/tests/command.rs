//! Commands: recorded before they are sent; what may not be repeated is not.

use std::rc::Rc;

use serde_json::json;

use super::{
    machine::Machine,
    world::{Trouble, World},
};
use crate::{
    action::{Nature, Repeat},
    carry_out::Answer,
    code::Code,
    journal::{Status, Step},
    testing::step,
};

fn purge() -> Step {
    Step { uses: "cache/purge".into(), nature: Nature::Command, with: json!({"paths": ["/*"]}), ..step("purge", 0) }
}

fn sent(repeat: Repeat, troubles: &[Trouble]) -> (Rc<World>, Step) {
    let world = World::new(&json!({}), vec![purge()]);
    world.repeat.set(repeat);
    for (call, trouble) in troubles.iter().enumerate() {
        world.goes_wrong(call, trouble.clone());
    }
    Machine::new(&world).run();
    let row = world.row("purge");
    (world, row)
}

#[test]
fn is_sent_once_and_keeps_what_it_was_told() {
    let (world, row) = sent(Repeat::Never, &[]);
    assert_eq!((row.status, row.facts), (Status::Applied, json!({"id": "I1"}).as_object().cloned()));
    assert_eq!(world.carried_out.borrow().len(), 1);
    assert_eq!(world.ledger.writes(), 4);
}

#[test]
fn throttled_it_is_sent_again_whatever_it_is() {
    for repeat in [Repeat::Never, Repeat::Safe] {
        let (world, row) = sent(repeat, &[Trouble::Throttled, Trouble::Throttled]);
        assert_eq!(row.status, Status::Applied);
        assert_eq!(world.carried_out.borrow().len(), 1);
    }
}

#[test]
fn refused_it_has_failed() {
    let (_, row) = sent(Repeat::Safe, &[Trouble::Refused]);
    assert_eq!((row.status, row.conclusion.expect("one").code), (Status::Failed, Some(Code::Refused)));
}

#[test]
fn lost_it_is_sent_again_only_if_that_is_safe() {
    for trouble in [Trouble::RequestLost, Trouble::ResponseLost, Trouble::CrashBefore, Trouble::CrashAfter] {
        let (world, row) = sent(Repeat::Safe, std::slice::from_ref(&trouble));
        assert_eq!(row.status, Status::Applied, "{trouble:?}");
        assert!(!world.carried_out.borrow().is_empty());

        let (world, row) = sent(Repeat::Never, std::slice::from_ref(&trouble));
        assert_eq!(row.status, Status::Unknown, "{trouble:?}");
        assert!(world.carried_out.borrow().len() <= 1);
        assert_eq!(row.conclusion.expect("one").code, Some(Code::OutcomeUnknown));
    }
}

#[test]
fn refused_after_it_may_have_arrived_is_not_a_failure_but_unknown() {
    let (world, row) = sent(Repeat::Safe, &[Trouble::ResponseLost, Trouble::Refused]);
    assert_eq!(row.status, Status::Unknown);
    assert_eq!(world.carried_out.borrow().len(), 1);
    let (_, row) = sent(Repeat::Safe, &[Trouble::ResponseLost, Trouble::Throttled, Trouble::Refused]);
    assert_eq!(row.status, Status::Unknown);
}

#[test]
fn a_repeat_of_an_invocation_that_is_sending_does_not_send() {
    let world = World::new(&json!({}), vec![purge()]);
    world.repeat.set(Repeat::Safe);
    let machine = Machine::new(&world);
    machine.issue();
    world.goes_wrong(0, Trouble::CrashBefore);
    assert_eq!(machine.heard("purge", 1, 0), None);
    for attempt in [0, 0, 1] {
        assert!(matches!(machine.heard("purge", 1, attempt), Some(Answer::Pending { .. })));
    }
    assert!(world.carried_out.borrow().is_empty());
}
