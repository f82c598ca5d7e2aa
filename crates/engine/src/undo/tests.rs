use serde_json::{Value, json};

use super::*;
use crate::{
    clock::Timestamp,
    journal::{Status, Turn},
    testing::{at, id, run, step, steps_stage},
};

/// A step that took its resource from one state to another.
fn changed(name: &str, stage: usize, resource: &str, ends: (Value, Value)) -> Step {
    let planned = Step {
        resource: Some(Resource::new("test", "part", [resource])),
        summary: format!("does {name}"),
        with: json!({"of": name}),
        ..step(name, stage)
    };
    let issued = planned.issue(at(1)).expect("legal");
    let started = issued.start(ends, Turn { issue: 1, attempt: 0 }, at(1), at(60)).expect("legal");
    ended(started, crate::journal::Event::Apply, at(2))
}

fn ended(step: Step, event: crate::journal::Event, now: Timestamp) -> Step {
    step.end(event, now, serde_json::Map::new(), Default::default()).expect("legal")
}

fn journal(steps: Vec<Step>) -> Journal {
    let stages = 1 + steps.iter().map(|step| step.stage).max().unwrap_or_default();
    Journal::new(run((0..stages).map(|index| steps_stage(&format!("stage {index}"))).collect()), steps)
}

/// The stages of the way back: which chains go back side by side.
fn way_back(journal: &Journal, chosen: &Chosen) -> Vec<Vec<String>> {
    let undoing = undoing(journal, chosen, 10);
    (0..undoing.stages.len())
        .map(|stage| {
            let rows = undoing.steps.iter().filter(|row| row.stage == 10 + stage);
            rows.map(|row| match &row.task {
                Task::TakeBack(takes) => takes.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
                other => panic!("{other:?}"),
            })
            .collect()
        })
        .collect()
}

#[test]
fn a_chain_goes_back_in_one_move_where_it_began_and_others_in_reverse() {
    let journal = journal(vec![
        changed("down", 0, "stage", (json!(1000), json!(1))),
        changed("flag", 0, "flags", (json!(false), json!(true))),
        changed("code", 1, "loader", (json!("a"), json!("b"))),
        changed("up", 2, "stage", (json!(1), json!(10))),
        changed("higher", 3, "stage", (json!(10), json!(50))),
    ]);
    assert_eq!(way_back(&journal, &Chosen::All), [vec!["code"], vec!["down+up+higher", "flag"]]);
    let rows = undoing(&journal, &Chosen::All, 0).steps;
    let throttle = rows.iter().find(|row| row.id.as_str() == "undo.down").expect("one");
    assert_eq!(throttle.with, json!({"of": "higher"}), "the parameters of the last step of the chain");
    assert_eq!(throttle.summary, "take back: does down and 2 more");
}

#[test]
fn steps_on_other_parts_of_the_resource_do_not_part_a_chain_and_those_on_the_same_do() {
    let flags = |on: &[(&str, bool)]| json!({"flags": on.iter().copied().collect::<BTreeMap<_, _>>()});
    let apart = journal(vec![
        changed("x", 0, "flags", (flags(&[("x", false)]), flags(&[("x", true)]))),
        changed("y", 1, "flags", (flags(&[("y", false)]), flags(&[("y", true)]))),
        changed("x-again", 2, "flags", (flags(&[("x", true)]), flags(&[("x", false)]))),
    ]);
    assert_eq!(way_back(&apart, &Chosen::All), [["y"], ["x+x-again"]]);
    let together = journal(vec![
        changed("x", 0, "flags", (flags(&[("x", false)]), flags(&[("x", true)]))),
        changed("x-y", 1, "flags", (flags(&[("x", true), ("y", false)]), flags(&[("x", true), ("y", true)]))),
        changed("x-again", 2, "flags", (flags(&[("x", true)]), flags(&[("x", false)]))),
    ]);
    assert_eq!(way_back(&together, &Chosen::All), [["x-again"], ["x-y"], ["x"]]);
}

#[test]
fn where_somebody_elses_hand_lies_between_two_chains_each_goes_back_for_itself_later_one_first() {
    let journal = journal(vec![
        changed("down", 0, "stage", (json!(1000), json!(1))),
        changed("up", 1, "stage", (json!(500), json!(10))),
    ]);
    assert_eq!(way_back(&journal, &Chosen::All), [["up"], ["down"]]);
}

#[test]
fn only_what_changed_something_goes_back() {
    let with = |status, step: Step| Step { status, ..step };
    let ends = || (json!(1), json!(2));
    let check = Step { nature: Nature::Check, ..changed("check", 0, "e", ends()) };
    let command = Step { nature: Nature::Command, ..changed("purge", 0, "f", ends()) };
    let journal = journal(vec![
        with(Status::InPlace, Step { started_at: None, ..changed("in-place", 0, "a", ends()) }),
        with(Status::Failed, changed("failed", 0, "b", ends())),
        with(Status::Unknown, changed("unknown", 0, "c", ends())),
        with(Status::Drifted, changed("drifted", 0, "d", ends())),
        check,
        command,
    ]);
    let back = way_back(&journal, &Chosen::All).concat();
    assert_eq!(back, ["drifted", "unknown"], "where they stand is read");
    let lost: Vec<_> = irreversible(&journal).map(|step| step.id.as_str()).collect();
    assert_eq!(lost, ["purge"]);
}

