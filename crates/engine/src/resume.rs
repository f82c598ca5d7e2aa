//! Going on where an earlier run stopped: what it has finished is not done again.

use std::collections::BTreeMap;

use crate::{
    action::Nature,
    code::Code,
    earlier::{Since, since},
    fault::Fault,
    ids::{RunId, StepId},
    journal::{Conclusion, Journal, Mode, Outcome, Pinned, Refusal, Stage, StageKind, Status, Step},
    ledger::Ledger,
    plan::Expansion,
};

/// The plan of a run that has stopped, if another one can go on with it.
///
/// # Errors
/// When it cannot: it is no run of a plan, has done all it had to, or has begun to take back what it did.
pub fn resumable(earlier: &Journal) -> Result<&Pinned, Refusal> {
    let run = &earlier.run;
    let nothing = |what: &str, help: String| Err(refuse(&run.id, what, &help));
    match (run.request.mode, run.outcome, &run.pinned) {
        (Mode::Undo, ..) => {
            let undone = run.request.undo.as_ref().unwrap_or(&run.id);
            nothing("is an undo", format!("what is left of it goes back with: backout undo {undone}"))
        }
        (Mode::Apply, Some(Outcome::Unwound), _) => match &run.request.resume {
            None => nothing("was unwound: nothing of it is left to go on with", "start the plan anew".into()),
            Some(before) => nothing(
                "has taken its own part back",
                format!("take back what `{before}` did, too (backout undo {before}), then start the plan anew"),
            ),
        },
        (Mode::Apply, Some(_), _) if earlier.is_going_back() => nothing(
            "has begun to take back what it had done",
            format!("take back the rest, if any is left (backout undo {}), then start the plan anew", run.id),
        ),
        (Mode::Apply, Some(outcome), _) if outcome.is_success() => {
            nothing("has done all that it had to do", "start the plan anew to do it again".into())
        }
        (Mode::Apply, Some(outcome), Some(pinned)) if outcome != Outcome::Refused => Ok(pinned),
        _ => nothing("has done nothing that could be gone on with", "start the plan".into()),
    }
}

/// Refuses to go on with a run whose doing another one has changed since, or may have. `latest` is the run that had the
/// system's lock last.
///
/// # Errors
/// When the ledger cannot be reached; the inner error is the refusal.
pub async fn still_stands(
    ledger: &dyn Ledger,
    latest: Option<RunId>,
    earlier: &RunId,
) -> Result<Result<(), Refusal>, Fault> {
    let other = match since(ledger, latest, earlier).await? {
        Since::Unchanged => return Ok(Ok(())),
        Since::Unknown => {
            let what = "is not shown to be the last to have changed the system: what it did may not stand any more";
            return Ok(Err(refuse(earlier, what, "start the plan anew")));
        }
        Since::Changed(other) => other,
    };
    let id = &other.id;
    let resumed = other.request.resume.as_ref() == Some(earlier);
    let (what, help) = match &other.request.undo {
        Some(undone) if undone == earlier => ("has been undone", "start the plan anew".to_owned()),
        None if resumed && other.outcome == Some(Outcome::Unwound) => (
            "has been resumed, and that was unwound",
            format!("take back what it did itself (backout undo {earlier}), then start the plan anew"),
        ),
        None if resumed && other.outcome.is_some_and(Outcome::is_success) => {
            ("has been resumed, and the rest was done", "start the plan anew to do it again".to_owned())
        }
        None if resumed => ("has been resumed", format!("go on with that one: {id}")),
        _ => ("is not the last to have changed the system; it was changed since", "start the plan anew".to_owned()),
    };
    Ok(Err(refuse(earlier, &format!("{what}, by the run `{id}`: what it did may not stand any more"), &help)))
}

fn refuse(run: &RunId, what: &str, help: &str) -> Refusal {
    let what = format!("the run `{run}` {what}");
    Refusal { code: Code::NothingToResume, what, help: Some(help.to_owned()) }
}

