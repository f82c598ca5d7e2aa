//! What runs look like that do not simply apply their plan to its end.

use aws_sdk_sfn::types::ExecutionStatus;
use backout_engine::{
    journal::{StageKind, Status, Task},
    undo::{Chosen as Part, undoing},
};

use super::*;
use crate::{
    stack::Stack,
    watch::{Execution as Machine, Looks, Seen, UNSEEN},
};

/// Halts, and takes back what it has done: the rows for that are planned.
fn unwinding() -> Journal {
    let mut failed = planned()
        .issued("api-seen", at(2))
        .ends("api-seen", Move::Pass, at(3), "status 503 in 12 ms, as expected")
        .issued("throttle-down", at(4))
        .issued("rule-off", at(4))
        .applied("throttle-down", at(5))
        .fails("rule-off", at(8), "could not disable the rule nightly: AccessDeniedException: no");
    let back = undoing(&failed, &Part::All, failed.run.stages.len());
    failed.run.stages.extend(back.stages);
    failed.steps.extend(back.steps);
    Journal::new(failed.run, failed.steps)
}

fn taken_back(journal: Journal, event: Move, says: &str) -> Journal {
    journal.issued("undo.throttle-down", at(9)).becomes("undo.throttle-down", |step| {
        let turn = Turn { issue: 1, attempt: 0 };
        let started = step.start((json!({"rate": 1}), json!({"rate": 5})), turn, at(9), at(40)).expect("legal");
        let code = (event == Move::GetStuck).then_some(Code::Stuck);
        let conclusion = Conclusion { says: says.into(), code, advice: None };
        started.end(event, at(12), Map::new(), conclusion).expect("legal")
    })
}

fn closed(mut journal: Journal, now: Timestamp) -> Journal {
    for step in journal.steps.iter_mut().filter(|step| step.status == Status::Planned) {
        *step = step.end(Move::Close, now, Map::new(), Conclusion::default()).expect("legal");
    }
    journal
}

#[test]
fn the_screen_while_a_run_takes_itself_back() {
    insta::assert_snapshot!(screen(&unwinding().issued("undo.throttle-down", at(9)), at(11)));
}

