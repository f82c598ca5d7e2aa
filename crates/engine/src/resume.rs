//! Going on where an earlier run stopped: what it has finished is not done again.

use std::collections::BTreeMap;

use crate::{
    action::Nature,
    ids::StepId,
    journal::{Conclusion, Journal, Outcome, Status, Step},
    plan::Expansion,
};

/// Takes over from an earlier run of the same plan what it has finished: its stages up to the first that is not whole,
/// and in that one the commands that were carried out, because they are not sent twice. What such steps found out stays
/// known to later ones. Returns how many steps are left to do.
pub fn carry_over(earlier: &Journal, expansion: &mut Expansion) -> usize {
    let rows: BTreeMap<&StepId, &Step> = earlier.steps.iter().map(|step| (&step.id, step)).collect();
    let mut whole = true;
    for stage in 0..expansion.stages.len() {
        let is_done = |step: &Step| rows.get(&step.id).is_some_and(|row| is_over(earlier, row));
        whole = whole && expansion.steps.iter().filter(|step| step.stage == stage).all(is_done);
        for step in expansion.steps.iter_mut().filter(|step| step.stage == stage && step.status == Status::Planned) {
            let Some(row) = rows.get(&step.id) else { continue };
            let sent = row.nature == Nature::Command && row.status == Status::Applied;
            if whole || sent {
                *step = carried(step, row, earlier);
            }
        }
    }
    expansion.steps.iter().filter(|step| step.status == Status::Planned).count()
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
        resource: row.resource.clone(),
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
        plan::OnFailure,
        testing::{id, run, step, steps_stage},
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
        assert_eq!(carry_over(&earlier, &mut expansion), 3);
        let (skipped, planned) = (Status::Skipped, Status::Planned);
        let left = [("a", skipped), ("b", planned), ("c", skipped), ("d", planned), ("e", planned)];
        assert_eq!(statuses(&expansion), left);
        let a = &expansion.steps[0];
        assert_eq!(a.conclusion.as_ref().expect("one").says, "applied in the run earlier");
        assert_eq!(a.visible_facts()["endpoint"], "e", "later steps may refer to it");
        assert_eq!(a.before, Some(json!(1000)), "and go back to it");
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
        assert_eq!(carry_over(&earlier, &mut expansion), 1);
        assert_eq!(statuses(&expansion)[4], ("e", Status::Planned));
    }

    #[test]
    fn what_a_person_has_decided_counts() {
        for (status, left) in [(Status::Applied, 1), (Status::Failed, 2)] {
            let mut earlier = halted(vec![with(status, command("a", 0)), with(Status::Closed, step("b", 1))]);
            earlier.run.stages.truncate(2);
            let mut expansion =
                Expansion { stages: stages(), steps: vec![command("a", 0), step("b", 1)], ..Expansion::default() };
            assert_eq!(carry_over(&earlier, &mut expansion), left);
        }
    }
}