/// Takes over from an earlier run of the same plan what it has finished: its stages up to the first that is not whole,
/// and in that one the commands that were carried out, because they are not sent twice. What such steps found out stays
/// known to later ones.
///
/// # Errors
/// When nothing is left to do, or a command would be sent again of which nobody knows whether it happened.
pub fn carry_over(earlier: &Journal, expansion: &mut Expansion) -> Result<(), Refusal> {
    let rows: BTreeMap<&StepId, &Step> = earlier.steps.iter().map(|step| (&step.id, step)).collect();
    let mut whole = true;
    for stage in 0..expansion.stages.len() {
        whole = whole && is_whole(earlier, &rows, expansion, stage);
        for step in expansion.steps.iter_mut().filter(|step| step.stage == stage && step.status == Status::Planned) {
            let Some(row) = rows.get(&step.id) else { continue };
            let sent = row.nature == Nature::Command && row.status == Status::Applied;
            if whole || sent {
                *step = carried(step, row, earlier);
            } else if row.nature == Nature::Command && row.status == Status::Unknown {
                return Err(perhaps_sent(&earlier.run.id, row));
            }
        }
    }
    if expansion.steps.iter().any(|step| step.status == Status::Planned) {
        return Ok(());
    }
    Err(refuse(&earlier.run.id, "has nothing left to do", "start the plan anew to do it all again"))
}

fn perhaps_sent(run: &RunId, command: &Step) -> Refusal {
    let step = &command.id;
    let what =
        format!("nobody knows whether `{step}` of the run `{run}` has happened, and it is not sent again blindly");
    let help = format!("find out, then: backout resolve {run} {step} applied|not-applied --reason \"…\"");
    Refusal { code: Code::OutcomeUnknown, what, help: Some(help) }
}

/// Whether the earlier run had a stage behind it: a rung once it was held for its time, and judged where it has guards.
fn is_whole(earlier: &Journal, rows: &BTreeMap<&StepId, &Step>, expansion: &Expansion, stage: usize) -> bool {
    let of = |stage: usize| expansion.steps.iter().filter(move |step| step.stage == stage);
    let is_done = |step: &Step| rows.get(&step.id).is_some_and(|row| is_over(earlier, row));
    let is_guarded = |next: &Stage| matches!(next.kind, StageKind::Guards { .. });
    let is_rung = expansion.stages.get(stage + 1).is_some_and(is_guarded);
    if !is_rung || of(stage + 1).next().is_some() {
        return of(stage).all(is_done) && (!is_rung || of(stage + 1).all(is_done));
    }
    // Without guards, what was begun after it shows that it was held.
    let gone_on = |row: &Step| earlier.steps.iter().any(|other| other.stage > row.stage && other.issued_at.is_some());
    let is_behind = |step: &Step| rows.get(&step.id).is_some_and(|row| row.status == Status::Skipped || gone_on(row));
    of(stage).all(is_done) && of(stage).all(is_behind)
}

/// Whether the earlier run had a step behind it: it ended well, was left out, or was gone on over.
fn is_over(earlier: &Journal, row: &Step) -> bool {
    let gone_on = || {
        earlier.run.outcome.is_some_and(Outcome::is_success)
            || earlier.steps.iter().any(|other| other.stage > row.stage && other.issued_at.is_some())
    };
    row.status.is_good() || row.status == Status::Skipped || row.status.is_bad() && gone_on()
}

