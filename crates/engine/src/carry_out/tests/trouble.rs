//! One call of a change goes wrong.

use serde_json::{Value, json};

use super::{
    machine::Machine,
    world::{Trouble, World, sets},
};
use crate::{
    carry_out::Answer,
    code::Code,
    duration::Duration,
    journal::{Status, Step},
};

/// The calls of an undisturbed change of two parts: read, look up, keep both ends, write two halves, read.
const READ: usize = 0;
const LOOK_UP: usize = 1;
const KEEP: usize = 2;
const FIRST_HALF: usize = 4;
const SECOND_HALF: usize = 5;
const READ_BACK: usize = 6;

/// A change of two parts, in which these calls go wrong: the row, the panel, and what was carried out.
fn troubled(troubles: &[(usize, Trouble)]) -> (Step, Value, Vec<String>) {
    let world = World::new(&json!({"a": 1, "b": 1}), vec![sets("both", &json!({"a": 2, "b": 2}))]);
    for (call, trouble) in troubles {
        world.goes_wrong(*call, trouble.clone());
    }
    Machine::new(&world).run();
    (world.row("both"), world.panel(), world.carried_out.take())
}

fn assert_applied((row, panel, carried_out): &(Step, Value, Vec<String>), writes: &[&str]) {
    assert_eq!(row.status, Status::Applied, "{:?}", row.conclusion);
    assert_eq!(*panel, json!({"a": 2, "b": 2}));
    assert_eq!(carried_out, writes);
}