#[test]
fn what_is_taken_back_stays_on_the_screen() {
    let before = unwinding();
    let (seen, _) = lines::finished(&before, 0, at(9), Paint::Plain);
    let (_, lines) = lines::finished(&taken_back(before, Move::TakeBack, ""), seen, at(13), Paint::Plain);
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_log_and_the_end_of_a_run_that_was_unwound() {
    let journal = closed(taken_back(unwinding(), Move::TakeBack, ""), at(13)).over(Outcome::Unwound, at(13));
    insta::assert_snapshot!(format!("{}\n{}", log(None, &journal), ending(&journal).text(Paint::Plain)));
    assert_eq!(ending(&journal).exit(), Exit::NotCompleted);
}

#[test]
fn the_end_of_a_run_that_got_stuck_and_of_one_that_was_stopped() {
    let refused = "could not set the throttle: AccessDeniedException: no";
    let stuck = closed(taken_back(unwinding(), Move::GetStuck, refused), at(13)).over(Outcome::Stuck, at(13));
    insta::assert_snapshot!(ending(&stuck).text(Paint::Plain));
    let mut stopped = closed(diverted(), at(13)).over(Outcome::Aborted, at(13));
    stopped.run.undo_until = Some(at(86_400));
    insta::assert_snapshot!(ending(&stopped).text(Paint::Plain));
}

#[test]
fn the_log_and_the_end_of_a_rehearsal() {
    let mut journal = planned();
    journal.run.request.mode = Mode::Rehearse;
    journal.steps.iter_mut().for_each(|step| step.task = Task::Rehearse { after: Vec::new() });
    let known_later = "known only in the real run: `rate` depends on `rule-off`";
    let journal = journal
        .issued("api-seen", at(2))
        .ends("api-seen", Move::Pass, at(3), "status 503 in 12 ms, as expected")
        .issued("throttle-down", at(4))
        .ends("throttle-down", Move::Rehearse, at(5), "")
        .issued("rule-off", at(4))
        .ends("rule-off", Move::FindInPlace, at(5), "")
        .ends("traffic-1", Move::Rehearse, at(6), known_later)
        .issued("traffic-1-guard-1", at(6))
        .ends("traffic-1-guard-1", Move::Fail, at(7), "9 of 310 lines match ERROR, at most 5 are allowed");
    let journal = closed(journal, at(8)).over(Outcome::Rehearsed, at(8));
    insta::assert_snapshot!(format!("{}\n{}", log(None, &journal), ending(&journal).text(Paint::Plain)));
    assert_eq!(ending(&journal).exit(), Exit::Completed);
}

#[test]
fn what_a_sealed_run_compares_says_what_it_found() {
    let mut journal = planned();
    let seal =
        backout_engine::journal::Stage { name: "As it was rehearsed".into(), kind: StageKind::Seal, users_see: None };
    let compare = Task::Compare { rehearsal: "r".parse().expect("id"), step: "throttle-down".parse().expect("id") };
    journal.run.stages = vec![seal];
    journal.steps.retain(|step| ["throttle-down", "rule-off"].contains(&step.id.as_str()));
    for step in &mut journal.steps {
        (step.stage, step.task) = (0, compare.clone());
    }
    let journal = journal
        .issued("throttle-down", at(1))
        .ends("throttle-down", Move::Pass, at(2), "as it was rehearsed")
        .issued("rule-off", at(1))
        .fails("rule-off", at(2), "the resource is not as it was when the plan was rehearsed");
    insta::assert_snapshot!(screen(&journal, at(3)));
}

fn machine(status: ExecutionStatus) -> Machine {
    Machine {
        arn: "arn:execution:shop-1".into(),
        status,
        error: Some("Enough".into()),
        cause: Some("wrong plan".into()),
    }
}

#[test]
fn an_execution_that_ended_is_said_once_and_its_run_waited_for() {
    let mut looks = Looks::default();
    looks.found(Some(machine(ExecutionStatus::Running)));
    assert_eq!(looks.news(), None);
    looks.found(Some(machine(ExecutionStatus::Aborted)));
    let news = looks.news().expect("news");
    assert!(news.contains("(ABORTED); the run is concluded by itself"), "{news}");
    looks.found(Some(machine(ExecutionStatus::Aborted)));
    assert_eq!((looks.news(), looks.given_up()), (None, None));
    looks.found(Some(machine(ExecutionStatus::Running)));
    assert!(looks.over.is_none(), "it goes on after all");
}

#[test]
fn a_run_that_nobody_concludes() {
    let run = "shop-1".parse().expect("id");
    insta::assert_snapshot!(Ending::unconcluded(&run, &machine(ExecutionStatus::Aborted)).text(Paint::Plain));
}

#[tokio::test]
async fn an_unknown_run_is_never_said_to_be_prepared() {
    let stack = |status: u16, execution: serde_json::Value| {
        let (cloud, _) = backout_aws::testing::cloud(move |asked| match asked.what.ends_with("Query") {
            true => (200, json!({"Items": [], "Count": 0}).to_string()),
            false => (status, execution.to_string()),
        });
        Stack { cloud, state_machine: "arn:aws:states:us-east-1:123456789012:stateMachine:backout".into() }
    };
    let run = "shop-9".parse().expect("id");
    let nowhere = stack(400, json!({"__type": "ExecutionDoesNotExist"}));
    let mut looks = Looks::default();
    for _ in 1..UNSEEN {
        assert!(matches!(looks.look(&nowhere, &run).await, Ok(Seen::Nothing)));
    }
    let error = looks.look(&nowhere, &run).await.err().expect("unknown");
    assert_eq!((error.code.as_str(), error.exit), ("unknown-run", Exit::WrongUse));
    let execution = json!({"executionArn": "arn", "stateMachineArn": "arn", "name": "shop-9", "status": "RUNNING",
                           "startDate": 1_800_000_000});
    let begun = stack(200, execution);
    assert!(matches!(Looks::default().look(&begun, &run).await, Ok(Seen::Preparing)));
}
