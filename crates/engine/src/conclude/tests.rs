//! Ending: what is closed, how it ended, and that repeating it changes nothing.

use futures::FutureExt as _;

use super::*;
use crate::{
    action::Nature,
    advance::{Advance, advance},
    fault::Fault,
    journal::{LastWrite, Stage, StageKind, Step, Turn},
    ledger::memory::MemoryLedger,
    plan::OnGuard,
    testing::{RUN, at, catalogue::CATALOGUE, id, now, row, run, step, steps_stage},
};

fn ledger(steps: Vec<Step>) -> MemoryLedger {
    let stages = (0..3).map(|stage| steps_stage(&format!("stage {stage}"))).collect();
    crate::testing::ledger(&Journal::new(run(stages), steps))
}

/// An action that cannot be asked.
struct Nobody;

#[async_trait(?Send)]
impl Reconcile for Nobody {
    async fn reconcile(&self, _: &RunId, _: &Step, _: Timestamp) -> Result<Answer, Fault> {
        Err(Fault::passing("the function is throttled"))
    }
}

fn answer(ledger: &MemoryLedger, seconds: i64, ended: Option<&Ended>) -> Closed {
    now(close(ledger, &at(seconds), Some(&Nobody), &id(RUN), ended)).expect("the ledger answers")
}

fn closed(ledger: &MemoryLedger, seconds: i64, ended: Option<&Ended>) -> Journal {
    match answer(ledger, seconds, ended) {
        Closed::Outcome(journal) => *journal,
        still => panic!("{still:?}"),
    }
}

fn with(status: Status, step: Step) -> Step {
    Step { status, issued_at: Some(at(1)), ended_at: status.is_final().then(|| at(2)), ..step }
}

fn started(name: &str) -> Step {
    let issued = step(name, 0).issue(at(1)).expect("legal");
    issued.start((1.into(), 2.into()), Turn { issue: 1, attempt: 0 }, at(2), at(60)).expect("legal")
}

fn caught() -> Ended {
    let refusal = Refusal { code: Code::Internal, what: "Lambda.Unknown: the function ended".into(), help: None };
    Ended { outcome: Outcome::Halted, refusal, at: None }
}

#[test]
fn what_never_began_is_closed_and_the_outcome_is_written() {
    let ledger = ledger(vec![with(Status::Failed, step("a", 0)), step("b", 1), step("c", 2)]);
    let journal = closed(&ledger, 10, None);
    assert_eq!((journal.run.outcome, journal.run.ended_at), (Some(Outcome::Halted), Some(at(10))));
    assert_eq!(journal.run.phase, Phase::Running, "until report, lock and message are done");
    for name in ["b", "c"] {
        assert_eq!(row(&ledger, name).status, Status::Closed);
    }
}

#[test]
fn a_failure_of_the_machine_does_not_change_what_the_journal_says() {
    let ledger = ledger(vec![with(Status::Applied, step("a", 0))]);
    let journal = closed(&ledger, 10, Some(&caught()));
    assert_eq!((journal.run.outcome, journal.run.refusal), (Some(Outcome::Completed), None));
}

#[test]
fn a_run_that_the_machine_broke_off_is_halted_and_says_why() {
    let ledger = ledger(vec![with(Status::Applied, step("a", 0)), step("b", 1)]);
    let journal = closed(&ledger, 10, Some(&caught()));
    assert_eq!((journal.run.outcome, journal.run.refusal), (Some(Outcome::Halted), Some(caught().refusal)));
    let again = self::ledger(vec![with(Status::Applied, step("a", 0)), step("b", 1)]);
    let unexplained = closed(&again, 10, None).run.refusal.expect("one");
    assert_eq!(unexplained.what, "the run ended before its plan did");
}

#[test]
fn a_run_that_was_never_prepared_is_refused_and_says_why() {
    for broken in [None, Some(caught())] {
        let ledger = MemoryLedger::default();
        now(ledger.create_run(&Run { phase: Phase::Preparing, ..run(vec![]) })).expect("created");
        let journal = closed(&ledger, 10, broken.as_ref());
        assert_eq!(journal.run.outcome, Some(Outcome::Refused));
        assert!(journal.run.refusal.is_some());
    }
}

#[test]
fn nothing_is_closed_while_a_step_may_still_be_written() {
    let ledger = ledger(vec![started("a"), step("b", 1)]);
    for seconds in [3, 60] {
        assert_eq!(answer(&ledger, seconds, None), Closed::StillUnderWay(at(60)));
        assert_eq!(row(&ledger, "b").status, Status::Planned);
    }
}

#[test]
fn what_cannot_be_asked_is_waited_for_a_while_and_is_unknown_then() {
    let ledger = ledger(vec![started("a"), step("b", 1)]);
    assert!(matches!(answer(&ledger, 61, None), Closed::StillUnderWay(again) if again > at(61)));
    let journal = closed(&ledger, 60 + 15 * 60, None);
    assert_eq!(journal.run.outcome, Some(Outcome::Halted));
    let row = row(&ledger, "a");
    assert_eq!((row.status, row.conclusion.expect("one").code), (Status::Unknown, Some(Code::OutcomeUnknown)));
}

