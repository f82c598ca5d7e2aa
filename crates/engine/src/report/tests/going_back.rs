//! What people read when a run goes back, is rehearsed or is stopped.

use super::*;
use crate::{
    journal::{Abort, Event, TakesBack},
    undo::{Chosen, Undoing, undoing},
};

impl Story {
    /// The changes have resources, so that they can be taken back.
    fn on_resources(&mut self) -> &mut Self {
        for step in &mut self.journal.steps {
            let of = if step.uses == "apigateway/throttle" { "stage/prod" } else { step.id.as_str() };
            step.resource = Some(crate::resource::Resource::new("aws", "thing", [of]));
        }
        self
    }

    /// Turns round, as `Advance` does.
    fn unwinding(&mut self) -> &mut Self {
        let Undoing { stages, steps } = undoing(&self.journal, &Chosen::All, self.journal.run.stages.len());
        self.journal.run.stages.extend(stages);
        self.journal.steps.extend(steps);
        self
    }

    /// A row that takes back has ended so.
    fn back(&mut self, name: &str, ends: (Value, Value), event: Event, conclusion: &Conclusion) -> &mut Self {
        self.change_row(name, |row, now| {
            let turn = Turn { issue: 1, attempt: 0 };
            let started = row.start(ends.clone(), turn, now, now).expect("legal");
            started.end(event, now, Map::new(), conclusion.clone()).expect("legal")
        })
    }

    fn failed(&mut self) -> &mut Self {
        let missing =
            why("there is no object s3://artifacts/loader-v5.zip", Code::Refused, Some("upload the artifact"));
        self.on_resources().diverted().judged("code-loader", Fail, json!({}), &missing)
    }
}

const FLAGS: [bool; 2] = [true, false];

fn flag(on: bool) -> Value {
    json!({"flags": {"enable_maintenance_mode": on}})
}

#[test]
fn unwound() {
    let mut story = Story::new();
    let fine = Conclusion::default();
    story
        .failed()
        .unwinding()
        .back("undo.maintenance-on", (flag(FLAGS[0]), flag(FLAGS[1])), Event::TakeBack, &fine)
        .back(
            "undo.throttle-down",
            (json!({"rate": 1, "burst": 1}), json!({"rate": 1000, "burst": 2000})),
            Event::TakeBack,
            &fine,
        );
    insta::assert_snapshot!(told(&story.ended(Outcome::Unwound)));
}

#[test]
fn stuck() {
    let mut story = Story::new();
    let denied =
        why("could not set the throttle: AccessDeniedException", Code::Refused, Some("give the role its right back"));
    story
        .failed()
        .unwinding()
        .back("undo.maintenance-on", (flag(FLAGS[0]), flag(FLAGS[1])), Event::TakeBack, &Conclusion::default())
        .back(
            "undo.throttle-down",
            (json!({"rate": 1, "burst": 1}), json!({"rate": 1000, "burst": 2000})),
            Event::GetStuck,
            &denied,
        );
    insta::assert_snapshot!(told(&story.ended(Outcome::Stuck)));
}

#[test]
fn what_users_see_of_a_run_that_goes_on_with_another_begins_with_what_that_one_did() {
    let mut story = Story::new();
    for step in story.journal.steps.iter_mut().filter(|step| step.stage < 2) {
        (step.status, step.carried) = (Status::Skipped, Some(Status::Applied));
    }
    story.journal.run.request.resume = Some(id("earlier"));
    let why = why("no", Code::Refused, None);
    story.judged("code-loader", Fail, json!({}), &why);
    let sees = |story: &mut Story, outcome| story.ended(outcome).users_see.expect("something");
    assert_eq!(sees(&mut story, Outcome::Halted), "Status 503 and a maintenance notice.");
    // What it has unwound is its own part.
    assert_eq!(sees(&mut story, Outcome::Unwound), "Status 503 and a maintenance notice.");
}

#[test]
fn a_stage_that_is_taken_back_is_not_seen_though_part_of_it_was_carried_over() {
    let mut story = Story::new();
    story.on_resources();
    for step in story.journal.steps.iter_mut().filter(|step| step.id.as_str() == "maintenance-on") {
        (step.status, step.carried) = (Status::Skipped, Some(Status::Applied));
    }
    story
        .applied("throttle-down", rate(1000), rate(1))
        .judged("code-loader", Fail, json!({}), &why("no", Code::Refused, None))
        .unwinding()
        .back("undo.throttle-down", (rate(1), rate(1000)), Event::TakeBack, &Conclusion::default());
    assert_eq!(story.ended(Outcome::Unwound).users_see.as_deref(), Some("Errors."));
}