fn carried(step: &Step, row: &Step, earlier: &Journal) -> Step {
    let says = match (&row.conclusion, row.status) {
        (Some(before), Status::Skipped) => before.says.clone(),
        _ => format!("{} in the run {}", row.status, earlier.run.id),
    };
    Step {
        status: Status::Skipped,
        carried: Some(row.carried.unwrap_or(row.status)),
        resource: row.resource.clone(),
        serialised_by: row.serialised_by.clone(),
        with: row.with.clone(),
        deferred: None,
        item: None,
        summary: row.summary.clone(),
        before: row.before.clone(),
        after: row.after.clone(),
        facts: row.facts.clone(),
        conclusion: Some(Conclusion { says, ..Conclusion::default() }),
        ..step.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        journal::Run,
        plan::{OnFailure, OnGuard},
        request::Request,
        testing::{id, now, run, step, steps_stage},
    };

    fn stages() -> Vec<crate::journal::Stage> {
        vec![steps_stage("one"), steps_stage("two"), steps_stage("three")]
    }

    fn with(status: Status, step: Step) -> Step {
        Step { status, issued_at: status.is_good().then(|| crate::testing::at(1)), ..step }
    }

    fn command(name: &str, stage: usize) -> Step {
        Step { nature: Nature::Command, ..step(name, stage) }
    }

    fn planned() -> Expansion {
        let steps = vec![step("a", 0), step("b", 1), command("c", 1), command("d", 1), step("e", 2)];
        Expansion { stages: stages(), steps, ..Expansion::default() }
    }

    fn halted(steps: Vec<Step>) -> Journal {
        Journal::new(Run { id: id("earlier"), outcome: Some(Outcome::Halted), ..run(stages()) }, steps)
    }

    fn statuses(expansion: &Expansion) -> Vec<(&str, Status)> {
        expansion.steps.iter().map(|step| (step.id.as_str(), step.status)).collect()
    }

    #[test]
    fn finished_stages_and_commands_that_were_sent_are_not_done_again() {
        let a =
            Step { before: Some(json!(1000)), facts: json!({"endpoint": "e"}).as_object().cloned(), ..step("a", 0) };
        let earlier = halted(vec![
            with(Status::Applied, a),
            with(Status::Applied, step("b", 1)),
            with(Status::Applied, command("c", 1)),
            with(Status::Failed, command("d", 1)),
            with(Status::Closed, step("e", 2)),
        ]);
        let mut expansion = planned();
        assert_eq!(carry_over(&earlier, &mut expansion), Ok(()));
        let (skipped, planned) = (Status::Skipped, Status::Planned);
        let left = [("a", skipped), ("b", planned), ("c", skipped), ("d", planned), ("e", planned)];
        assert_eq!(statuses(&expansion), left);
        let a = &expansion.steps[0];
        assert_eq!(a.conclusion.as_ref().expect("one").says, "applied in the run earlier");
        assert_eq!(a.visible_facts()["endpoint"], "e", "later steps may refer to it");
        assert_eq!(a.before, Some(json!(1000)), "and go back to it");
        assert_eq!(a.carried, Some(Status::Applied));
    }

    #[test]
    fn a_failure_that_was_gone_on_over_is_not_tried_again_and_a_run_that_was_resumed_is_resumed_whole() {
        let failed = Step { on_failure: OnFailure::Continue, ..with(Status::Failed, step("a", 0)) };
        let earlier = halted(vec![
            failed,
            with(Status::Skipped, step("b", 1)),
            with(Status::Skipped, command("c", 1)),
            with(Status::Applied, command("d", 1)),
            with(Status::Failed, step("e", 2)),
        ]);
        let mut expansion = planned();
        assert_eq!(carry_over(&earlier, &mut expansion), Ok(()));
        assert_eq!(statuses(&expansion)[4], ("e", Status::Planned));
    }

    #[test]
    fn what_a_person_has_decided_counts() {
        for (status, again) in [(Status::Applied, Status::Skipped), (Status::Failed, Status::Planned)] {
            let mut earlier = halted(vec![with(status, command("a", 0)), with(Status::Closed, step("b", 1))]);
            earlier.run.stages.truncate(2);
            let mut expansion =
                Expansion { stages: stages(), steps: vec![command("a", 0), step("b", 1)], ..Expansion::default() };
            assert_eq!(carry_over(&earlier, &mut expansion), Ok(()));
            assert_eq!(statuses(&expansion), [("a", again), ("b", Status::Planned)]);
        }
    }

    #[test]
    fn a_command_that_may_have_happened_is_not_sent_again_before_a_person_has_decided() {
        let earlier = halted(vec![with(Status::Applied, step("a", 0)), with(Status::Unknown, command("c", 1))]);
        let refusal = carry_over(&earlier, &mut planned()).expect_err("refused");
        assert_eq!(refusal.code, Code::OutcomeUnknown);
        assert!(refusal.help.is_some_and(|help| help.contains("backout resolve earlier c applied|not-applied")));
    }

    #[test]
    fn a_rung_that_its_guards_had_not_judged_is_held_and_judged_once_more() {
        let kind = StageKind::Guards { ramp: 1, hold: crate::duration::Duration::seconds(30), on_guard: OnGuard::Hold };
        let guards = Stage { kind, ..steps_stage("one: guards") };
        let mut expansion = planned();
        expansion.stages = vec![steps_stage("one"), guards, steps_stage("three")];
        expansion.steps = vec![step("rung", 0), Step { nature: Nature::Check, ..step("guard", 1) }, step("e", 2)];
        let mut judged = expansion.clone();
        let earlier = |guard| halted(vec![with(Status::Applied, step("rung", 0)), with(guard, step("guard", 1))]);
        carry_over(&earlier(Status::Closed), &mut expansion).expect("something is left");
        assert_eq!(statuses(&expansion)[0], ("rung", Status::Planned));
        carry_over(&earlier(Status::Passed), &mut judged).expect("something is left");
        assert_eq!(statuses(&judged)[..2], [("rung", Status::Skipped), ("guard", Status::Skipped)]);
    }

    #[test]
    fn a_rung_without_guards_is_held_once_more_unless_the_run_had_gone_on_from_it() {
        let kind = StageKind::Guards { ramp: 0, hold: crate::duration::Duration::seconds(30), on_guard: OnGuard::Hold };
        let stages = vec![steps_stage("one"), Stage { kind, ..steps_stage("one: held") }, steps_stage("three")];
        for (next, again) in [(Status::Closed, Status::Planned), (Status::Passed, Status::Skipped)] {
            let earlier = halted(vec![with(Status::Applied, step("rung", 0)), with(next, step("e", 2))]);
            let steps = vec![step("rung", 0), step("e", 2), step("f", 2)];
            let mut expansion = Expansion { stages: stages.clone(), steps, ..Expansion::default() };
            carry_over(&earlier, &mut expansion).expect("something is left");
            assert_eq!(statuses(&expansion)[0], ("rung", again));
        }
    }

    #[test]
    fn what_has_begun_to_go_back_is_not_gone_on_with() {
        let mut earlier = halted(vec![with(Status::Applied, step("a", 0))]);
        earlier.run.pinned = Some(Pinned { plan: id("p"), version: "v".into(), sha256: "0".into() });
        assert!(resumable(&earlier).is_ok());
        for outcome in [Outcome::Halted, Outcome::Stuck, Outcome::Aborted] {
            let mut back = earlier.clone();
            back.run.outcome = Some(outcome);
            back.run.stages.push(Stage { kind: StageKind::Undo { of: 0 }, ..steps_stage("Take back: one") });
            assert_eq!(resumable(&back).map_err(|refusal| refusal.code), Err(Code::NothingToResume), "{outcome}");
        }
    }

    #[test]
    fn what_another_run_has_changed_since_is_not_gone_on_with() {
        let ledger = crate::ledger::memory::MemoryLedger::default();
        let row = |name: &str, request: Request| Run { id: id(name), request, ..run(stages()) };
        let undo = Request { mode: Mode::Undo, undo: Some(id("earlier")), ..Request::default() };
        for (name, request, says) in [
            ("undo", undo, "has been undone, by the run `undo`"),
            ("resume", Request { resume: Some(id("earlier")), ..Request::default() }, "has been resumed"),
            ("other", Request::default(), "is not the last to have changed the system"),
        ] {
            let row = row(name, request);
            now(ledger.create_run(&row)).expect("a row");
            let step = Step { started_at: Some(crate::testing::at(1)), ..step("a", 0) };
            now(ledger.plan_steps(&row.id, &[step])).expect("steps");
            let refusal = now(still_stands(&ledger, Some(id(name)), &id("earlier"))).expect("reads").expect_err(name);
            assert!(refusal.what.contains(says), "{refusal:?}");
        }
        let unchanged = now(still_stands(&ledger, Some(id("earlier")), &id("earlier"))).expect("reads");
        assert_eq!(unchanged, Ok(()));
    }
}