#[test]
fn whoever_cannot_ask_leaves_it_to_others() {
    let ledger = ledger(vec![started("a")]);
    let answer = |seconds| now(close(&ledger, &at(seconds), None, &id(RUN), None)).expect("the ledger answers");
    assert!(matches!(answer(900), Closed::StillUnderWay(again) if again > at(900)));
    assert_eq!(row(&ledger, "a").status, Status::Started);
    // But not for ever: where nobody ever asks, a person has to find out.
    assert!(matches!(answer(60 + 15 * 60), Closed::Outcome(_)));
    assert_eq!(row(&ledger, "a").status, Status::Unknown);
}

#[test]
fn a_step_that_was_watched_until_its_execution_ended_is_waited_for_from_then_on() {
    let stopped = |seconds| Ended { at: Some(at(seconds)), ..by_hand() };
    let ledger = ledger(vec![started("a")]);
    let long_after = 60 + 15 * 60 + 1;
    assert!(matches!(answer(&ledger, long_after, Some(&stopped(long_after - 5))), Closed::StillUnderWay(_)));
    assert_eq!(closed(&ledger, long_after, Some(&stopped(1))).run.outcome, Some(Outcome::Aborted));
}

fn by_hand() -> Ended {
    let refusal = Refusal { code: Code::Aborted, what: "its execution was stopped: wrong plan".into(), help: None };
    Ended { outcome: Outcome::Aborted, refusal, at: None }
}

#[test]
fn closing_that_is_cut_off_anywhere_and_repeated_ends_as_if_it_had_not_been() {
    let applied = with(Status::Applied, step("a", 0));
    let failed = with(Status::Failed, step("b", 1));
    let stories: [(&str, Vec<Step>, Option<Ended>, Outcome); 5] = [
        ("halted", vec![applied.clone(), failed.clone(), step("c", 1), step("d", 2)], None, Outcome::Halted),
        ("stopped", vec![applied.clone(), step("b", 1), step("c", 2)], Some(by_hand()), Outcome::Aborted),
        ("stopped late", vec![applied.clone(), failed, step("c", 1), step("d", 2)], Some(by_hand()), Outcome::Aborted),
        ("lost", vec![applied.clone(), step("b", 1), step("c", 2)], Some(caught()), Outcome::Halted),
        ("unexplained", vec![applied, step("b", 1), step("c", 2)], None, Outcome::Halted),
    ];
    for (name, steps, ended, outcome) in stories {
        let undisturbed = closed(&ledger(steps.clone()), 10, ended.as_ref()).run;
        assert_eq!(undisturbed.outcome, Some(outcome), "{name}");
        assert_repeatable(name, || ledger(steps.clone()), ended.as_ref());
    }
}

#[test]
fn so_does_closing_in_the_middle_of_a_stage_whatever_its_kind() {
    let bad = |status, name: &str| with(status, step(name, 0));
    let check = |name: &str| Step { nature: Nature::Check, ..step(name, 0) };
    let guards = StageKind::Guards { ramp: 0, hold: Duration::ZERO, on_guard: OnGuard::Hold };
    let failed = Step { nature: Nature::Check, ..bad(Status::Failed, "a") };
    for (kind, steps) in [
        (StageKind::Preflight, vec![failed.clone(), check("b")]),
        (guards, vec![failed, check("b")]),
        (StageKind::Undo { of: 0 }, vec![bad(Status::Stuck, "a"), step("b", 0)]),
    ] {
        let stage = Stage { kind, ..steps_stage("one") };
        let story = || crate::testing::ledger(&Journal::new(run(vec![stage.clone()]), steps.clone()));
        for ended in [None, Some(by_hand()), Some(caught())] {
            assert_repeatable(&format!("{:?}", stage.kind), story, ended.as_ref());
        }
    }
}

fn assert_repeatable(name: &str, ledger: impl Fn() -> MemoryLedger, ended: Option<&Ended>) {
    let undisturbed = ledger();
    let mut writes = 0;
    let as_it_is = closed(&undisturbed, 10, ended).run;
    loop {
        let ledger = ledger();
        ledger.cut_after(writes);
        let cut = close(&ledger, &at(10), Some(&Nobody), &id(RUN), ended).now_or_never();
        let was_cut = cut.is_none();
        ledger.mend();
        let again = closed(&ledger, 11, ended).run;
        assert_eq!((again.outcome, again.refusal), (as_it_is.outcome, as_it_is.refusal.clone()), "{name}, {writes}");
        if !was_cut {
            return;
        }
        writes += 1;
    }
}

