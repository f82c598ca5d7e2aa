use backout_engine::{
    journal::{Event, Mode, Outcome},
    plan::Chosen,
};

use super::*;
use crate::commands::{
    plans::testing::{PLAN_WITH_A_COMMAND, preview},
    story::{Story, halted, id, rate},
};

fn left(earlier: &Journal) -> Result<Preview, CliError> {
    resumable(earlier)?;
    let mut preview = preview(PLAN_WITH_A_COMMAND, |plan| Ok((InputValues::unknown(plan), Chosen::All)));
    carry_over(earlier, &mut preview.expansion)?;
    Ok(preview)
}

#[test]
fn what_is_finished_is_named_as_such_and_the_rest_is_shown() {
    let mut earlier = halted();
    let unknown = left(&earlier).expect_err("nobody knows whether it was flushed");
    assert_eq!((unknown.code.as_str(), unknown.exit), ("outcome-unknown", Exit::WrongUse));
    assert!(unknown.help.is_some_and(|help| help.contains("backout resolve shop-1 flush applied|not-applied")));
    for step in earlier.steps.iter_mut().filter(|step| step.status == Status::Unknown) {
        step.status = Status::Failed;
    }
    let preview = left(&earlier).expect("something is left");
    insta::assert_snapshot!(question(&earlier.run, &preview, Paint::Plain));
}

#[test]
fn a_ramp_goes_on_at_the_rung_that_was_not_held_to_its_end() {
    let earlier = Story::begins(Mode::Apply)
        .judged("api-seen", Event::Pass, "fine")
        .applied("throttle-down", rate(1000, 1), 3)
        .applied("rule-off", rate(1, 0), 3)
        .applied("flush", rate(0, 0), 4)
        .applied("tell", rate(0, 0), 4)
        .judged("errors-seen", Event::Pass, "fine")
        .applied("traffic-1", rate(1, 10), 9)
        .concluded(Outcome::Aborted, 10);
    let preview = left(&earlier).expect("something is left");
    insta::assert_snapshot!(question(&earlier.run, &preview, Paint::Plain));
}

#[test]
fn what_cannot_be_gone_on_with_is_refused_with_what_to_do_instead() {
    let refused = |mode, outcome, undo: Option<RunId>| {
        let mut earlier = Story::begins(mode).concluded(outcome, 9);
        earlier.run.request.undo = undo;
        let error = left(&earlier).expect_err("refused");
        assert_eq!((error.code.as_str(), error.exit), ("nothing-to-resume", Exit::WrongUse));
        format!("{error}; {}", error.help.as_deref().unwrap_or_default())
    };
    assert!(refused(Mode::Apply, Outcome::Completed, None).contains("has done all"));
    assert!(refused(Mode::Apply, Outcome::Unwound, None).contains("was unwound"));
    assert!(refused(Mode::Undo, Outcome::Stuck, Some(id())).contains("backout undo shop-1"));
    assert!(refused(Mode::Rehearse, Outcome::Rehearsed, None).contains("has done nothing"));
}
