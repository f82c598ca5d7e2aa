//! A change, told as what it does in each circumstance.

use serde_json::json;

use super::{
    machine::Machine,
    world::{World, sets},
};
use crate::{
    carry_out::Answer,
    code::Code,
    duration::Duration,
    journal::{LastWrite, Status, Step},
    testing::id,
};

fn code(row: &Step) -> Option<Code> {
    row.conclusion.as_ref().and_then(|conclusion| conclusion.code)
}

fn says(row: &Step) -> &str {
    row.conclusion.as_ref().map_or("", |conclusion| &conclusion.says)
}

#[test]
fn what_stands_as_wanted_is_left_alone() {
    let world = World::new(&json!({"rate": 10, "burst": 20}), vec![sets("limit", &json!({"rate": 10}))]);
    Machine::new(&world).run();
    let row = world.row("limit");
    assert_eq!(row.status, Status::InPlace);
    assert_eq!((&row.before, &row.after), (&Some(json!({"rate": 10})), &Some(json!({"rate": 10}))));
    assert!(world.carried_out.borrow().is_empty());
}

#[test]
fn what_differs_is_recorded_written_and_read_back() {
    let world = World::new(&json!({"rate": 1000, "other": 1}), vec![sets("limit", &json!({"rate": 10, "new": 1}))]);
    Machine::new(&world).run();
    let row = world.row("limit");
    assert_eq!(row.status, Status::Applied);
    assert_eq!(row.before, Some(json!({"new": null, "rate": 1000})));
    assert_eq!(row.after, Some(json!({"new": 1, "rate": 10})));
    assert_eq!(world.panel(), json!({"rate": 10, "new": 1, "other": 1}));
    assert_eq!(row.facts, json!({"parts": 3}).as_object().cloned());
}

#[test]
fn four_rows_are_written_however_long_it_takes() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    world.lag.set(Duration::seconds(20));
    Machine::new(&world).run();
    assert_eq!(world.row("limit").status, Status::Applied);
    assert!(world.calls() > 10, "it has polled");
    assert_eq!(world.ledger.writes(), 4, "planned, issued, started, ended");
}

#[test]
fn what_is_busy_is_waited_for() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    world.busy_until.set(crate::testing::at(120));
    Machine::new(&world).run();
    let row = world.row("limit");
    assert_eq!(row.status, Status::Applied);
    assert!(row.started_at >= Some(crate::testing::at(120)));
}

#[test]
fn what_stays_busy_fails_and_nothing_was_changed() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    world.busy_until.set(crate::testing::at(100_000));
    Machine::new(&world).run();
    let row = world.row("limit");
    assert_eq!((row.status, code(&row)), (Status::Failed, Some(Code::TimedOut)));
    assert_eq!(says(&row), "the panel is busy: still so after 15m; nothing was changed");
    assert!(world.carried_out.borrow().is_empty());
}

#[test]
fn the_time_a_change_takes_is_its_own_however_long_its_resource_was_busy_before() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    world.busy_until.set(crate::testing::at(899));
    let machine = Machine::new(&world);
    let item = machine.issue().remove(0);
    world.pass(Duration::seconds(899));
    assert!(matches!(machine.heard("limit", item.issue, 0), Some(Answer::Done)));

    // Its own change keeps the resource busy, beyond what was left of the time to begin.
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    world.pass(Duration::seconds(899));
    world.lag.set(Duration::seconds(10));
    assert!(matches!(machine.heard("limit", 1, 0), Some(Answer::Pending { .. })));
    world.busy_until.set(crate::testing::at(1_200));
    world.pass(Duration::seconds(60));
    assert!(matches!(machine.heard("limit", 1, 1), Some(Answer::Pending { .. })));
    world.pass(Duration::seconds(300));
    assert!(matches!(machine.heard("limit", 1, 2), Some(Answer::Done)));
    assert_eq!(world.row("limit").status, Status::Applied);
}

