//! The shell around [`decide`]: reads the journal, notes what was decided, hands steps out.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::{
    action::{Catalogue, Entry, Host, Nature},
    clock::{Clock, Timestamp},
    code::Code,
    decide::{Decision, Next, decide},
    duration::Duration,
    fault::Fault,
    ids::{RunId, StepId},
    journal::{Conclusion, Event, Journal, Run, Status, Step, Task},
    ledger::{Depth, Ledger, Saved},
    plan::Scope,
    resource::Resource,
    undo::{Chosen, Undoing, undoing},
};

/// How many rows are written at a time.
const AT_ONCE: usize = 16;
/// The longest single pause; a longer one is decided again in between.
const LONGEST_PAUSE_SECONDS: u32 = 900;

/// What the state machine is told to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub enum Advance {
    /// Run these steps, side by side.
    Stage {
        /// The steps.
        steps: Vec<Item>,
    },
    /// Run these steps, side by side: they take back.
    Unwind {
        /// The steps.
        steps: Vec<Item>,
    },
    /// Wait.
    Pause {
        /// How long.
        seconds: u32,
    },
    /// Conclude.
    Finish,
}

/// One step, as it travels through the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub step: StepId,
    /// The function that hosts its action.
    pub function: Host,
    /// How often it was handed out.
    pub issue: u32,
    /// How often it has been looked at since.
    pub attempt: u32,
}

/// Decides what a run does next, writes it into the journal, and says it.
///
/// # Errors
/// When the ledger cannot be reached or the run is unknown.
pub async fn advance(
    ledger: &dyn Ledger,
    catalogue: &Catalogue,
    clock: &dyn Clock,
    run: &RunId,
) -> Result<Advance, Fault> {
    let mut depth = Depth::Outline;
    loop {
        let Some(journal) = ledger.journal(run, depth).await? else {
            return Err(Fault::refused(format!("there is no run `{run}`")));
        };
        let now = clock.now();
        let decision = decide(&journal, now);
        let noted = note(ledger, catalogue, &journal, &decision, now).await?;
        return Ok(match decision.next {
            _ if noted && !decision.lost.is_empty() => continue,
            Next::Finish(_) => Advance::Finish,
            // What is taken back is read off the recorded states.
            Next::Unwind if depth == Depth::Outline => {
                depth = Depth::Full;
                continue;
            }
            Next::Unwind => {
                begin_unwinding(ledger, &journal).await?;
                continue;
            }
            Next::Pause { until, .. } => {
                let seconds = Duration::between(now, until).seconds_up().clamp(1, LONGEST_PAUSE_SECONDS);
                Advance::Pause { seconds }
            }
            Next::Stage(ids) => {
                let steps: Vec<&Step> = journal.steps.iter().filter(|step| ids.contains(&step.id)).collect();
                // Only templates over earlier steps need the whole journal.
                if depth == Depth::Outline && steps.iter().any(|step| step.deferred.is_some()) {
                    depth = Depth::Full;
                    continue;
                }
                let (ready, wrong) = resolve(&journal, &steps, catalogue);
                for (step, conclusion) in wrong {
                    let event = match (&step.task, conclusion.code) {
                        (Task::Rehearse { .. }, None) => Event::Rehearse,
                        _ => Event::Fail,
                    };
                    save(ledger, run, step, step.end(event, now, Map::new(), conclusion)).await?;
                }
                let items = hand_out(ledger, run, ready, now).await?;
                if items.is_empty() {
                    continue;
                }
                // A stage is of one kind.
                if steps.iter().any(|step| matches!(step.task, Task::TakeBack(_))) {
                    Advance::Unwind { steps: items }
                } else {
                    Advance::Stage { steps: items }
                }
            }
        });
    }
}

