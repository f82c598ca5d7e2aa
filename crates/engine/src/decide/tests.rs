//! The policy of a run: examples that read like it, and properties of any journal.

use super::*;
use crate::journal::Conclusion;
use crate::{
    action::Nature,
    journal::{Event, Journal},
    testing::{at, run, stage, step, steps_stage},
};
use serde_json::Map;

mod properties;

const HOLD: Duration = Duration::seconds(30);

fn with_status(name: &str, stage: usize, status: Status) -> Step {
    let begun = !matches!(status, Status::Planned | Status::Skipped | Status::Closed);
    Step {
        status,
        issues: u32::from(begun),
        issued_at: begun.then(|| at(10)),
        until: (status == Status::Started).then(|| at(60)),
        ended_at: status.is_final().then(|| at(20)),
        ..step(name, stage)
    }
}

fn on_failure(policy: OnFailure, step: Step) -> Step {
    Step { on_failure: policy, ..step }
}

fn guards(ramp: usize, on_guard: OnGuard) -> Stage {
    stage("guards", StageKind::Guards { ramp, hold: HOLD, on_guard })
}

fn guard(name: &str, stage: usize, status: Status) -> Step {
    Step { nature: Nature::Check, on_failure: OnFailure::Continue, ..with_status(name, stage, status) }
}

fn rung(ramp: usize) -> Stage {
    stage("rung", StageKind::Rung { ramp })
}

fn journal(stages: Vec<Stage>, steps: Vec<Step>) -> Journal {
    Journal::new(run(stages), steps)
}

fn stage_of(steps: &[&str]) -> Next {
    Next::Stage(steps.iter().map(|name| name.parse().expect("id")).collect())
}

#[test]
fn a_stage_is_handed_out_whole_and_the_next_waits_for_it() {
    let stages = vec![steps_stage("one"), steps_stage("two")];
    let next = |a, b| {
        let steps = vec![with_status("a", 0, a), with_status("b", 0, b), with_status("c", 1, Status::Planned)];
        decide(&journal(stages.clone(), steps), at(100)).next
    };
    assert_eq!(next(Status::Planned, Status::Planned), stage_of(&["a", "b"]));
    assert_eq!(next(Status::Applied, Status::Planned), stage_of(&["b"]));
    assert_eq!(next(Status::Applied, Status::Issued), stage_of(&["b"]), "its function was lost");
    assert_eq!(next(Status::Applied, Status::InPlace), stage_of(&["c"]));
}

#[test]
fn a_step_that_may_still_be_written_is_handed_out_again_only_after_its_deadline() {
    let journal = journal(vec![steps_stage("one")], vec![with_status("a", 0, Status::Started)]);
    for seconds in [0, 59, 60] {
        assert!(matches!(decide(&journal, at(seconds)).next, Next::Pause { until, .. } if until == at(61)));
    }
    assert_eq!(decide(&journal, at(61)).next, stage_of(&["a"]));
}

#[test]
fn what_was_lost_three_times_is_given_up() {
    for status in [Status::Issued, Status::Started] {
        let lost = Step { issues: MOST_ISSUES, ..with_status("a", 0, status) };
        let decision = decide(&journal(vec![steps_stage("one")], vec![lost.clone()]), at(100));
        assert_eq!(decision.lost, [lost.id]);
    }
}

#[test]
fn a_large_stage_is_handed_out_in_portions() {
    let mut steps: Vec<Step> = (0..500).map(|n| step(&format!("s{n:03}"), 0)).collect();
    let mut portions = Vec::new();
    while let Next::Stage(ids) = decide(&journal(vec![steps_stage("all")], steps.clone()), at(1)).next {
        portions.push(ids.len());
        for step in steps.iter_mut().filter(|step| ids.contains(&step.id)) {
            step.status = Status::Applied;
        }
    }
    assert_eq!(portions, [vec![PORTION; 12], vec![20]].concat());
}

#[test]
fn a_failed_step_halts_the_run_unless_the_plan_says_to_go_on() {
    let next = |status, policy| {
        let steps = vec![on_failure(policy, with_status("a", 0, status)), with_status("b", 1, Status::Planned)];
        decide(&journal(vec![steps_stage("one"), steps_stage("two")], steps), at(100)).next
    };
    for bad in [Status::Failed, Status::Inconclusive] {
        assert_eq!(next(bad, OnFailure::Halt), Next::Finish(Outcome::Halted));
        assert_eq!(next(bad, OnFailure::Continue), stage_of(&["b"]));
    }
    for worse in [Status::Unknown, Status::Drifted] {
        assert_eq!(next(worse, OnFailure::Halt), Next::Finish(Outcome::Halted));
        assert_eq!(next(worse, OnFailure::Continue), Next::Finish(Outcome::Halted), "nobody goes on over {worse}");
    }
}

#[test]
fn a_stage_ends_before_its_failure_counts() {
    let steps = vec![with_status("a", 0, Status::Failed), with_status("b", 0, Status::Planned)];
    assert_eq!(decide(&journal(vec![steps_stage("one")], steps), at(100)).next, stage_of(&["b"]));
}

#[test]
fn what_the_run_went_on_over_is_a_warning() {
    let outcome = |status| {
        let steps = vec![on_failure(OnFailure::Continue, with_status("a", 0, status))];
        decide(&journal(vec![steps_stage("one")], steps), at(100)).next
    };
    assert_eq!(outcome(Status::Failed), Next::Finish(Outcome::CompletedWithWarnings));
    assert_eq!(outcome(Status::Applied), Next::Finish(Outcome::Completed));
    assert_eq!(outcome(Status::Skipped), Next::Finish(Outcome::Completed));
}