#[test]
fn a_run_that_is_stopped_before_it_is_prepared_is_aborted() {
    let preparing = |abort| {
        let ledger = MemoryLedger::default();
        let run = Run { phase: Phase::Preparing, abort, ..run(Vec::new()) };
        now(ledger.create_run(&run)).expect("a row");
        ledger
    };
    let abort = Abort { by: Some("ana".into()), reason: None, at: at(5) };
    assert_eq!(closed(&preparing(Some(abort)), 10, None).run.outcome, Some(Outcome::Aborted));
    let stopped = closed(&preparing(None), 10, Some(&by_hand())).run;
    assert_eq!(stopped.outcome, Some(Outcome::Aborted));
    assert!(stopped.refusal.expect("why").what.contains("wrong plan"));
    assert_eq!(closed(&preparing(None), 10, None).run.outcome, Some(Outcome::Refused));
}

#[test]
fn to_stop_a_run_that_has_done_everything_changes_nothing() {
    let ledger = ledger(vec![with(Status::Applied, step("a", 0))]);
    let running = now(ledger.run(&id(RUN))).expect("read").expect("a run");
    let abort = Some(Abort { by: None, reason: None, at: at(5) });
    now(ledger.save_run(&running, &Run { revision: running.revision + 1, abort, ..running.clone() })).expect("saved");
    assert_eq!(closed(&ledger, 10, None).run.outcome, Some(Outcome::Completed));
}

#[test]
fn a_run_that_somebody_stopped_is_aborted_and_says_by_whom_and_why() {
    let ledger = ledger(vec![with(Status::Applied, step("a", 0)), step("b", 1)]);
    let running = now(ledger.run(&id(RUN))).expect("read").expect("a run");
    let abort = Abort { by: Some("ana".into()), reason: Some("wrong plan".into()), at: at(5) };
    let asked = Run { revision: running.revision + 1, abort: Some(abort), ..running.clone() };
    now(ledger.save_run(&running, &asked)).expect("saved");
    let advanced = now(advance(&ledger, &CATALOGUE, &at(6), &id(RUN))).expect("the ledger answers");
    assert_eq!(advanced, Advance::Finish, "no further step is handed out");
    let journal = closed(&ledger, 10, None);
    assert_eq!(journal.run.outcome, Some(Outcome::Aborted));
    assert_eq!(journal.run.refusal.expect("a reason").what, "it was stopped by ana: wrong plan");
    assert_eq!(row(&ledger, "b").status, Status::Closed);
}

#[test]
fn a_step_that_has_told_what_became_of_its_write_is_waited_for_too() {
    // Until its deadline the invocation may go on from there.
    let told = started("a").doubt(LastWrite::Lost(Fault::unanswered("no answer")), at(20)).expect("legal");
    let ledger = ledger(vec![told]);
    assert_eq!(answer(&ledger, 30, None), Closed::StillUnderWay(at(60)));
}

#[test]
fn repeated_at_any_point_it_changes_nothing() {
    let ledger = ledger(vec![with(Status::Failed, step("a", 0)), step("b", 1)]);
    let first = closed(&ledger, 10, None);
    let writes = ledger.writes();
    assert_eq!(closed(&ledger, 20, Some(&caught())), first);
    now(conclude(&ledger, &first.run)).expect("concluded");
    now(conclude(&ledger, &first.run)).expect("a repeat is nothing new");
    let last = closed(&ledger, 30, None);
    assert_eq!((last.run.phase, last.run.outcome), (Phase::Concluded, first.run.outcome));
    assert_eq!(last.run.revision, first.run.revision + 1);
    assert_eq!(ledger.writes(), writes);
}

#[test]
fn a_concluded_run_is_not_taken_up_again() {
    let ledger = ledger(vec![with(Status::Applied, step("a", 0)), step("b", 1)]);
    let journal = closed(&ledger, 10, Some(&caught()));
    let advanced = || now(advance(&ledger, &CATALOGUE, &at(20), &id(RUN))).expect("the ledger answers");
    assert_eq!(advanced(), Advance::Finish, "closed, not yet concluded");
    now(conclude(&ledger, &journal.run)).expect("concluded");
    assert_eq!(advanced(), Advance::Finish);
    assert_eq!(row(&ledger, "b").status, Status::Closed);
}

#[test]
fn what_moves_while_it_is_being_closed_is_looked_at_again() {
    let ledger = std::rc::Rc::new(ledger(vec![step("a", 0), step("b", 0).issue(at(1)).expect("legal")]));
    let issued = row(&ledger, "b");
    let begun = issued.start((1.into(), 2.into()), Turn { issue: 1, attempt: 0 }, at(2), at(60)).expect("legal");
    // When the first row is closed, an invocation begins to write in the second.
    let (reached, is_first) = (std::rc::Rc::downgrade(&ledger), std::cell::Cell::new(true));
    ledger.after_each_write(move || {
        if let (true, Some(ledger)) = (is_first.replace(false), reached.upgrade()) {
            assert_eq!(now(ledger.save_step(&id(RUN), &issued, &begun)).expect("answers"), Saved::Done);
        }
    });
    assert_eq!(answer(&ledger, 3, None), Closed::StillUnderWay(at(60)));
    assert_eq!(row(&ledger, "b").status, Status::Started);
}
