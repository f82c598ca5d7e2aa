//! A change that is only looked at: what stands there, and what would become of it. Nothing is written but the journal.

use serde_json::{Map, Value};

use super::{
    Answer, Moved, Visit,
    change::{LARGEST_STATE, Performer, json, typed},
    failure,
    overlay::overlay,
    to_map,
};
use crate::{
    action::{Change, Kind},
    code::Code,
    fault::Fault,
    ids::{RunId, StepId},
    journal::{Conclusion, Event, IllegalTransition, Step, Task},
};

impl<C: Change> Performer<C> {
    pub(super) async fn only_look(&self, visit: &Visit<'_>, with: &<C::Kind as Kind>::With) -> Result<Answer, Fault> {
        let claim = visit.claim();
        let at = visit.at(with, &claim, visit.issued_at(), None);
        let (state, facts) = match self.settled(visit, &at).await? {
            Ok(settled) => settled,
            Err(answer) => return Ok(answer),
        };
        let rehearsed = match &visit.step.task {
            Task::Compare { rehearsal, step } => match visit.env.ledger.step(rehearsal, step).await? {
                Some(row) => Some(row),
                None => {
                    let says = format!("the rehearsal `{rehearsal}` has no step `{step}`");
                    return visit.cannot(failure(Code::Internal, says, None)).await;
                }
            },
            _ => None,
        };
        // What the rehearsal counted as done counts as done here, too.
        let (run, task) = match &rehearsed {
            Some(row) => (rehearsal_of(visit), &row.task),
            None => (&visit.call.run, &visit.step.task),
        };
        let mut before = json(&state)?;
        for earlier in earlier(task) {
            if let Some(Step { before: Some(was), after: Some(after), .. }) =
                visit.env.ledger.step(run, earlier).await?
            {
                before = overlay(&before, &was, &after);
            }
        }
        let wanted = match typed(&before) {
            Ok(stands) => self.wanted(visit, &at, &stands).await?,
            Err(fault) => Err(fault),
        };
        let after = match wanted {
            Ok(wanted) => json(&wanted)?,
            Err(fault) => return visit.not_begun(fault, visit.step.timeout).await,
        };
        if [&before, &after].iter().any(|end| end.to_string().len() > LARGEST_STATE) {
            let says = format!("the state of this resource is larger than {LARGEST_STATE} bytes");
            return visit.end(visit.step, Event::Fail, Map::new(), failure(Code::StateTooLarge, says, None)).await;
        }
        let ended = match rehearsed {
            Some(row) => compared(visit, row, (before, after)),
            None => rehearsed_as(visit, (before, after), to_map(&facts)),
        };
        Ok(match visit.save(visit.step, ended).await? {
            Moved::On(_) => Answer::Done,
            Moved::Off(answer) => answer,
        })
    }
}

/// The run whose rows the comparison is about.
const fn rehearsal_of<'v>(visit: &'v Visit<'_>) -> &'v RunId {
    match &visit.step.task {
        Task::Compare { rehearsal, .. } => rehearsal,
        _ => &visit.call.run,
    }
}

fn earlier(task: &Task) -> &[StepId] {
    match task {
        Task::Rehearse { after } => after,
        _ => &[],
    }
}

fn rehearsed_as(visit: &Visit<'_>, ends: (Value, Value), facts: Map<String, Value>) -> Result<Step, IllegalTransition> {
    let event = if ends.0 == ends.1 { Event::FindInPlace } else { Event::Rehearse };
    visit.step.end(event, visit.now(), facts, Conclusion::default()).map(|step| step.between(ends))
}

/// As the rehearsal saw it, or what is different: from what it saw to what is there.
fn compared(visit: &Visit<'_>, rehearsed: Step, (before, after): (Value, Value)) -> Result<Step, IllegalTransition> {
    let (Some(was), Some(would_be)) = (rehearsed.before, rehearsed.after) else {
        let says = "the rehearsal could not see what this step would do";
        return visit.step.end(Event::Fail, visit.now(), Map::new(), failure(Code::DiffersFromRehearsal, says, None));
    };
    let advice = "rehearse again, read what is different, and start with the new rehearsal";
    let differs = |says: &str, ends: (Value, Value)| {
        let conclusion = failure(Code::DiffersFromRehearsal, says, Some(advice.into()));
        visit.step.end(Event::Fail, visit.now(), Map::new(), conclusion).map(|step| step.between(ends))
    };
    if was != before {
        return differs("the resource is not as it was when the plan was rehearsed", (was, before));
    }
    if would_be != after {
        return differs("the step would not do what it would have done in the rehearsal", (would_be, after));
    }
    let says = Conclusion { says: "as it was rehearsed".into(), ..Conclusion::default() };
    visit.step.end(Event::Pass, visit.now(), Map::new(), says)
}
