//! Checks: when they wait, and when they do not.

use std::rc::Rc;

use serde_json::json;

use super::{
    machine::Machine,
    world::{Trouble, World, sets},
};
use crate::{
    action::{Finding, Nature, Verdict},
    clock::Clock as _,
    code::Code,
    duration::Duration,
    journal::{Status, Step},
    testing::{at, id, step},
};

fn check(within: Option<u32>, every: Option<u32>) -> Step {
    Step {
        uses: "http/health".into(),
        nature: Nature::Check,
        with: json!({"url": "https://example.com"}),
        within: within.map(Duration::seconds),
        every: every.map(Duration::seconds),
        ..step("healthy", 0)
    }
}

fn judged(step: Step, findings: &[Finding]) -> (Rc<World>, Step) {
    let world = World::new(&json!({}), vec![step]);
    world.verdicts.borrow_mut().extend(findings.iter().map(|finding| Verdict::new(*finding, format!("{finding:?}"))));
    Machine::new(&world).run();
    let row = world.row("healthy");
    (world, row)
}

fn code(row: &Step) -> Option<Code> {
    row.conclusion.as_ref().and_then(|conclusion| conclusion.code)
}

#[test]
fn passes_at_once_and_writes_only_its_end() {
    let world = World::new(&json!({}), vec![check(None, None)]);
    world.verdicts.borrow_mut().push_back(Verdict::new(Finding::Pass, "answered 200").observing("status_code", 200));
    Machine::new(&world).run();
    let row = world.row("healthy");
    assert_eq!(row.status, Status::Passed);
    assert_eq!(row.facts, json!({"status_code": 200}).as_object().cloned());
    assert_eq!(row.conclusion.expect("one").says, "answered 200");
    assert_eq!(world.ledger.writes(), 3, "planned, issued, ended");
}

#[test]
fn without_time_to_wait_it_fails_at_once() {
    let (world, row) = judged(check(None, None), &[Finding::Fail, Finding::Pass]);
    assert_eq!((row.status, code(&row)), (Status::Failed, Some(Code::CheckFailed)));
    assert_eq!(world.calls(), 1);
}

#[test]
fn with_time_it_looks_every_so_often_until_it_passes() {
    let (world, row) = judged(check(Some(60), Some(10)), &[Finding::Fail, Finding::Inconclusive, Finding::Pass]);
    assert_eq!(row.status, Status::Passed);
    assert_eq!(world.now(), at(20));
    assert_eq!(world.ledger.writes(), 3, "looking again writes nothing");
}

#[test]
fn the_last_look_falls_on_the_end_of_its_time() {
    let (world, row) = judged(check(Some(25), Some(10)), &[Finding::Fail; 9]);
    assert_eq!(row.status, Status::Failed);
    assert_eq!(world.calls(), 4, "at 0, 10, 20 and 25 seconds");
    assert_eq!(row.conclusion.expect("one").says, "Fail (waited 25s)");
}

#[test]
fn what_waiting_cannot_mend_fails_at_once() {
    let (world, row) = judged(check(Some(60), Some(10)), &[Finding::FailForGood, Finding::Pass]);
    assert_eq!(row.status, Status::Failed);
    assert_eq!(world.calls(), 1);
}

#[test]
fn no_data_is_no_verdict() {
    let (_, row) = judged(check(Some(30), Some(10)), &[]);
    assert_eq!((row.status, code(&row)), (Status::Inconclusive, Some(Code::CheckInconclusive)));
    assert!(!row.status.is_good());
}

#[test]
fn a_fault_that_passes_is_waited_out_even_by_a_check_without_time() {
    let world = World::new(&json!({}), vec![check(None, None)]);
    world.verdicts.borrow_mut().push_back(Verdict::new(Finding::Pass, "fine"));
    world.goes_wrong(0, Trouble::Throttled).goes_wrong(1, Trouble::ResponseLost);
    Machine::new(&world).run();
    assert_eq!(world.row("healthy").status, Status::Passed);
}

#[test]
fn a_fault_that_stays_is_no_pass() {
    for trouble in [Trouble::Refused, Trouble::Throttled] {
        let world = World::new(&json!({}), vec![check(None, None)]);
        (0..1000).for_each(|call| drop(world.goes_wrong(call, trouble.clone())));
        Machine::new(&world).run();
        assert_eq!(world.row("healthy").status, Status::Failed);
        assert!(world.now() < at(200));
    }
}

#[test]
fn its_window_begins_when_the_rung_was_reached() {
    let guard = Step { stage: 1, since: Some(id("rung")), ..check(None, None) };
    let world = World::new(&json!({}), vec![sets("rung", &json!({"rate": 10})), guard]);
    world.verdicts.borrow_mut().push_back(Verdict::new(Finding::Pass, "fine"));
    Machine::new(&world).run();
    assert_eq!(world.since.get(), world.row("rung").ended_at);
}

#[test]
fn a_check_that_is_always_lost_has_failed_and_stays_a_check() {
    let world = World::new(&json!({}), vec![check(None, None)]);
    (0..100).for_each(|call| drop(world.goes_wrong(call, Trouble::CrashBefore)));
    Machine::new(&world).run();
    assert_eq!((world.row("healthy").status, world.row("healthy").issues), (Status::Failed, 3));
}
