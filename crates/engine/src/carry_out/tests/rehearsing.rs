//! Law 7: a rehearsal makes no mutating call, and shows what the run would do.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{
    machine::Machine,
    world::{Trouble, World, on_the_panel, sets},
};
use crate::{
    action::{Finding, Verdict},
    code::Code,
    journal::{Mode, Outcome, Run, Status, Step, Task},
    ledger::Ledger as _,
    testing::{RUN, id, now, step},
};

fn rehearsal(steps: Vec<Step>) -> (Rc<World>, Machine) {
    let steps = steps.into_iter().map(|step| Step { task: Task::Rehearse { after: Vec::new() }, ..step }).collect();
    let world = World::new(&json!({"rate": 1000, "flag": false}), steps);
    let run = now(world.ledger.run(&id(RUN))).expect("read").expect("a run");
    let request = crate::request::Request { mode: Mode::Rehearse, ..run.request.clone() };
    now(world.ledger.save_run(&run, &Run { request, revision: 1, ..run.clone() })).expect("saved");
    (world.clone(), Machine::new(&world))
}

fn at(stage: usize, step: Step) -> Step {
    Step { stage, ..on_the_panel(step) }
}

fn ends(machine: &Machine, step: &str) -> (Status, Value, Value) {
    let row = machine.journal().steps.into_iter().find(|row| row.id.as_str() == step).expect(step);
    (row.status, row.before.unwrap_or_default(), row.after.unwrap_or_default())
}

#[test]
fn each_step_shows_its_difference_and_an_earlier_one_counts_as_done() {
    let (world, machine) = rehearsal(vec![
        at(0, sets("down", &json!({"rate": 1}))),
        at(1, sets("flag", &json!({"flag": true}))),
        at(2, sets("up", &json!({"rate": 10}))),
        at(3, sets("same", &json!({"flag": true}))),
    ]);
    machine.run();
    assert_eq!(machine.outcome(), Outcome::Rehearsed);
    assert_eq!(ends(&machine, "down"), (Status::Rehearsed, json!({"rate": 1000}), json!({"rate": 1})));
    assert_eq!(ends(&machine, "up"), (Status::Rehearsed, json!({"rate": 1}), json!({"rate": 10})));
    assert_eq!(ends(&machine, "same").0, Status::InPlace, "it would find the flag set already");
    assert!(world.carried_out.borrow().is_empty());
    assert_eq!(world.panel(), json!({"rate": 1000, "flag": false}));
}

#[test]
fn back_to_the_original_is_shown_as_what_it_will_be() {
    let original = Step { original_of: Some(id("down")), ..sets("back", &json!({"rate": 10})) };
    let (_, machine) = rehearsal(vec![at(0, sets("down", &json!({"rate": 1}))), at(1, original)]);
    machine.run();
    assert_eq!(ends(&machine, "back"), (Status::Rehearsed, json!({"rate": 1}), json!({"rate": 1000})));
}

#[test]
fn what_is_missing_makes_the_plan_not_ready_and_everything_else_is_still_looked_at() {
    let (world, machine) =
        rehearsal(vec![at(0, sets("down", &json!({"rate": 1}))), at(1, sets("flag", &json!({"flag": true})))]);
    // The artifact that the first step wants.
    world.goes_wrong(1, Trouble::Refused);
    machine.run();
    assert_eq!(machine.outcome(), Outcome::NotReady);
    assert_eq!(ends(&machine, "down").0, Status::Failed);
    assert_eq!(ends(&machine, "flag").0, Status::Rehearsed);
}

#[test]
fn a_check_is_made_once_without_waiting_and_a_command_is_not_sent() {
    let check = Step {
        uses: "http/health".into(),
        nature: crate::action::Nature::Check,
        with: json!({"url": "http://platform"}),
        within: Some(crate::duration::Duration::seconds(600)),
        ..step("well", 0)
    };
    let purge = Step {
        uses: "cache/purge".into(),
        nature: crate::action::Nature::Command,
        with: json!({"paths": ["/*"]}),
        ..step("purge", 1)
    };
    let (world, machine) = rehearsal(vec![check, purge]);
    world.verdicts.borrow_mut().push_back(Verdict::new(Finding::Fail, "503"));
    let begun = crate::clock::Clock::now(&*world);
    machine.run();
    assert_eq!(ends(&machine, "well").0, Status::Failed);
    assert_eq!(crate::clock::Clock::now(&*world), begun);
    assert_eq!(ends(&machine, "purge").0, Status::Rehearsed);
    assert!(world.carried_out.borrow().is_empty());
    // It judges what the plan has not made yet.
    assert_eq!(machine.outcome(), Outcome::Rehearsed);
}

/// A run that compares itself with the rehearsal, as its first stage.
fn sealed(machine: &Machine) -> Machine {
    let journal = machine.journal();
    let rows = journal.steps.iter().map(|row| Step {
        id: crate::ids::StepId::about("seal", &row.id),
        stage: 0,
        task: Task::Compare { rehearsal: id(RUN), step: row.id.clone() },
        ..row.like(row.id.clone(), 0)
    });
    let rows: Vec<Step> = rows.collect();
    let stages = vec![crate::testing::stage("As rehearsed", crate::journal::StageKind::Seal)];
    let request = crate::request::Request { mode: Mode::Apply, ..journal.run.request.clone() };
    let run = Run { id: id("sealed"), outcome: None, stages, request, revision: 0, ..journal.run };
    let ledger = &machine.world.ledger;
    now(ledger.create_run(&run)).expect("created");
    now(ledger.plan_steps(&run.id, &rows)).expect("planned");
    Machine::of(&machine.world, "sealed")
}

#[test]
fn a_sealed_run_goes_on_only_if_everything_is_as_it_was_rehearsed() {
    let steps = || vec![at(0, sets("down", &json!({"rate": 1}))), at(1, sets("up", &json!({"rate": 10})))];
    let (_, machine) = rehearsal(steps());
    machine.run();
    let run = sealed(&machine);
    run.run();
    assert_eq!(run.outcome(), Outcome::Completed);
    assert!(run.journal().steps.iter().all(|step| step.status == Status::Passed));

    let (world, machine) = rehearsal(steps());
    machine.run();
    world.set(&[("rate".to_owned(), json!(700))].into());
    let run = sealed(&machine);
    run.run();
    assert_eq!(run.outcome(), Outcome::NotReady);
    let row = run.journal().steps.into_iter().find(|row| row.status == Status::Failed).expect("one differs");
    assert_eq!((row.before, row.after), (Some(json!({"rate": 1000})), Some(json!({"rate": 700}))));
    assert_eq!(row.conclusion.expect("one").code, Some(Code::DiffersFromRehearsal));
    assert!(world.carried_out.borrow().is_empty());
}
