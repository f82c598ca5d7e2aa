//! A change, the other way: from where a run has left a resource, back to how it was before.

use serde_json::{Map, Value};

use super::{
    Answer, Moved, Visit, failure,
    standing::{Standing, standing},
};
use crate::{
    code::Code,
    duration::Duration,
    fault::Fault,
    journal::{Event, Step, TakesBack, Task},
};

/// How long what will not go back is tried again, also against a refusal: a right that is given, or a resource that
/// recovers, within that time is enough.
const INSISTENCE: Duration = Duration::seconds(180);

/// Where a step that takes back goes.
pub(super) enum Target {
    /// To this state.
    Back(Value),
    /// Nowhere: somebody else's hand is on it.
    Drifted(Answer),
    /// Nobody knows where.
    Unrecorded(Fault),
}

/// Compares what stands there with what the journal says was left there.
pub(super) async fn target(visit: &Visit<'_>, takes: &TakesBack, now: &Value) -> Result<Target, Fault> {
    let unrecorded = || {
        let steps: Vec<_> = takes.steps.iter().map(|step| format!("`{step}`")).collect();
        let says = format!("the run `{}` did not record what {} found", takes.run, steps.join(", "));
        Target::Unrecorded(Fault::refused(says))
    };
    let mut ends = Vec::new();
    for step in &takes.steps {
        let row = visit.env.ledger.step(&takes.run, step).await?;
        let Some((before, after)) = row.and_then(|row| row.before.zip(row.after)) else { return Ok(unrecorded()) };
        ends.push((before, after));
    }
    let (Some((to, _)), Some((_, left))) = (ends.first().cloned(), ends.last().cloned()) else {
        return Ok(unrecorded());
    };
    // The last change may have been left half-way, or not made at all; and part of them may have gone back already.
    let is_ours = |(before, after): &(Value, Value)| standing(before, after, now) != Standing::Drifted;
    if is_ours(&(left.clone(), to.clone())) || ends.iter().any(is_ours) {
        return Ok(Target::Back(to));
    }
    let says = "somebody else has changed the resource since; it was left as they made it";
    let advice = "compare what is recorded below with the resource, agree with whoever changed it, and take it back by \
                  hand if it should go back";
    let conclusion = failure(Code::Drift, says, Some(advice.into()));
    let facts: Map<String, Value> = [("found".to_owned(), now.clone())].into_iter().collect();
    let ended = visit.step.end(Event::Drift, visit.now(), facts, conclusion).map(|step| step.between((left, to)));
    Ok(Target::Drifted(match visit.save(visit.step, ended).await? {
        Moved::On(_) => Answer::Done,
        Moved::Off(answer) => answer,
    }))
}

impl Visit<'_> {
    /// Whether the step takes back what another one has done.
    pub(super) const fn is_taking_back(&self) -> bool {
        matches!(self.step.task, Task::TakeBack(_))
    }

    /// Whether a refusal is not yet taken for an answer.
    pub(super) fn insists(&self, step: &Step) -> bool {
        let since = step.started_at.unwrap_or_else(|| self.issued_at());
        self.is_taking_back() && Duration::between(since, self.now()) < INSISTENCE
    }
}