#[test]
fn a_preflight_that_does_not_pass_ends_the_run_before_it_began() {
    let next = |status, policy| {
        let check = Step { nature: Nature::Check, ..on_failure(policy, with_status("check", 0, status)) };
        let stages = vec![stage("Preflight", StageKind::Preflight), steps_stage("one")];
        decide(&journal(stages, vec![check, with_status("b", 1, Status::Planned)]), at(100)).next
    };
    assert_eq!(next(Status::Failed, OnFailure::Halt), Next::Finish(Outcome::NotReady));
    assert_eq!(next(Status::Inconclusive, OnFailure::Halt), Next::Finish(Outcome::NotReady));
    assert_eq!(next(Status::Failed, OnFailure::Continue), stage_of(&["b"]));
    assert_eq!(next(Status::Passed, OnFailure::Halt), stage_of(&["b"]));
}

/// Two rungs with guards, and a stage behind the ramp.
fn ramp(on_guard: OnGuard, statuses: [Status; 4]) -> Journal {
    let [one, first_guard, two, second_guard] = statuses;
    let stages = vec![rung(0), guards(0, on_guard), rung(0), guards(0, on_guard), steps_stage("behind")];
    let steps = vec![
        with_status("one", 0, one),
        guard("one-guard", 1, first_guard),
        with_status("two", 2, two),
        guard("two-guard", 3, second_guard),
        with_status("behind", 4, Status::Planned),
    ];
    journal(stages, steps)
}

#[test]
fn a_rung_is_held_before_its_guards_judge_it() {
    use Status::{Applied, Issued, Passed, Planned};
    let held = ramp(OnGuard::Hold, [Applied, Planned, Planned, Planned]);
    assert!(matches!(decide(&held, at(20)).next, Next::Pause { until, .. } if until == at(50)));
    assert!(matches!(decide(&held, at(49)).next, Next::Pause { .. }));
    assert_eq!(decide(&held, at(50)).next, stage_of(&["one-guard"]));
    let judged = ramp(OnGuard::Hold, [Applied, Issued, Planned, Planned]);
    assert_eq!(decide(&judged, at(21)).next, stage_of(&["one-guard"]), "it is not held twice");
    let passed = ramp(OnGuard::Hold, [Applied, Passed, Planned, Planned]);
    assert_eq!(decide(&passed, at(21)).next, stage_of(&["two"]));
}

#[test]
fn a_guard_that_does_not_pass_holds_the_ramp_and_the_run_goes_on_behind_it() {
    use Status::{Applied, Failed, Inconclusive, Planned, Skipped};
    for bad in [Failed, Inconclusive] {
        let decision = decide(&ramp(OnGuard::Hold, [Applied, bad, Planned, Planned]), at(100));
        let skipped: Vec<_> = decision.skip.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(skipped, ["two", "two-guard"]);
        assert_eq!(decision.next, stage_of(&["behind"]));
    }
    let mut ended = ramp(OnGuard::Hold, [Applied, Failed, Skipped, Skipped]);
    ended.steps[4].status = Applied;
    assert_eq!(decide(&ended, at(100)).next, Next::Finish(Outcome::CompletedWithWarnings));
}

#[test]
fn a_guard_may_halt_the_run() {
    use Status::{Applied, Failed, Planned};
    let decision = decide(&ramp(OnGuard::Halt, [Applied, Failed, Planned, Planned]), at(100));
    assert_eq!(decision.next, Next::Finish(Outcome::Halted));
    assert!(decision.skip.is_empty());
}

#[test]
fn a_ramp_that_was_not_selected_is_passed_over_without_holding() {
    let journal = ramp(OnGuard::Hold, [Status::Skipped; 4]);
    assert_eq!(decide(&journal, at(20)).next, stage_of(&["behind"]));
}

#[test]
fn a_hold_without_guards_is_only_a_pause() {
    let stages = vec![rung(0), guards(0, OnGuard::Hold), rung(0)];
    let steps = |two| vec![with_status("one", 0, Status::Applied), with_status("two", 2, two)];
    let pause = decide(&journal(stages.clone(), steps(Status::Planned)), at(25)).next;
    assert!(matches!(pause, Next::Pause { until, .. } if until == at(50)));
    assert_eq!(decide(&journal(stages.clone(), steps(Status::Planned)), at(50)).next, stage_of(&["two"]));
    assert_eq!(decide(&journal(stages, steps(Status::Issued)), at(25)).next, stage_of(&["two"]));
}

#[test]
fn a_run_that_has_ended_stays_ended_so() {
    let mut journal = journal(vec![steps_stage("one")], vec![with_status("a", 0, Status::Planned)]);
    for (phase, outcome) in [(Phase::Running, Outcome::Halted), (Phase::Concluded, Outcome::CompletedWithWarnings)] {
        (journal.run.phase, journal.run.outcome) = (phase, Some(outcome));
        assert_eq!(decide(&journal, at(1)), Decision { skip: vec![], lost: vec![], next: Next::Finish(outcome) });
    }
}

#[test]
fn a_run_that_was_never_prepared_is_refused() {
    let mut journal = journal(vec![steps_stage("one")], vec![with_status("a", 0, Status::Planned)]);
    journal.run.phase = Phase::Preparing;
    assert_eq!(decide(&journal, at(1)).next, Next::Finish(Outcome::Refused));
}
