//! Handing out: what is rendered, what is found wrong, and what repeating it does.

use serde_json::{Value, json};

use super::*;
use crate::{
    journal::{Stage, StageKind, Status},
    ledger::memory::MemoryLedger,
    plan::OnGuard,
    testing::{RUN, at, catalogue::CATALOGUE, id, now, row, run, stage, step, steps_stage},
};

fn ledger(stages: Vec<Stage>, steps: Vec<Step>) -> MemoryLedger {
    crate::testing::ledger(&Journal::new(run(stages), steps))
}

fn advanced(ledger: &MemoryLedger, seconds: i64) -> Advance {
    now(advance(ledger, &CATALOGUE, &at(seconds), &id(RUN))).expect("the ledger answers")
}

fn handed_out(answer: Advance) -> Vec<(String, u32)> {
    let Advance::Stage { steps } = answer else { panic!("{answer:?}") };
    steps.into_iter().map(|item| (item.step.to_string(), item.issue)).collect()
}

fn passed(name: &str, facts: &Value) -> Step {
    Step {
        nature: Nature::Check,
        status: Status::Passed,
        ended_at: Some(at(5)),
        facts: facts.as_object().cloned(),
        ..step(name, 0)
    }
}

/// A throttle whose parameters refer to what a check has found.
fn deferred(name: &str, with: Value) -> Step {
    Step {
        uses: "gateway/throttle".into(),
        with,
        deferred: Some(vec![id("look")]),
        summary: "not known yet".into(),
        ..step(name, 1)
    }
}

#[test]
fn what_refers_to_an_earlier_step_is_rendered_when_it_is_handed_out() {
    let with = json!({"api": "{{ steps.look.api }}", "rate": "{{ steps.look.rate }}"});
    let steps = vec![passed("look", &json!({"api": "abc", "rate": 12.5})), deferred("limit", with)];
    let ledger = ledger(vec![steps_stage("look"), steps_stage("limit")], steps);
    assert_eq!(handed_out(advanced(&ledger, 10)), [("limit".to_owned(), 1)]);
    let row = row(&ledger, "limit");
    assert_eq!(row.with, json!({"api": "abc", "rate": 12.5}));
    assert_eq!(row.deferred, None);
    assert_eq!(row.summary, "limit abc to 12.5 a second");
    assert_eq!(row.resource.expect("known").as_str(), "test:gateway/throttle/abc");
    assert_eq!((row.issued_at, row.issues), (Some(at(10)), 1));
}

#[test]
fn what_cannot_be_rendered_fails_before_anything_is_changed() {
    for (with, says) in [
        (
            json!({"api": "{{ steps.look.nothing }}", "rate": 1}),
            "`api`: `{{ steps.look.nothing }}` cannot be evaluated",
        ),
        (json!({"api": "{{ steps.look.api }}", "rate": "{{ steps.look.api }}"}), "`rate`: "),
        (json!({"api": "{{ steps.look.api }}", "rate": -1}), "`rate` is less than nothing"),
    ] {
        let steps = vec![passed("look", &json!({"api": "abc"})), deferred("limit", with)];
        let ledger = ledger(vec![steps_stage("look"), steps_stage("limit")], steps);
        assert_eq!(advanced(&ledger, 10), Advance::Finish);
        let row = row(&ledger, "limit");
        let conclusion = row.conclusion.expect("one");
        assert_eq!((row.status, conclusion.code), (Status::Failed, Some(Code::BrokenTemplate)));
        assert!(conclusion.says.contains(says), "{}", conclusion.says);
    }
}

#[test]
fn a_resource_that_two_steps_turn_out_to_share_is_found_when_they_are_handed_out() {
    let with = json!({"api": "{{ steps.look.api }}", "rate": 1});
    let known = Step { resource: Some(Resource::new("test", "gateway/throttle", ["abc"])), ..step("known", 1) };
    let steps = vec![passed("look", &json!({"api": "abc"})), deferred("limit", with), known];
    let ledger = ledger(vec![steps_stage("look"), steps_stage("limit")], steps);
    assert_eq!(handed_out(advanced(&ledger, 10)), [("known".to_owned(), 1)]);
    let conclusion = row(&ledger, "limit").conclusion.expect("one");
    assert_eq!(conclusion.code, Some(Code::SharedResource));
    assert!(conclusion.says.contains("`known`"), "{}", conclusion.says);
}

