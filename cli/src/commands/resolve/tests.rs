use backout_engine::{journal::Mode, ledger::memory::MemoryLedger};

use super::*;
use crate::commands::story::{Story, at, halted, id, ledger};

async fn say(ledger: &MemoryLedger, step: &str, decision: Decision) -> Result<Journal, CliError> {
    let step = step.parse().expect("id");
    let saying = Saying { step: &step, decision, by: "alice", reason: "the cache is empty" };
    resolve(ledger, &id(), &saying, at(900)).await
}

fn told(journal: &Journal) -> Told {
    let report = Report::of(journal, at(900));
    Told::of(journal, report, &"flush".parse().expect("id"), "s3://bucket/reports/shop-1/report.md".into())
}

#[tokio::test]
async fn what_a_person_has_found_stands_in_the_journal_and_in_the_report() {
    let ledger = ledger(&halted()).await;
    let journal = say(&ledger, "flush", Decision::Applied).await.expect("resolved");
    let kept = ledger.step(&id(), &"flush".parse().expect("id")).await.expect("read").expect("one");
    assert_eq!(kept.status, Status::Applied);
    insta::assert_snapshot!(text(&told(&journal), Paint::Plain));
    assert!(markdown(&Report::of(&journal, at(900))).contains("as alice decided"));
}

#[tokio::test]
async fn what_did_not_happen_is_still_to_be_done() {
    let journal = say(&ledger(&halted()).await, "flush", Decision::NotApplied).await.expect("resolved");
    insta::assert_snapshot!(text(&told(&journal), Paint::Plain));
}

#[tokio::test]
async fn only_what_nobody_could_tell_is_decided_and_only_once_the_run_is_over() {
    let ledger_of_halted = ledger(&halted()).await;
    let refused = async |step| {
        let error = say(&ledger_of_halted, step, Decision::Applied).await.expect_err("refused");
        (error.code.as_str(), error.message, error.help.unwrap_or_default())
    };
    assert_eq!(refused("tell").await.0, "nothing-to-resolve");
    assert_eq!(
        refused("flsh").await,
        ("unknown-step", "the run `shop-1` has no step `flsh`".into(), "did you mean `flush`?".into())
    );
    say(&ledger_of_halted, "flush", Decision::NotApplied).await.expect("resolved");
    let (code, message, _) = refused("flush").await;
    assert_eq!(code, "nothing-to-resolve");
    assert!(message.contains("is failed, not unknown: it was not carried out, as alice decided"), "{message}");
    let under_way = ledger(&Story::begins(Mode::Apply).0).await;
    assert_eq!(say(&under_way, "flush", Decision::Applied).await.expect_err("refused").code.as_str(), "not-ended");
}

#[test]
fn a_reason_has_to_be_given() {
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        resolve: Resolve,
    }
    let read = |line: &str| Line::try_parse_from(line.split('|'));
    assert!(read("resolve|shop-1|flush|applied").is_err());
    assert!(read("resolve|shop-1|flush|applied|--reason|").is_err());
    assert!(read("resolve|shop-1|flush|perhaps|--reason|seen").is_err());
    let fine = read("resolve|shop-1|flush|not-applied|--reason|no trace").expect("fine").resolve;
    assert_eq!((fine.found, fine.reason.as_str()), (Found::NotApplied, "no trace"));
}