const BOTH: [&str; 2] = [r#"{"a":2}"#, r#"{"b":2}"#];

#[test]
fn the_undisturbed_change() {
    assert_applied(&troubled(&[]), &BOTH);
}

#[test]
fn throttled_anywhere_it_is_tried_again() {
    for call in [READ, LOOK_UP, KEEP, KEEP + 1, FIRST_HALF, SECOND_HALF, READ_BACK] {
        assert_applied(&troubled(&[(call, Trouble::Throttled)]), &BOTH);
    }
}

#[test]
fn refused_before_the_write_nothing_was_changed() {
    for call in [READ, LOOK_UP, KEEP, KEEP + 1] {
        let (row, panel, carried_out) = troubled(&[(call, Trouble::Refused)]);
        assert_eq!(row.status, Status::Failed);
        assert_eq!(row.conclusion.expect("one").code, Some(Code::Refused));
        assert_eq!(panel, json!({"a": 1, "b": 1}));
        assert!(carried_out.is_empty());
    }
}

#[test]
fn refused_at_the_write_it_has_failed_with_the_services_words() {
    let (row, panel, carried_out) = troubled(&[(FIRST_HALF, Trouble::Refused)]);
    let conclusion = row.conclusion.expect("one");
    assert_eq!(
        (row.status, conclusion.code, conclusion.says.as_str()),
        (Status::Failed, Some(Code::Refused), "access denied")
    );
    assert_eq!(panel, json!({"a": 1, "b": 1}));
    assert!(carried_out.is_empty());
}

#[test]
fn refused_half_way_the_half_is_taken_back() {
    let (row, panel, carried_out) = troubled(&[(SECOND_HALF, Trouble::Refused)]);
    assert_eq!(row.status, Status::Failed);
    assert_eq!(row.conclusion.expect("one").says, "access denied");
    assert_eq!(panel, json!({"a": 1, "b": 1}));
    assert_eq!(carried_out, [r#"{"a":2}"#, r#"{"a":1}"#]);
}

#[test]
fn refused_half_way_where_reads_are_stale_the_half_is_seen_in_time_and_taken_back() {
    let world = World::new(&json!({"a": 1, "b": 1}), vec![sets("both", &json!({"a": 2, "b": 2}))]);
    world.lag.set(Duration::seconds(10));
    world.goes_wrong(SECOND_HALF, Trouble::Refused);
    Machine::new(&world).run();
    assert_eq!(world.row("both").status, Status::Failed);
    assert_eq!(world.panel(), json!({"a": 1, "b": 1}), "it says that it failed, so nothing of it may stand");
}

#[test]
fn a_half_that_may_not_be_taken_back_is_unknown() {
    let (row, panel, _) = troubled(&[(SECOND_HALF, Trouble::Refused), (READ_BACK + 1, Trouble::Refused)]);
    let conclusion = row.conclusion.expect("one");
    assert_eq!((row.status, conclusion.code), (Status::Unknown, Some(Code::OutcomeUnknown)));
    assert!(conclusion.says.contains("could not be taken back"), "{}", conclusion.says);
    assert_eq!(panel, json!({"a": 2, "b": 1}));
}

#[test]
fn taking_back_goes_on_after_any_single_fault_that_passes() {
    let passing =
        [Trouble::Throttled, Trouble::RequestLost, Trouble::ResponseLost, Trouble::CrashBefore, Trouble::CrashAfter];
    for trouble in passing {
        for call in [READ_BACK, READ_BACK + 1, READ_BACK + 2] {
            let (row, panel, _) = troubled(&[(SECOND_HALF, Trouble::Refused), (call, trouble.clone())]);
            assert_eq!(row.status, Status::Failed, "{trouble:?} at {call}: {:?}", row.conclusion);
            assert_eq!(panel, json!({"a": 1, "b": 1}), "{trouble:?} at {call}");
        }
    }
}

#[test]
fn a_lost_request_is_written_again_once_it_would_have_shown() {
    let outcome = troubled(&[(FIRST_HALF, Trouble::RequestLost)]);
    assert_applied(&outcome, &BOTH);
    let row = &outcome.0;
    let waited = Duration::between(row.started_at.expect("started"), row.written_at.expect("written"));
    assert!(waited >= Duration::seconds(30), "{waited}");
}

#[test]
fn a_lost_response_is_found_by_reading() {
    let (row, panel, carried_out) = {
        let world = World::new(&json!({"a": 1}), vec![sets("one", &json!({"a": 2}))]);
        world.goes_wrong(FIRST_HALF, Trouble::ResponseLost);
        Machine::new(&world).run();
        (world.row("one"), world.panel(), world.carried_out.take())
    };
    assert_eq!((row.status, panel), (Status::Applied, json!({"a": 2})));
    assert_eq!(carried_out, [r#"{"a":2}"#], "one write");
}

#[test]
fn a_lost_response_half_way_goes_on_with_the_other_half() {
    assert_applied(&troubled(&[(FIRST_HALF, Trouble::ResponseLost)]), &BOTH);
    assert_applied(&troubled(&[(SECOND_HALF, Trouble::RequestLost)]), &BOTH);
    assert_applied(&troubled(&[(SECOND_HALF, Trouble::ResponseLost)]), &BOTH);
}

#[test]
fn a_stale_read_after_the_write_is_waited_out() {
    assert_applied(&troubled(&[(READ_BACK, Trouble::Stale)]), &BOTH);
}

#[test]
fn somebody_elses_hand_between_the_look_and_the_write_is_seen_after_it() {
    // Their value is overwritten if the service has no revisions: the part is as wanted.
    assert_applied(&troubled(&[(FIRST_HALF, Trouble::Foreign("a", json!(9)))]), &BOTH);
    // A part written before they came is theirs.
    let (row, panel, _) = troubled(&[(SECOND_HALF, Trouble::Foreign("a", json!(9)))]);
    assert_eq!((row.status, panel), (Status::Drifted, json!({"a": 9, "b": 2})));
}

#[test]
fn faults_that_never_pass_end_the_step_when_its_time_is_over() {
    let world = World::new(&json!({"a": 1, "b": 1}), vec![sets("both", &json!({"a": 2, "b": 2}))]);
    (0..10_000).for_each(|call| drop(world.goes_wrong(call, Trouble::Throttled)));
    Machine::new(&world).run();
    let row = world.row("both");
    assert_eq!((row.status, row.conclusion.expect("one").code), (Status::Failed, Some(Code::TimedOut)));
    assert!(world.carried_out.take().is_empty());
}

#[test]
fn reads_that_never_work_again_after_the_write_leave_it_unknown() {
    let world = World::new(&json!({"a": 1, "b": 1}), vec![sets("both", &json!({"a": 2, "b": 2}))]);
    (READ_BACK..10_000).for_each(|call| drop(world.goes_wrong(call, Trouble::Refused)));
    Machine::new(&world).run();
    assert_eq!(world.row("both").status, Status::Unknown);
}

#[test]
fn whoever_was_throttled_waits_until_there_is_room_for_another_call() {
    for call in [READ, LOOK_UP, KEEP, FIRST_HALF, SECOND_HALF, READ_BACK] {
        let world = World::new(&json!({"a": 1, "b": 1}), vec![sets("both", &json!({"a": 2, "b": 2}))]);
        world.goes_wrong(call, Trouble::ThrottledFor(Duration::seconds(40)));
        let machine = Machine::new(&world);
        machine.issue();
        let answer = machine.heard("both", 1, 0);
        assert_eq!(answer, Some(Answer::Pending { wait: Duration::seconds(40) }), "call {call}");
    }
}