#[test]
fn two_resources_that_aws_serialises_as_one_are_found_when_they_are_handed_out() {
    let with = json!({"api": "{{ steps.look.api }}", "rate": 1});
    let other = Resource::new("test", "stage", ["abc", "beta"]);
    let api = Resource::new("test", "gateway/throttle", ["abc"]);
    let known = Step { resource: Some(other.clone()), serialised_by: vec![api, other], ..step("known", 1) };
    let steps = vec![passed("look", &json!({"api": "abc"})), deferred("limit", with), known];
    let ledger = ledger(vec![steps_stage("look"), steps_stage("limit")], steps);
    assert_eq!(handed_out(advanced(&ledger, 10)), [("known".to_owned(), 1)]);
    let conclusion = row(&ledger, "limit").conclusion.expect("one");
    assert_eq!(conclusion.code, Some(Code::SharedResource));
    assert!(conclusion.says.contains("acts on test:gateway/throttle/abc too"), "{}", conclusion.says);
}

#[test]
fn a_run_of_before_an_action_was_moved_is_taken_back_by_the_function_that_hosts_it_now() {
    let applied = Step {
        uses: "gateway/throttle".into(),
        resource: Some(Resource::new("test", "gateway/throttle", ["abc"])),
        with: json!({"api": "abc", "rate": 1}),
        status: Status::Applied,
        started_at: Some(at(1)),
        before: Some(json!({"rate": 100})),
        after: Some(json!({"rate": 1})),
        ..step("limit", 0)
    };
    let before = Journal::new(run(vec![steps_stage("limit")]), vec![applied]);
    let Undoing { stages, steps } = undoing(&before, &Chosen::All, 0);
    let mut moved = *CATALOGUE.find("gateway/throttle").expect("there");
    assert_eq!(moved.host, Host::Traffic);
    moved.host = Host::Version;
    let catalogue = Catalogue(Box::leak(Box::new([moved])));
    let answer = now(advance(&ledger(stages, steps), &catalogue, &at(10), &id(RUN))).expect("the ledger answers");
    let Advance::Unwind { steps } = answer else { panic!("{answer:?}") };
    let handed: Vec<_> = steps.iter().map(|item| (item.step.as_str(), item.function)).collect();
    assert_eq!(handed, [("undo.limit", Host::Version)]);
}

#[test]
fn what_no_function_hosts_any_more_fails_before_anything_is_changed() {
    let ledger = ledger(vec![steps_stage("one")], vec![Step { uses: "gone/away".into(), ..step("a", 0) }]);
    assert_eq!(advanced(&ledger, 1), Advance::Finish);
    let row = row(&ledger, "a");
    assert_eq!((row.status, row.conclusion.expect("one").code), (Status::Failed, Some(Code::UnknownAction)));
}

#[test]
fn a_check_may_look_at_what_a_step_beside_it_changes() {
    let with = json!({"api": "{{ steps.look.api }}", "rate": 1});
    let resource = Some(Resource::new("test", "gateway/throttle", ["abc"]));
    let check = Step { resource, nature: Nature::Check, uses: "http/health".into(), ..step("beside", 1) };
    let steps = vec![passed("look", &json!({"api": "abc"})), deferred("limit", with), check];
    let ledger = ledger(vec![steps_stage("look"), steps_stage("limit")], steps);
    assert_eq!(handed_out(advanced(&ledger, 10)).len(), 2);
}

#[test]
fn repeated_it_hands_out_the_same_steps_again() {
    // Its answer was lost: nobody works on the first issue, and if somebody does, they find a newer one.
    let ledger = ledger(vec![steps_stage("one")], vec![step("a", 0), step("b", 0)]);
    assert_eq!(handed_out(advanced(&ledger, 1)), [("a".to_owned(), 1), ("b".to_owned(), 1)]);
    assert_eq!(handed_out(advanced(&ledger, 2)), [("a".to_owned(), 2), ("b".to_owned(), 2)]);
    assert_eq!(row(&ledger, "a").issued_at, Some(at(1)));
    assert_eq!(row(&ledger, "a").reissued_at, Some(at(2)));
}

