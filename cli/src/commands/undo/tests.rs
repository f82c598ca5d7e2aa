use backout_engine::{
    journal::{Event, Outcome},
    ledger::memory::MemoryLedger,
};

use super::*;
use crate::commands::story::{Story, at, halted, id, is_harmless, ledger, rate, written_by_others};

async fn way_back(ledger: &MemoryLedger, only: &[&str]) -> Result<WayBack, CliError> {
    let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
    WayBack::find(ledger, &id(), &only).await
}

#[tokio::test]
async fn what_goes_back_is_shown_in_order_with_its_differences_and_what_stays() {
    let back = way_back(&ledger(&halted()).await, &[]).await.expect("a way back");
    let text = back.text(at(60), Paint::Plain);
    assert!(!text.contains("\"a\""), "a secret is told");
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn a_ramp_goes_back_in_one_move_and_what_is_uncertain_is_said() {
    let journal = Story::begins(Mode::Apply)
        .applied("throttle-down", rate(1000, 1), 3)
        .started("rule-off", (serde_json::json!("ENABLED"), serde_json::json!("DISABLED")), 4)
        .ended("rule-off", Event::Lose, 40, "no answer")
        .applied("traffic-1", rate(1, 10), 50)
        .concluded(Outcome::Halted, 60);
    let back = way_back(&ledger(&journal).await, &[]).await.expect("a way back");
    let long_after = at(40 * 24 * 3600);
    insta::assert_snapshot!(back.text(long_after, Paint::Plain));
    assert!(kept(&journal.run, long_after).warning().expect("one").contains("only until 2026-12-19"));
    assert_eq!(kept(&journal.run, at(60)).warning(), None);
}

#[tokio::test]
async fn of_a_run_that_went_on_with_another_only_its_own_part_goes_back() {
    let mut journal = halted();
    journal.run.request.resume = Some("shop-0".parse().expect("id"));
    let back = way_back(&ledger(&journal).await, &[]).await.expect("a way back");
    let text = back.text(at(60), Paint::Plain);
    assert!(
        text.contains("it went on with shop-0; what that one did stays. After this: backout undo shop-0"),
        "{text}"
    );
}

#[tokio::test]
async fn a_run_that_has_changed_the_system_since_is_named() {
    let journal = halted();
    let ledger = ledger(&journal).await;
    let system = journal.run.system.clone().expect("one");
    let since = async |name: &str, undo: Option<RunId>| {
        let mut later =
            Story::begins(Mode::Apply).applied("throttle-down", rate(1, 2), 3).concluded(Outcome::Halted, 9);
        (later.run.id, later.run.request.undo) = (name.parse().expect("id"), undo);
        ledger.create_run(&later.run).await.expect("created");
        ledger.plan_steps(&later.run.id, &later.steps).await.expect("planned");
        ledger.lock(&system, &later.run.id, &later.run.execution, None).await.expect("locked");
        ledger.unlock(&system, &later.run.id).await.expect("freed");
        changed_since(&ledger, &journal.run).await.expect("reads").expect("it has")
    };
    let says = since("shop-2", None).await;
    assert!(says.ends_with("may lean on what shop-1 did; undo that first: backout undo shop-2"), "{says}");
    let says = since("shop-3", Some(id())).await;
    assert_eq!(says, "shop-3 has taken it back already; what stands as it was is left");
}

#[tokio::test]
async fn a_part_of_it_goes_back_alone() {
    let ledger = ledger(&halted()).await;
    let back = way_back(&ledger, &["rule-off"]).await.expect("a way back");
    let ids: Vec<_> = back.undoing.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["undo.rule-off"]);
    let error = way_back(&ledger, &["rule-of"]).await.expect_err("refused");
    assert_eq!((error.code.as_str(), error.help.as_deref()), ("unknown-stage", Some("did you mean `rule-off`?")));
    let error = way_back(&ledger, &["flush"]).await.expect_err("refused");
    assert_eq!(error.code.as_str(), "nothing-to-undo");
}

#[tokio::test]
async fn only_a_run_that_has_ended_and_changed_something_is_taken_back() {
    let code = async |journal: &Journal| {
        let error = way_back(&ledger(journal).await, &[]).await.expect_err("refused");
        (error.code.as_str(), error.exit)
    };
    let under_way = Story::begins(Mode::Apply).0;
    assert_eq!(code(&under_way).await, ("not-ended", Exit::WrongUse));
    let closed = Story::begins(Mode::Apply).concluded(Outcome::NotReady, 9);
    assert_eq!(code(&closed).await, ("nothing-to-undo", Exit::WrongUse));
    let error = way_back(&MemoryLedger::default(), &[]).await.expect_err("refused");
    assert_eq!(error.code.as_str(), "unknown-run");
}

#[tokio::test]
async fn texts_of_others_are_shown_and_never_obeyed() {
    let back = way_back(&ledger(&written_by_others(halted())).await, &[]).await.expect("a way back");
    is_harmless(&back.text(at(60), Paint::Plain));
}