/// Writes how the run takes itself back: first the rows, then the stages that make them count. A repeat writes the same.
async fn begin_unwinding(ledger: &dyn Ledger, journal: &Journal) -> Result<(), Fault> {
    let run = &journal.run;
    let Undoing { stages, steps } = undoing(journal, &Chosen::All, run.stages.len());
    if steps.is_empty() {
        return Err(Fault::refused(format!(
            "the run `{}` is to be unwound, and nothing of it can be taken back",
            run.id
        )));
    }
    ledger.plan_steps(&run.id, &steps).await?;
    let unwinding =
        Run { revision: run.revision + 1, stages: run.stages.iter().cloned().chain(stages).collect(), ..run.clone() };
    ledger.save_run(run, &unwinding).await.map(drop)
}

async fn note(
    ledger: &dyn Ledger,
    catalogue: &Catalogue,
    journal: &Journal,
    Decision { skip, lost, .. }: &Decision,
    now: Timestamp,
) -> Result<bool, Fault> {
    for step in &journal.steps {
        if let Some((_, why)) = skip.iter().find(|(id, _)| *id == step.id) {
            let conclusion = Conclusion { says: why.clone(), ..Conclusion::default() };
            save(ledger, &journal.run.id, step, step.end(Event::Skip, now, Map::new(), conclusion)).await?;
        }
        if lost.contains(&step.id) {
            let (event, conclusion) = lose(step, catalogue);
            save(ledger, &journal.run.id, step, step.end(event, now, Map::new(), conclusion)).await?;
        }
    }
    Ok(!skip.is_empty() || !lost.is_empty())
}

/// How a step ends that was handed out again and again and never heard of. What has not started has done nothing.
fn lose(step: &Step, catalogue: &Catalogue) -> (Event, Conclusion) {
    let function = catalogue.find(&step.uses).map_or(step.uses.as_str(), |entry| entry.host.as_str());
    let times = step.issues;
    let (event, code, says, advice) = if matches!(step.task, Task::TakeBack(_)) {
        let says = format!("the function `{function}` was lost {times} times at it");
        (Event::Fail, Code::Stuck, says, "look at the function's log, then undo the run once more")
    } else if step.status == Status::Started {
        let says = format!("the function `{function}` was lost {times} times at it; nobody can tell what it has done");
        let advice = "look at the function's log, compare the resource with the report, and decide by hand";
        (Event::Lose, Code::OutcomeUnknown, says, advice)
    } else {
        let says =
            format!("the function `{function}` was sent for {times} times and never heard of; nothing was changed");
        (Event::Fail, Code::Internal, says, "look at the function's log and at its concurrency limit")
    };
    (event, Conclusion { says, code: Some(code), advice: Some(advice.to_owned()) })
}

/// Steps as they are to be handed out, beside their rows, each with its function; and steps that cannot be.
type Resolved<'a> = (Vec<(&'a Step, Step, Host)>, Vec<(&'a Step, Conclusion)>);

/// Renders what refers to earlier steps; says which steps cannot be handed out, and why.
fn resolve<'a>(journal: &Journal, steps: &[&'a Step], catalogue: &Catalogue) -> Resolved<'a> {
    let (mut ready, mut wrong) = (Vec::new(), Vec::new());
    let stage = steps.first().map(|step| step.stage);
    // Whatever only looks shares.
    let shares = |step: &Step| step.nature == Nature::Check || matches!(step.task, Task::Compare { .. });
    let mut taken: BTreeMap<Resource, StepId> = journal
        .steps
        .iter()
        .filter(|step| Some(step.stage) == stage && !shares(step))
        .flat_map(|step| step.serialised_by().iter().map(|what| (what.clone(), step.id.clone())))
        .collect();
    for step in steps.iter().copied() {
        match rendered(journal, step, catalogue) {
            Err(conclusion) => wrong.push((step, conclusion)),
            Ok((now, host)) => {
                let held = |what| taken.get(what).filter(|holder| **holder != step.id).map(|holder| (holder, what));
                if let (Some((other, what)), false) = (now.serialised_by().iter().find_map(held), shares(step)) {
                    let says = format!("the step `{other}` of the same stage acts on {what} too; nothing was changed");
                    let advice = "put one of the two into a stage of its own".to_owned();
                    wrong.push((step, Conclusion { says, code: Some(Code::SharedResource), advice: Some(advice) }));
                    continue;
                }
                if !shares(step) {
                    taken.extend(now.serialised_by().iter().map(|what| (what.clone(), step.id.clone())));
                }
                ready.push((step, now, host));
            }
        }
    }
    (ready, wrong)
}