#[test]
fn what_an_invocation_has_ended_meanwhile_is_not_handed_out() {
    let issued = |name| step(name, 0).issue(at(1)).expect("legal");
    let ledger = std::rc::Rc::new(ledger(vec![steps_stage("one")], vec![issued("a"), issued("b")]));
    let was = row(&ledger, "b");
    let done = was.in_place(json!(1), at(2), Map::new()).expect("legal");
    // While the first is handed out again, a late invocation ends the second.
    let (reached, is_first) = (std::rc::Rc::downgrade(&ledger), std::cell::Cell::new(true));
    ledger.after_each_write(move || {
        if let (true, Some(ledger)) = (is_first.replace(false), reached.upgrade()) {
            assert_eq!(now(ledger.save_step(&id(RUN), &was, &done)).expect("answers"), Saved::Done);
        }
    });
    assert_eq!(handed_out(advanced(&ledger, 3)), [("a".to_owned(), 2)]);
    assert_eq!(row(&ledger, "b").status, Status::InPlace);
}

#[test]
fn a_stage_with_nothing_left_to_hand_out_is_passed_in_one_go() {
    let with = json!({"api": "{{ steps.look.nothing }}", "rate": 1});
    let limit = Step { on_failure: crate::plan::OnFailure::Continue, ..deferred("limit", with) };
    let steps = vec![passed("look", &json!({})), limit, step("behind", 2)];
    let ledger = ledger(vec![steps_stage("look"), steps_stage("limit"), steps_stage("behind")], steps);
    assert_eq!(handed_out(advanced(&ledger, 10)), [("behind".to_owned(), 1)]);
}

#[test]
fn the_rest_of_a_held_ramp_is_skipped_in_the_journal() {
    let hold = Duration::seconds(0);
    let guards = || stage("guards", StageKind::Guards { ramp: 0, hold, on_guard: OnGuard::Hold });
    let rung = || stage("rung", StageKind::Rung { ramp: 0 });
    let ended = |step: Step, status| Step { status, issued_at: Some(at(1)), ended_at: Some(at(2)), ..step };
    let steps = vec![
        ended(step("rung-1", 0), Status::Applied),
        ended(Step { nature: Nature::Check, ..step("guard-1", 1) }, Status::Failed),
        step("rung-2", 2),
        step("behind", 4),
    ];
    let ledger = ledger(vec![rung(), guards(), rung(), guards(), steps_stage("behind")], steps);
    assert_eq!(handed_out(advanced(&ledger, 10)), [("behind".to_owned(), 1)]);
    let row = row(&ledger, "rung-2");
    assert_eq!(row.status, Status::Skipped);
    assert_eq!(row.conclusion.expect("one").says, "an earlier rung's guard did not pass");
}

#[test]
fn a_long_pause_is_decided_again_in_between() {
    let hold = Duration::seconds(3600);
    let guards = stage("guards", StageKind::Guards { ramp: 0, hold, on_guard: OnGuard::Hold });
    let rung = Step { status: Status::Applied, issued_at: Some(at(1)), ended_at: Some(at(2)), ..step("rung", 0) };
    let ledger = ledger(vec![stage("rung", StageKind::Rung { ramp: 0 }), guards], vec![rung]);
    assert_eq!(advanced(&ledger, 2), Advance::Pause { seconds: 900 });
    assert_eq!(advanced(&ledger, 3600), Advance::Pause { seconds: 2 });
    assert_eq!(advanced(&ledger, 3602), Advance::Finish);
}

#[test]
fn an_unknown_run_is_said_to_be() {
    let ledger = MemoryLedger::default();
    let fault = now(advance(&ledger, &CATALOGUE, &at(0), &id(RUN))).expect_err("there is none");
    assert_eq!(fault.message, "there is no run `run-1`");
}
