use backout_engine::journal::{Mode, Refusal};
use backout_engine::ledger::Locked;
use backout_engine::ledger::memory::MemoryLedger;

use super::*;
use crate::commands::plans::testing::PLAN_WITH_A_COMMAND;
use crate::commands::story::{Story, at, halted, id, ledger, rate};

fn shop() -> SystemName {
    "shop".parse().expect("name")
}

fn ended() -> Ended {
    let what = "its execution was stopped: Enough: wrong plan".into();
    Ended { outcome: Outcome::Aborted, refusal: Refusal { code: Code::Aborted, what, help: None }, at: None }
}

async fn held(ledger: &MemoryLedger, story: &backout_engine::journal::Journal) -> Lock {
    match ledger.lock(&shop(), &id(), &story.run.execution, None).await.expect("locked") {
        Locked::Ours(lock) => lock,
        Locked::Theirs(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_holder_that_has_ended_is_closed_and_the_system_is_free() {
    let journal = Story::begins(Mode::Apply).applied("throttle-down", rate(1000, 1), 3).0;
    let ledger = ledger(&journal).await;
    let lock = held(&ledger, &journal).await;
    let outcome = free(&ledger, &at(60), &shop(), &lock, &ended()).await.expect("freed");
    assert_eq!(outcome, Some(Outcome::Aborted));
    assert_eq!(ledger.held(&shop()).await.expect("read").holder, None);
    let closed = ledger.journal(&id(), Depth::Outline).await.expect("read").expect("one");
    assert!(closed.steps.iter().all(|step| step.status.is_final()));
}

#[tokio::test]
async fn while_a_step_could_be_under_way_or_is_to_be_found_out_the_system_stays_locked() {
    let journal = Story::begins(Mode::Apply).started("throttle-down", rate(1000, 1), 3).0;
    let ledger = ledger(&journal).await;
    let lock = held(&ledger, &journal).await;
    for (now, said, again) in [
        (at(10), "`throttle-down` could still be under way", "after 03:00:33 UTC"),
        (at(40), "what `throttle-down` did is still to be found out", "after 03:01:40 UTC"),
    ] {
        let error = free(&ledger, &now, &shop(), &lock, &ended()).await.expect_err("refused");
        assert_eq!((error.code.as_str(), error.exit), ("system-locked", Exit::NotCompleted));
        assert!(error.message.contains(said), "{error}");
        assert!(error.help.as_ref().is_some_and(|help| help.contains(again)), "{error:?}");
        assert!(ledger.held(&shop()).await.expect("read").holder.is_some());
    }
}

#[tokio::test]
async fn a_holder_that_left_no_journal_is_no_obstacle() {
    let ledger = MemoryLedger::default();
    let lock = held(&ledger, &halted()).await;
    assert_eq!(free(&ledger, &at(60), &shop(), &lock, &ended()).await, Ok(None));
    assert_eq!(ledger.held(&shop()).await.expect("read").holder, None);
}

#[test]
fn what_is_said() {
    let lock = Lock { run: id(), execution: halted().run.execution, epoch: 3, previous: None };
    let proof = Proof { execution: lock.execution.arn.clone(), said: ended().refusal.what };
    insta::assert_snapshot!(question(&shop(), &lock, &proof, Paint::Plain));
    let told = |freed, held_by, proof: Option<Proof>| {
        let outcome = proof.as_ref().map(|_| Outcome::Aborted);
        text(&Told { system: shop(), freed, held_by, outcome, proof }, Paint::Plain)
    };
    insta::assert_snapshot!(told(true, Some(id()), Some(proof)));
    assert_eq!(told(false, None, None), "the system shop is free: no run holds it");
    assert_eq!(
        told(false, Some(id()), None),
        "the system shop is free: no run holds it; the last one that did was shop-1"
    );
    let error = at_work(&shop(), &lock);
    assert_eq!(error.message, "the run `shop-1` is working on the system `shop`");
}

#[tokio::test]
async fn a_system_that_nobody_knows_is_not_free_but_unknown() {
    const LISTED: &str = "<ListBucketResult><Contents><Key>plans/shop.yaml</Key></Contents></ListBucketResult>";
    let (cloud, _) = backout_aws::testing::cloud(|asked| {
        let is_list = asked.what.contains("list-type=2");
        (200, if is_list { LISTED.to_owned() } else { PLAN_WITH_A_COMMAND.to_owned() })
    });
    let plans = cloud.plans();
    assert_eq!(has_a_plan(&shop(), &plans).await, Ok(()), "a plan acts on it");
    let error = has_a_plan(&"shpo".parse().expect("a name"), &plans).await.expect_err("unknown");
    assert_eq!((error.code.as_str(), error.exit), ("unknown-system", Exit::WrongUse));
    assert_eq!(error.help.as_deref(), Some("did you mean `shop`?"));
}