#[test]
fn part_of_it_goes_back_by_stage_or_by_step() {
    let mut journal = journal(vec![
        changed("down", 0, "stage", (json!(1000), json!(1))),
        changed("code", 1, "loader", (json!("a"), json!("b"))),
        changed("up", 2, "stage", (json!(1), json!(10))),
        changed("higher", 3, "stage", (json!(10), json!(50))),
    ]);
    journal.run.stages[2].name = "Restore traffic (1 of 2)".into();
    journal.run.stages[3].name = "Restore traffic (2 of 2)".into();
    let only = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Chosen::of(&journal, &names)
    };
    assert_eq!(way_back(&journal, &only(&["stage 1"]).expect("known")), [["code"]]);
    assert_eq!(way_back(&journal, &only(&["Restore traffic"]).expect("known")), [["up+higher"]]);
    assert_eq!(way_back(&journal, &only(&["higher", "code"]).expect("known")), [["higher"], ["code"]]);
    let refusal = only(&["Restore trafic"]).expect_err("misspelt");
    assert_eq!(refusal.code, Code::UnknownStage);
    assert!(refusal.help.expect("help").contains("Restore traffic (1 of 2)"));
}

#[test]
fn what_the_run_has_taken_back_itself_is_not_taken_back_again() {
    let first =
        journal(vec![changed("one", 0, "a", (json!(1), json!(2))), changed("two", 1, "b", (json!(1), json!(2)))]);
    let Undoing { stages, steps } = undoing(&first, &Chosen::All, 2);
    let ends = [(json!(2), json!(1)), (json!(2), json!(1))];
    let back = steps.into_iter().zip(ends).zip([Status::Undone, Status::Stuck]).map(|((row, ends), status)| {
        let issued = row.issue(at(5)).expect("legal");
        let started = issued.start(ends, Turn { issue: 1, attempt: 0 }, at(5), at(70)).expect("legal");
        Step { status, ..started }
    });
    let back: Vec<Step> = back.collect();
    let mut unwound = first.clone();
    unwound.run.stages.extend(stages);
    let unwound = Journal::new(unwound.run, [first.steps, back].concat());
    assert_eq!(way_back(&unwound, &Chosen::All), [["one"]], "`two` is back");
}

#[test]
fn an_undo_of_an_undo_does_it_again() {
    let first = journal(vec![changed("one", 0, "a", (json!(1), json!(2)))]);
    let Undoing { stages, steps } = undoing(&first, &Chosen::All, 0);
    let issued = steps[0].issue(at(5)).expect("legal");
    let started = issued.start((json!(2), json!(1)), Turn { issue: 1, attempt: 0 }, at(5), at(70)).expect("legal");
    let undone = ended(started, crate::journal::Event::TakeBack, at(6));
    let run = crate::journal::Run { id: id("undo-1"), stages, ..first.run };
    let again = undoing(&Journal::new(run, vec![undone]), &Chosen::All, 0);
    assert_eq!(again.steps[0].summary, "again: does one");
    let Task::TakeBack(takes) = &again.steps[0].task else { panic!("it takes back") };
    assert_eq!(takes.claim.to_string(), "run-1/one", "what the first one created is known by its mark");
    assert_eq!(again.stages[0].name, "Take back: stage 0");
}

#[test]
fn a_journal_of_the_first_form_can_still_be_undone() {
    // As version 1 wrote it: without tasks, and with fields that have come since left out.
    let run: crate::journal::Run = serde_json::from_value(json!({
        "schema": 1, "revision": 4, "id": "r-old", "phase": "concluded", "outcome": "completed",
        "execution": {"arn": "arn:aws:states:us-east-1:123456789012:execution:backout:r-old", "started_at": "x"},
        "request": {"plan": "back", "mode": "apply", "reason": "it hurts"}, "system": "platform",
        "stages": [{"name": "Divert traffic", "kind": "steps"}, {"name": "Restore (1 of 1)", "kind": "rung", "ramp": 1}],
        "started_at": "2026-11-20T03:00:00Z", "ended_at": "2026-11-20T03:10:00Z", "fingerprints": "key",
    }))
    .expect("reads");
    let row = |id: &str, stage: usize, before: u32, after: u32| -> Step {
        serde_json::from_value(json!({
            "schema": 1, "revision": 3, "id": id, "stage": stage, "position": 0, "uses": "gateway/throttle",
            "nature": "change", "function": "traffic", "resource": "apigateway:stage/abc/prod",
            "summary": format!("limit abc to {after} a second"), "with": {"api": "abc", "rate": after},
            "on_failure": "halt", "timeout": "15m", "status": "applied", "issues": 1,
            "issued_at": "2026-11-20T03:01:00Z", "reissued_at": "2026-11-20T03:01:00Z",
            "turn": {"issue": 1, "attempt": 0}, "started_at": "2026-11-20T03:01:01Z",
            "written_at": "2026-11-20T03:01:01Z", "until": "2026-11-20T03:01:58Z",
            "ended_at": "2026-11-20T03:01:02Z", "before": {"rate": before}, "after": {"rate": after},
            "conclusion": {"says": ""},
        }))
        .expect("reads")
    };
    let journal = Journal::new(run, vec![row("down", 0, 1000, 1), row("up", 1, 1, 50)]);
    assert_eq!(way_back(&journal, &Chosen::All), [["down+up"]]);
    let rows = undoing(&journal, &Chosen::All, 0).steps;
    assert_eq!(rows[0].schema, crate::journal::SCHEMA, "what is written now has the form of now");
}