#[test]
fn unwound_but_for_a_command_and_for_what_somebody_else_has_changed() {
    let mut story = Story::new();
    let theirs = why("somebody else has changed the resource since; it was left as they made it", Code::Drift, None);
    story.failed().unwinding().judged("undo.maintenance-on", Event::Drift, json!({}), &theirs).back(
        "undo.throttle-down",
        (rate(1), rate(1000)),
        Event::TakeBack,
        &Conclusion::default(),
    );
    let report = story.ended(Outcome::Unwound);
    assert!(report.headline.ends_with("what it had done is taken back, but for one step"), "{}", report.headline);
    assert_eq!(report.users_see.as_deref(), Some("Errors. Perhaps only in part: not all of it went back."));
}

#[test]
fn stopped_while_it_went_back() {
    let mut story = Story::new();
    story.failed().unwinding().back(
        "undo.maintenance-on",
        (flag(true), flag(false)),
        Event::TakeBack,
        &Conclusion::default(),
    );
    let report = story.ended(Outcome::Aborted);
    assert!(
        report.headline.ends_with("what it had done was being taken back, and stands in part"),
        "{}",
        report.headline
    );
    let todo = report.what_to_do.join("\n");
    assert!(todo.contains("To take back the rest: backout undo run-1"), "{todo}");
    assert!(!todo.contains("resume"), "what it had done does not stand any more: {todo}");
}

#[test]
fn undone_but_for_what_somebody_else_has_changed() {
    let mut forth = Story::new();
    forth.on_resources().rolled_back();
    let Undoing { stages, steps } = undoing(&forth.journal, &Chosen::All, 0);
    let takes =
        steps.iter().filter(|row| matches!(&row.task, Task::TakeBack(TakesBack { steps, .. }) if !steps.is_empty()));
    assert_eq!(takes.count(), 4);
    let mut back = Story::new();
    let request = Request { mode: Mode::Undo, undo: Some(id(RUN)), ..forth.journal.run.request.clone() };
    let run = Run { id: id("back"), stages, request, report: Vec::new(), deadline: None, ..forth.journal.run.clone() };
    back.journal = Journal::new(Run { undo_until: Some(at(89 * 24 * 3600)), ..run }, steps);
    let theirs = why("somebody else has changed the resource since; it was left as they made it", Code::Drift, None);
    let code = |hash: &str| json!({"sha256": hash});
    back.back("undo.code-loader", (code("bbbb"), code("aaaa")), Event::TakeBack, &Conclusion::default());
    back.judged("undo.environment-loader", Event::Drift, json!({"found": {"variables": {}}}), &theirs);
    back.back("undo.maintenance-on", (flag(true), flag(false)), Event::TakeBack, &Conclusion::default());
    back.back("undo.throttle-down", (rate(1), rate(1000)), Event::TakeBack, &Conclusion::default());
    insta::assert_snapshot!(told(&back.ended(Outcome::CompletedWithWarnings)));
}

#[test]
fn rehearsed() {
    let mut story = Story::new();
    story.journal.run.request.mode = Mode::Rehearse;
    for step in &mut story.journal.steps {
        step.task = Task::Rehearse { after: Vec::new() };
    }
    let passed = Conclusion { says: "3600 rows, at least 1 wanted".into(), ..Conclusion::default() };
    story.judged("backup-fresh", Pass, json!({"value": "at 02:59"}), &passed);
    for (name, before, after) in [
        ("maintenance-on", flag(false), flag(true)),
        ("throttle-down", json!({"rate": 1000, "burst": 2000}), rate(1)),
        ("code-loader", json!({"sha256": "aaaa"}), json!({"sha256": "bbbb"})),
        ("traffic-1", rate(1), rate(10)),
        ("traffic-2", rate(10), rate(100)),
        ("traffic-3", rate(100), json!({"rate": 1000, "burst": 2000})),
    ] {
        story.change_row(name, |row, now| {
            let ended = row.end(Event::Rehearse, now, Map::new(), Conclusion::default()).expect("legal");
            ended.between((before.clone(), after.clone()))
        });
    }
    let later = Conclusion {
        says: "known only in the real run: `endpoint` depends on `restore`".into(),
        ..Conclusion::default()
    };
    story.judged("environment-loader", Event::Rehearse, json!({}), &later);
    let now = why("no traffic in 30s", Code::CheckInconclusive, None);
    for guard in ["traffic-1-guard-1", "traffic-2-guard-1", "traffic-3-guard-1"] {
        story.judged(guard, Event::FindNothing, json!({}), &now);
    }
    insta::assert_snapshot!(told(&story.ended(Outcome::Rehearsed)));
}

#[test]
fn stopped_by_somebody() {
    let mut story = Story::new();
    story.on_resources().diverted();
    let abort = Abort { by: Some("ana".into()), reason: Some("the database is back".into()), at: at(20) };
    story.journal.run.abort = Some(abort);
    story.journal.run.undo_until = Some(at(89 * 24 * 3600));
    story.journal.run.refusal =
        Some(Refusal { code: Code::Aborted, what: "it was stopped by ana: the database is back".into(), help: None });
    insta::assert_snapshot!(told(&story.ended(Outcome::Aborted)));
}
