//! A run that is sealed: before its first change the world is compared with what a rehearsal has seen.

use crate::{
    action::Nature,
    code::Code,
    ids::StepId,
    journal::{Journal, Outcome, Refusal, Run, Stage, StageKind, Step, Task},
    plan::{Expansion, too_large},
};

/// Puts the comparison before everything else: one row for each change that the rehearsal has looked at.
///
/// # Errors
/// When that makes more of it than one run can hold.
pub fn seal(rehearsal: &Journal, expansion: &mut Expansion) -> Result<(), Refusal> {
    for step in &mut expansion.steps {
        step.stage += 1;
    }
    for stage in &mut expansion.stages {
        if let StageKind::Rung { ramp } | StageKind::Guards { ramp, .. } = &mut stage.kind {
            *ramp += 1;
        }
    }
    let name = "As it was rehearsed".into();
    expansion.stages.insert(0, Stage { name, kind: StageKind::Seal, users_see: None });
    let looked_at = |row: &&Step| row.nature == Nature::Change && row.before.is_some() && row.after.is_some();
    let rows = rehearsal.steps.iter().filter(looked_at).enumerate().map(|(position, row)| Step {
        position,
        task: Task::Compare { rehearsal: rehearsal.run.id.clone(), step: row.id.clone() },
        original_of: row.original_of.clone(),
        ..row.like(StepId::about("seal", &row.id), 0)
    });
    expansion.steps.splice(0..0, rows);
    too_large(expansion).map_or(Ok(()), Err)
}

/// Whether a rehearsal is one of just this run.
///
/// # Errors
/// When it is not, with what differs.
pub fn fits(rehearsal: &Journal, run: &Run) -> Result<(), Refusal> {
    let id = &rehearsal.run.id;
    let refuse = |what: String| {
        let help = format!("rehearse once more, then: backout start {} --sealed REHEARSAL", run.request.plan);
        Err(Refusal { code: Code::DiffersFromRehearsal, what, help: Some(help) })
    };
    if rehearsal.run.outcome != Some(Outcome::Rehearsed) {
        let outcome = rehearsal.run.outcome.map_or("not ended yet", Outcome::as_str);
        return refuse(format!("the run `{id}` is not a rehearsal that went well: it is {outcome}"));
    }
    if let Some(resumed) = &rehearsal.run.request.resume {
        let what = format!("the run `{id}` has rehearsed what is left of the run `{resumed}`, not the whole plan");
        let help = format!("backout resume {resumed} does what is left");
        return Err(Refusal { code: Code::DiffersFromRehearsal, what, help: Some(help) });
    }
    if rehearsal.run.request.plan != run.request.plan {
        return refuse(format!("the run `{id}` has rehearsed another plan, `{}`", rehearsal.run.request.plan));
    }
    if rehearsal.run.pinned != run.pinned {
        return refuse(format!("the plan `{}` has been changed since it was rehearsed", run.request.plan));
    }
    if rehearsal.run.inputs != run.inputs {
        let differ = run.inputs.iter().filter(|(name, value)| rehearsal.run.inputs.get(*name) != Some(*value));
        let names: Vec<_> = differ.map(|(name, _)| format!("`{name}`")).collect();
        return refuse(format!("the plan was rehearsed with other inputs: {}", names.join(", ")));
    }
    if rehearsal.run.request.only != run.request.only {
        return refuse("other stages were rehearsed than are to run".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        duration::Duration,
        journal::{Mode, Pinned},
        plan::OnGuard,
        testing::{id, run, stage, step, steps_stage},
    };

    fn rehearsal() -> Journal {
        let seen = |name: &str, stage| Step { before: Some(json!(1)), after: Some(json!(2)), ..step(name, stage) };
        let check = Step { nature: Nature::Check, ..seen("check", 1) };
        let mut row = run(vec![steps_stage("one")]);
        (row.id, row.outcome, row.request.mode) = (id("rehearsal"), Some(Outcome::Rehearsed), Mode::Rehearse);
        Journal::new(row, vec![seen("a", 0), step("known-later", 0), check])
    }

    #[test]
    fn what_was_seen_is_compared_before_everything_else() {
        let guards = StageKind::Guards { ramp: 1, hold: Duration::ZERO, on_guard: OnGuard::Hold };
        let stages = vec![steps_stage("one"), stage("rung", StageKind::Rung { ramp: 1 }), stage("guards", guards)];
        let mut expansion = Expansion { stages, steps: vec![step("a", 0), step("r", 1)], ..Expansion::default() };
        seal(&rehearsal(), &mut expansion).expect("small enough");
        let steps: Vec<_> = expansion.steps.iter().map(|step| (step.id.as_str(), step.stage)).collect();
        assert_eq!(steps, [("seal.a", 0), ("a", 1), ("r", 2)]);
        assert_eq!(expansion.stages[0].kind, StageKind::Seal);
        assert!(matches!(expansion.stages[3].kind, StageKind::Guards { ramp: 2, .. }));
    }

    #[test]
    fn a_rehearsal_of_something_else_is_refused() {
        let fits = |change: &dyn Fn(&mut Journal)| {
            let mut rehearsal = rehearsal();
            change(&mut rehearsal);
            super::fits(&rehearsal, &run(vec![])).map_err(|refusal| refusal.what)
        };
        assert_eq!(fits(&|_| ()), Ok(()));
        let said = |change: &dyn Fn(&mut Journal)| fits(change).expect_err("refused");
        assert!(said(&|it| it.run.outcome = Some(Outcome::NotReady)).contains("not_ready"));
        assert!(said(&|it| it.run.request.plan = "other".into()).contains("`other`"));
        let pinned = Pinned { plan: id("back"), version: "v".into(), sha256: "s".into() };
        assert!(said(&|it| it.run.pinned = Some(pinned.clone())).contains("changed since"));
        assert!(said(&|it| it.run.request.only = vec!["one".into()]).contains("other stages"));
    }
}
