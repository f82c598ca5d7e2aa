//! Texts of others in what is told, and values that may be told.

use super::*;
use crate::journal::{Event, TakesBack};

/// What a terminal, a CI system or a reader would take for something else, all at once.
const HOSTILE: &str = "x\n::error::y\u{1b}[2J\rz ##[error]q\u{202e}| <img src=x> [a](http://b) `c`\n# heading";

/// With the text wherever a text of somebody else can stand.
fn hostile() -> Story {
    let mut story = Story::new();
    story.rolled_back();
    let run = &mut story.journal.run;
    run.request.plan = HOSTILE.into();
    (run.request.reason, run.request.requested_by) = (Some(HOSTILE.into()), Some(HOSTILE.into()));
    run.report = vec![HOSTILE.into()];
    run.users_see = Some(HOSTILE.into());
    run.refusal = Some(Refusal { code: Code::Internal, what: HOSTILE.into(), help: Some(HOSTILE.into()) });
    for stage in &mut run.stages {
        (stage.name, stage.users_see) = (HOSTILE.into(), Some(HOSTILE.into()));
    }
    for step in &mut story.journal.steps {
        step.summary = HOSTILE.into();
        if step.after.is_some() {
            (step.before, step.after) = (Some(json!({HOSTILE: HOSTILE})), Some(json!({HOSTILE: [HOSTILE]})));
        }
        if let Some(conclusion) = &mut step.conclusion {
            (conclusion.says, conclusion.advice) = (HOSTILE.into(), Some(HOSTILE.into()));
        }
    }
    story.judged("traffic-1", Event::Fail, json!({}), &why(HOSTILE, Code::Refused, Some(HOSTILE)));
    story
}

#[test]
fn texts_of_others_are_told_and_never_obeyed() {
    for outcome in [Outcome::Halted, Outcome::Stuck, Outcome::Refused, Outcome::CompletedWithWarnings] {
        let report = hostile().ended(outcome);
        let message = message(&report, "s3://bucket/report.md");
        for (what, text) in [("message", message.body), ("report", markdown(&report))] {
            for line in text.lines() {
                assert_eq!(crate::shown::lines(line), line, "{what}: something would be obeyed");
                let begins = |with: &str| line.starts_with(with);
                assert!(!begins("# heading") && !begins("\\::") && !begins("z "), "{what}: a line of others: {line}");
            }
        }
        // Between double backticks all of it is code.
        let report: String = markdown(&report).split("``").step_by(2).collect();
        assert!(!report.contains("<img") && !report.contains("](http"), "{report}");
    }
}

/// A function's environment and package, as a plan changes them.
fn rolled_back(task: Task) -> Step {
    let with = json!({
        "s3": "s3://artifacts/loader-v5.zip",
        "set": {"USE_INFLUXDB": false, "TOKEN": SECRET, "SAME_VALUE": "false"},
    });
    let state = |on: &str, token: &str, hash: &str| {
        json!({
            "variables": {
                "USE_INFLUXDB": {"$sensitive": on},
                "TOKEN": {"$sensitive": token},
                "SAME_VALUE": {"$sensitive": on},
                "ANOTHER": {"$sensitive": if on == "true" { "false" } else { "other" }},
            },
            "code_sha256": format!("{}=", hash.repeat(43)),
        })
    };
    let (was, is) = (state("true", "old", "a"), state("false", SECRET, "b"));
    let (before, after) = if matches!(task, Task::TakeBack(_)) { (is, was) } else { (was, is) };
    // TOKEN and SAME_VALUE came into the plan from elsewhere.
    let stated = ["s3", "USE_INFLUXDB"].map(str::to_owned).into();
    Step { with, stated, task, before: Some(before), after: Some(after), ..step("loader", 0) }
}

fn shown(step: &Step) -> Vec<String> {
    let redactor = Redactor::new(crate::sensitive::FingerprintKey::new(&[7; 32]));
    let changes = changes(step, &redactor);
    assert!(!serde_json::to_string(&changes).expect("writes").contains(SECRET), "a secret is told");
    let hide = |text: String| {
        text.split("(sensitive ").enumerate().fold(String::new(), |all, (index, part)| {
            if index == 0 {
                part.to_owned()
            } else {
                format!("{all}(hidden){}", part.split_once(')').map_or("", |it| it.1))
            }
        })
    };
    changes.iter().map(|change| hide(change.to_string())).collect()
}

#[test]
fn what_the_plan_states_is_shown_and_what_was_there_before_is_not() {
    assert_eq!(
        shown(&rolled_back(Task::Apply)),
        [
            "code_sha256: aaaaaaaaaaaa… → loader-v5.zip (bbbbbbbbbbbb…)",
            "variables.ANOTHER: (hidden) → (hidden)",
            "variables.SAME_VALUE: (hidden) → (hidden)",
            "variables.TOKEN: (hidden) → (hidden)",
            "variables.USE_INFLUXDB: (hidden) → false",
        ]
    );
    let claim = crate::action::Claim { run: id("run-1"), step: id("loader") };
    let back = Task::TakeBack(TakesBack { run: id("run-1"), steps: vec![id("loader")], claim });
    let shown = shown(&rolled_back(back));
    assert_eq!(shown[0], "code_sha256: loader-v5.zip (bbbbbbbbbbbb…) → aaaaaaaaaaaa…");
    assert_eq!(shown[4], "variables.USE_INFLUXDB: false → (hidden)");
}

#[test]
fn what_the_plan_states_without_quotes_is_shown_as_it_is_written() {
    let set = [("VERSION", "3.10"), ("ACCOUNT", "012345678901"), ("FLAG", "True")];
    let each = |value: &dyn Fn(&str) -> Value| -> Value {
        set.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect()
    };
    let step = Step {
        with: json!({"set": each(&|text| json!({"$backout::written": text}))}),
        stated: set.map(|(name, _)| name.to_owned()).into(),
        before: Some(json!({"variables": each(&|_| json!({"$sensitive": "was"}))})),
        after: Some(json!({"variables": each(&|text| json!({"$sensitive": text}))})),
        ..step("loader", 0)
    };
    assert_eq!(
        shown(&step),
        [
            "variables.ACCOUNT: (hidden) → 012345678901",
            "variables.FLAG: (hidden) → True",
            "variables.VERSION: (hidden) → 3.10",
        ]
    );
}

#[test]
fn nothing_is_shown_of_a_row_that_does_not_say_what_its_plan_states() {
    let older = Step { stated: Default::default(), ..rolled_back(Task::Apply) };
    assert!(shown(&older).iter().skip(1).all(|change| change.ends_with("(hidden) → (hidden)")));
}

#[test]
fn what_a_difference_leaves_out_stands_in_full_once() {
    let step = rolled_back(Task::Apply);
    let mut story = Story::new();
    story.journal.steps.retain(|step| step.stage < 3);
    let row = story.journal.steps.iter_mut().find(|step| step.id.as_str() == "code-loader").expect("a row");
    (row.with, row.stated) = (step.with, step.stated);
    story.applied("code-loader", step.before.expect("a state"), step.after.expect("a state"));
    insta::assert_snapshot!(told(&story.ended(Outcome::Halted)));
}