fn rendered(journal: &Journal, step: &Step, catalogue: &Catalogue) -> Result<(Step, Host), Conclusion> {
    let entry = catalogue.find(&step.uses).ok_or_else(|| Conclusion {
        says: format!("there is no action `{}` any more; nothing was changed", step.uses),
        code: Some(Code::UnknownAction),
        advice: Some("deploy a version of backout that has it, and resume or undo the run".into()),
    })?;
    let ready = with_facts(journal, step, entry)?;
    let task = match &ready.task {
        Task::Rehearse { .. } => Task::Rehearse { after: earlier_on_same(journal, &ready) },
        task => task.clone(),
    };
    Ok((Step { task, ..ready }, entry.host))
}

/// The earlier steps of the same kind on the same resource.
fn earlier_on_same(journal: &Journal, step: &Step) -> Vec<StepId> {
    let same = |other: &&Step| {
        other.stage < step.stage
            && other.status == Status::Rehearsed
            && other.uses == step.uses
            && other.resource.is_some()
            && other.resource == step.resource
    };
    journal.steps.iter().filter(same).map(|other| other.id.clone()).collect()
}

fn with_facts(journal: &Journal, step: &Step, entry: &Entry) -> Result<Step, Conclusion> {
    let Some(needs) = &step.deferred else { return Ok(step.clone()) };
    let wrong = |says: String| Conclusion { says, code: Some(Code::BrokenTemplate), advice: None };
    let facts = journal.steps.iter().filter(|other| needs.contains(&other.id));
    let scope = Scope {
        inputs: journal.run.inputs.clone(),
        item: step.item.clone(),
        steps: facts.map(|other| (other.id.clone(), other.visible_facts())).collect(),
        run: None,
    };
    let with = crate::plan::render(&step.with, &scope).map_err(|(path, error)| match &step.task {
        Task::Rehearse { .. } => {
            let needs: Vec<_> = needs.iter().map(|id| format!("`{id}`")).collect();
            let says = format!("known only in the real run: `{}` depends on {}", path.join("."), needs.join(", "));
            Conclusion { says, code: None, advice: None }
        }
        _ => wrong(format!("`{}`: {error}", path.join("."))),
    })?;
    let looked = entry.look(&with).map_err(|error| wrong(format!("`{}`: {error}", error.path.join("."))))?;
    if let Some(fault) = looked.faults.first() {
        return Err(wrong(fault.clone()));
    }
    Ok(Step {
        with,
        deferred: None,
        item: None,
        resource: Some(looked.resource),
        serialised_by: looked.serialised_by,
        summary: looked.summary,
        ..step.clone()
    })
}

async fn hand_out(
    ledger: &dyn Ledger,
    run: &RunId,
    ready: Vec<(&Step, Step, Host)>,
    now: Timestamp,
) -> Result<Vec<Item>, Fault> {
    let items: Vec<Option<Item>> = stream::iter(ready)
        .map(|(was, rendered, function)| async move {
            let issued = rendered.issue(now).map_err(|error| Fault::refused(error.to_string()))?;
            Ok::<_, Fault>(match ledger.save_step(run, was, &issued).await? {
                Saved::Done => Some(Item { step: issued.id, function, issue: issued.issues, attempt: 0 }),
                // A late invocation has ended it meanwhile: there is nothing to hand out.
                Saved::Behind(_) => None,
            })
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(items.into_iter().flatten().collect())
}

async fn save(
    ledger: &dyn Ledger,
    run: &RunId,
    was: &Step,
    now: Result<Step, crate::journal::IllegalTransition>,
) -> Result<(), Fault> {
    let now = now.map_err(|error| Fault::refused(error.to_string()))?;
    ledger.save_step(run, was, &now).await.map(drop)
}

#[cfg(test)]
mod tests;
