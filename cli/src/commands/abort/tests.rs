use backout_engine::ids::RunId;

use super::*;
use crate::commands::story::{Story, at, halted, id, is_harmless, ledger, rate, written_by_others};

fn under_way() -> Journal {
    Story::begins(Mode::Apply).started("throttle-down", rate(1000, 1), 3).0
}

fn mark(by: &str) -> Mark {
    Mark { by: Some(by.into()), reason: Some("wrong plan".into()), at: at(9) }
}

#[test]
fn what_is_under_way_is_shown_before_it_is_stopped() {
    insta::assert_snapshot!(question(&under_way(), Stops::Now, at(9), Paint::Plain));
    insta::assert_snapshot!(question(&under_way(), Stops::AfterStep, at(9), Paint::Plain));
}

#[test]
fn to_wait_for_steps_is_to_stop_at_once_where_none_is_under_way() {
    let arguments =
        |after_step| Abort { run: id(), after_step, reason: None, wait: false, asking: Asking { yes: true } };
    let pausing = Story::begins(Mode::Apply).applied("throttle-down", rate(1000, 1), 3).0;
    assert_eq!(arguments(true).stops(&pausing), Stops::Now);
    assert_eq!(arguments(true).stops(&under_way()), Stops::AfterStep);
    assert_eq!(arguments(false).stops(&under_way()), Stops::Now);
}

#[tokio::test]
async fn the_row_says_who_wants_it_to_stop_whatever_else_moves_it() {
    let journal = under_way();
    let ledger = ledger(&journal).await;
    let moved = Run { revision: 1, told_at: Some(at(4)), ..journal.run.clone() };
    ledger.save_run(&journal.run, &moved).await.expect("saved");
    mark_as_stopped(&ledger, journal.run.clone(), &mark("alice")).await.expect("marked");
    let row = ledger.run(&id()).await.expect("read").expect("one");
    assert_eq!((row.revision, row.abort, row.told_at), (2, Some(mark("alice")), Some(at(4))));
}

#[tokio::test]
async fn who_asked_first_stays_named() {
    let journal = under_way();
    let ledger = ledger(&journal).await;
    mark_as_stopped(&ledger, journal.run.clone(), &mark("alice")).await.expect("marked");
    let row = mark_as_stopped(&ledger, journal.run, &mark("bob")).await.expect("marked already");
    assert_eq!(row.abort, Some(mark("alice")));
    assert_eq!(cause(&mark("alice")), "stopped by alice: wrong plan");
}

#[tokio::test]
async fn a_run_that_ended_meanwhile_is_left_alone() {
    let (running, ended) = (under_way(), halted());
    let error = mark_as_stopped(&ledger(&ended).await, ended.run.clone(), &mark("alice")).await.expect_err("refused");
    assert_eq!((error.code.as_str(), error.exit), ("already-ended", Exit::WrongUse));
    assert_eq!(error.message, "the run `shop-1` has ended already: halted");
    assert_eq!(has_stopped(&running.run), Ok(false));
    let stopped = Story::begins(Mode::Apply).concluded(Outcome::Aborted, 9);
    assert_eq!(has_stopped(&stopped.run), Ok(true));
}

#[test]
fn how_to_go_on_is_said() {
    let told = |run: &Run, stops| text(&Told { run_id: id(), stops, what_next: next(run) }, Paint::Plain);
    insta::assert_snapshot!(told(&under_way().run, Stops::Now));
    insta::assert_snapshot!(told(&Story::begins(Mode::Apply).concluded(Outcome::Aborted, 9).run, Stops::Already));
    let mut undo = Story::begins(Mode::Undo).0.run;
    undo.request.undo = "shop-0".parse::<RunId>().ok();
    insta::assert_snapshot!(told(&undo, Stops::AfterStep));
}

#[test]
fn texts_of_others_are_shown_and_never_obeyed() {
    is_harmless(&question(&written_by_others(under_way()), Stops::Now, at(9), Paint::Plain));
}