#[test]
fn what_is_broken_before_the_write_fails_and_after_it_is_unknown() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    world.broken.set(true);
    Machine::new(&world).run();
    assert_eq!(world.row("limit").status, Status::Failed);
    assert_eq!(says(&world.row("limit")), "the panel is on fire; nothing was changed");

    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    world.lag.set(Duration::seconds(10));
    assert!(matches!(machine.heard("limit", 1, 0), Some(Answer::Pending { .. })));
    world.broken.set(true);
    (1..100).find(|attempt| {
        world.pass(Duration::seconds(1));
        machine.heard("limit", 1, *attempt) == Some(Answer::Done)
    });
    assert_eq!((world.row("limit").status, code(&world.row("limit"))), (Status::Unknown, Some(Code::OutcomeUnknown)));
}

#[test]
fn what_was_accepted_and_went_back_has_failed() {
    let world = World::new(&json!({"rate": 1}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    world.lag.set(Duration::seconds(2));
    assert!(matches!(machine.heard("limit", 1, 0), Some(Answer::Pending { .. })));
    // An alarm reverts it before anybody has seen it.
    world.set(&[("rate".to_owned(), json!(1))].into());
    machine.iterate(&crate::advance::Item {
        step: id("limit"),
        function: crate::action::Host::Traffic,
        issue: 1,
        attempt: 1,
    });
    let row = world.row("limit");
    assert_eq!((row.status, code(&row)), (Status::Failed, Some(Code::WentBack)));
    assert_eq!(world.carried_out.borrow().len(), 1, "it is not fought over");
}

#[test]
fn somebody_elses_change_is_left_as_they_made_it() {
    let world = World::new(&json!({"rate": 1}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    world.lag.set(Duration::seconds(2));
    assert!(matches!(machine.heard("limit", 1, 0), Some(Answer::Pending { .. })));
    world.set(&[("rate".to_owned(), json!(77))].into());
    machine.iterate(&crate::advance::Item {
        step: id("limit"),
        function: crate::action::Host::Traffic,
        issue: 1,
        attempt: 1,
    });
    let row = world.row("limit");
    assert_eq!((row.status, code(&row)), (Status::Drifted, Some(Code::Drift)));
    assert_eq!(row.facts, json!({"found": {"rate": 77}}).as_object().cloned());
    assert_eq!(world.panel(), json!({"rate": 77}));
}

#[test]
fn a_part_that_the_step_does_not_name_may_change_at_any_time() {
    let world = World::new(&json!({"rate": 1}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    world.lag.set(Duration::seconds(2));
    assert!(matches!(machine.heard("limit", 1, 0), Some(Answer::Pending { .. })));
    world.set(&[("colour".to_owned(), json!("red"))].into());
    machine.run();
    assert_eq!(world.row("limit").status, Status::Applied);
    assert_eq!(world.panel(), json!({"rate": 10, "colour": "red"}));
}

#[test]
fn parameters_of_another_form_fail_before_anything_is_read() {
    let world = World::new(&json!({}), vec![Step { with: json!({"sett": {}}), ..sets("limit", &json!({})) }]);
    Machine::new(&world).run();
    let row = world.row("limit");
    assert_eq!((row.status, code(&row)), (Status::Failed, Some(Code::WrongStep)));
    assert_eq!(world.calls(), 0);
}

#[test]
fn parameters_that_cannot_be_read_any_more_leave_what_was_begun_unknown() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    world.lag.set(Duration::seconds(10));
    assert!(matches!(machine.heard("limit", 1, 0), Some(Answer::Pending { .. })));
    let row = world.row("limit");
    let other = Step { with: json!({"sett": {}}), revision: row.revision + 1, ..row.clone() };
    crate::testing::now(crate::ledger::Ledger::save_step(&world.ledger, &id(crate::testing::RUN), &row, &other))
        .expect("saved");
    assert_eq!(machine.heard("limit", 1, 1), Some(Answer::Done));
    assert_eq!(world.row("limit").status, Status::Unknown);
}

#[test]
fn the_original_is_what_the_first_step_found_even_if_that_was_nothing() {
    let down = sets("down", &json!({"rate": 1, "note": "x"}));
    let up = Step { stage: 1, original_of: Some(id("down")), ..sets("up", &json!({"rate": 5, "note": "y"})) };
    let world = World::new(&json!({"rate": 1000}), vec![down, up]);
    Machine::new(&world).run();
    assert_eq!(world.row("up").status, Status::Applied);
    assert_eq!(world.panel(), json!({"rate": 1000}));
}

#[test]
fn an_original_that_an_earlier_run_has_changed_is_not_known() {
    let down = sets("down", &json!({"rate": 1}));
    let up = Step { stage: 1, original_of: Some(id("down")), ..sets("up", &json!({"rate": 5})) };
    let world = World::new(&json!({"rate": 1}), vec![down, up]);
    Machine::new(&world).run();
    assert_eq!(world.row("down").status, Status::InPlace);
    let row = world.row("up");
    assert_eq!((row.status, code(&row)), (Status::Failed, Some(Code::Refused)));
    assert!(says(&row).contains("`down` found it changed already"), "{}", says(&row));
}

#[test]
fn with_too_little_time_left_nothing_is_written_until_the_next_invocation() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    // The first look takes most of the invocation.
    world.next_goes_wrong(super::world::Trouble::Slow(Duration::seconds(45)));
    assert_eq!(machine.heard("limit", 1, 0), Some(Answer::Pending { wait: Duration::seconds(1) }));
    assert_eq!(world.row("limit").status, Status::Issued);
    assert_eq!(machine.heard("limit", 1, 1), Some(Answer::Done));
    assert_eq!(world.row("limit").status, Status::Applied);
}

#[test]
fn a_step_whose_looks_are_always_too_slow_ends() {
    let world = World::new(&json!({}), vec![sets("limit", &json!({"rate": 10}))]);
    let machine = Machine::new(&world);
    machine.issue();
    let ended = (0..100).find(|attempt| {
        world.next_goes_wrong(super::world::Trouble::Slow(Duration::seconds(45)));
        machine.heard("limit", 1, *attempt) == Some(Answer::Done)
    });
    assert!(ended.is_some());
    let row = world.row("limit");
    assert_eq!((row.status, code(&row)), (Status::Failed, Some(Code::TimedOut)));
}

#[test]
fn a_state_too_large_for_the_journal_is_refused_before_anything_is_written() {
    let world = World::new(&json!({"big": "x".repeat(200_000)}), vec![sets("limit", &json!({"big": "y"}))]);
    Machine::new(&world).run();
    let row = world.row("limit");
    assert_eq!((row.status, code(&row)), (Status::Failed, Some(Code::StateTooLarge)));
    assert!(world.carried_out.borrow().is_empty());
}

#[test]
fn what_is_half_done_and_out_of_time_is_taken_back() {
    let step = Step { timeout: Duration::seconds(120), ..sets("limit", &json!({"rate": 10, "burst": 10})) };
    let world = World::new(&json!({"rate": 1, "burst": 1}), vec![step]);
    let machine = Machine::new(&world);
    machine.issue();
    // The second half is throttled as long as anybody tries.
    let mut attempt = 0;
    while world.row("limit").status != Status::Failed {
        let before = world.calls();
        let second_half = if attempt == 0 { before + 5 } else { before + 1 };
        let half_way = world.row("limit").last_write.is_some();
        if attempt == 0 || half_way && world.now_is_before(120) {
            world.goes_wrong(second_half, super::world::Trouble::Throttled);
        }
        match machine.heard("limit", 1, attempt) {
            Some(Answer::Pending { wait }) => world.pass(wait),
            other => assert_eq!(other, Some(Answer::Done)),
        }
        attempt += 1;
        assert!(attempt < 100);
    }
    assert_eq!(world.panel(), json!({"rate": 1, "burst": 1}));
    assert!(matches!(world.row("limit").last_write, Some(LastWrite::TakingBack(_))));
}
