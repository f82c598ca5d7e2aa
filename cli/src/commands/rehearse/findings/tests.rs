use backout_engine::journal::{Event, Mode};
use serde_json::{Value, json};

use super::*;
use crate::{
    commands::story::{Story, at, is_harmless, rate, written_by_others},
    error::Exit,
};

fn looked_at() -> Story {
    let rule = json!({"state": "DISABLED"});
    Story::begins(Mode::Rehearse)
        .judged("api-seen", Event::Pass, "status 503 in 12 ms, as expected")
        .seen("throttle-down", Event::Rehearse, rate(1000, 1))
        .seen("rule-off", Event::FindInPlace, (rule.clone(), rule))
        .judged("flush", Event::Rehearse, "it would be sent, and could not be taken back")
        .judged("tell", Event::Rehearse, "it would be sent, and could not be taken back")
        .judged("errors-seen", Event::Fail, "9 of 310 lines match ERROR, at most 5 are allowed")
        .seen("traffic-1", Event::Rehearse, rate(1, 10))
}

fn told(journal: &Journal) -> (String, Exit) {
    let report = Report::of(journal, at(100));
    let ending = Ending::of(report.clone(), None);
    (Findings { journal, report: &report, ending: &ending }.text(Paint::Plain), ending.exit())
}

#[test]
fn each_step_with_what_it_would_do() {
    let journal = looked_at().seen("traffic-2", Event::Rehearse, rate(10, 1000)).concluded(Outcome::Rehearsed, 12);
    let (text, exit) = told(&journal);
    insta::assert_snapshot!(text);
    assert_eq!(exit, Exit::Completed);
}

#[test]
fn what_only_the_real_run_can_know_and_what_was_left_out_is_named() {
    let mut story = looked_at();
    for step in &mut story.0.steps {
        if step.id.as_str() == "traffic-2" {
            step.deferred = Some(vec!["tell".parse().expect("id")]);
        }
    }
    let journal = story
        .judged("traffic-2", Event::Rehearse, "known only in the real run: `rate` depends on `tell`")
        .concluded(Outcome::Rehearsed, 12);
    insta::assert_snapshot!(told(&journal).0);
}

#[test]
fn a_rehearsal_that_says_it_would_not_work() {
    let secret = |value: &str| json!({"key": {"$sensitive": value}});
    let journal = Story::begins(Mode::Rehearse)
        .judged("api-seen", Event::Fail, "status 200 in 12 ms, 503 was expected")
        .seen("throttle-down", Event::Rehearse, (secret("old"), secret("new")))
        .judged("rule-off", Event::Fail, "there is no rule nightly")
        .judged("flush", Event::Rehearse, "")
        .judged("tell", Event::Rehearse, "")
        .judged("errors-seen", Event::Pass, "0 of 310 lines match ERROR")
        .seen("traffic-1", Event::Rehearse, rate(1, 10))
        .seen("traffic-2", Event::FindInPlace, (Value::Null, Value::Null))
        .concluded(Outcome::NotReady, 12);
    let (text, exit) = told(&journal);
    assert!(!text.contains("\"old\""), "a secret is told");
    insta::assert_snapshot!(text);
    assert_eq!(exit, Exit::NotCompleted);
}

#[test]
fn texts_of_others_are_shown_and_never_obeyed() {
    for outcome in [Outcome::Rehearsed, Outcome::NotReady] {
        is_harmless(&told(&written_by_others(looked_at().concluded(outcome, 12))).0);
    }
}
