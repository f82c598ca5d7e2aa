//! What it takes to take a run back: which changes, in which order, each from where to where.
//!
//! It is read off the recorded states, not off the plan. The changes to the same parts of a resource that follow on one
//! another (each begins where the one before it ended) are a chain, which goes back in one move. What lies between two
//! chains is somebody else's hand, and each chain then goes back for itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    action::{Claim, Nature},
    code::Code,
    ids::StepId,
    journal::{Journal, Refusal, Stage, StageKind, Status, Step, TakesBack, Task},
    plan::{OnFailure, nearest},
    resource::Resource,
};

/// The stages and steps that take a run back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Undoing {
    /// The stages, last change first.
    pub stages: Vec<Stage>,
    /// Their steps.
    pub steps: Vec<Step>,
}

/// Takes back what the steps of a journal have done, as far as `chosen` goes. Its stages are counted from `first_stage`.
///
/// Needs the journal with all that its rows hold.
pub fn undoing(journal: &Journal, chosen: &Chosen, first_stage: usize) -> Undoing {
    let mut undoing = Undoing::default();
    let mut chains: BTreeMap<usize, Vec<Vec<&Step>>> = BTreeMap::new();
    for chain in chains_of(journal, chosen) {
        // What was done first is taken back last: a gate that was closed before everything else opens after it.
        let stage = chain.first().map_or(0, |step| step.stage);
        chains.entry(stage).or_default().push(chain);
    }
    for (of, chains) in chains.into_iter().rev() {
        let name = journal.run.stages.get(of).map_or("", |stage| &stage.name);
        let name = format!("Take back: {}", name.trim_start_matches("Take back: "));
        // A stage may have two chains on one resource only where steps shared none: one after the other, then.
        for side_by_side in apart(chains) {
            let stage = first_stage + undoing.stages.len();
            undoing.stages.push(Stage { name: name.clone(), kind: StageKind::Undo { of }, users_see: None });
            let steps = side_by_side.iter().enumerate();
            undoing.steps.extend(steps.filter_map(|(position, chain)| row(journal, chain, stage, position)));
        }
    }
    undoing
}

/// What it takes to take back what `only` names of a run; all of it if it names nothing.
///
/// # Errors
/// When the run has no such stage or step, or has changed nothing there.
pub fn taking_back(journal: &Journal, only: &[String]) -> Result<Undoing, Refusal> {
    let chosen = Chosen::of(journal, only)?;
    if let Some((all, later)) = chains(journal).iter().find_map(|chain| chosen.cuts(journal, chain)) {
        let step = all.first().map_or_else(String::new, |step| format!("`{step}`"));
        let names: Vec<_> = later.iter().map(|id| format!("`{id}`")).collect();
        let flags: Vec<_> = all.iter().map(|id| format!("--only {id}")).collect();
        let what = format!("{step} cannot go back alone: the same thing was changed after it, by {}", names.join(", "));
        let help = format!("backout undo {} {}; or take the whole run back", journal.run.id, flags.join(" "));
        return Err(Refusal { code: Code::WrongRequest, what, help: Some(help) });
    }
    let undoing = undoing(journal, &chosen, 0);
    if !undoing.steps.is_empty() {
        return Ok(undoing);
    }
    let (run, there) = (&journal.run.id, if only.is_empty() { "" } else { " there" });
    let what = format!("the run `{run}` has changed nothing{there} that could be taken back");
    let help = Some(format!("`backout report {run}` shows what it has done"));
    Err(Refusal { code: Code::NothingToUndo, what, help })
}

/// Which part of a run is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// All of it.
    All,
    /// The stages and steps of these names.
    Only(BTreeSet<String>),
}

impl Chosen {
    /// What `only` names; everything if it names nothing.
    ///
    /// # Errors
    /// When the run has no stage and no step of such a name.
    pub fn of(journal: &Journal, only: &[String]) -> Result<Self, Refusal> {
        if only.is_empty() {
            return Ok(Self::All);
        }
        let names: BTreeSet<&str> = journal
            .run
            .stages
            .iter()
            .map(|stage| stage.name.as_str())
            .chain(journal.steps.iter().map(|step| step.id.as_str()))
            .collect();
        let is_unknown = |only: &&String| !names.iter().any(|name| is_named(name, only));
        if let Some(unknown) = only.iter().find(is_unknown) {
            let stages: Vec<_> = journal.run.stages.iter().map(|stage| format!("`{}`", stage.name)).collect();
            let help = match nearest(unknown, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has the stages {}", stages.join(", ")),
            };
            let what = format!("the run `{}` has no stage and no step `{unknown}`", journal.run.id);
            return Err(Refusal { code: Code::UnknownStage, what, help: Some(help) });
        }
        Ok(Self::Only(only.iter().cloned().collect()))
    }

    /// A chain from its first chosen step on, and what of that is not chosen; `None` if all of it is.
    fn cuts<'j>(&self, journal: &Journal, chain: &[&'j Step]) -> Option<(Vec<&'j StepId>, Vec<&'j StepId>)> {
        let first = chain.iter().position(|step| self.has(journal, step))?;
        let all = || chain.iter().skip(first);
        let left: Vec<_> = all().filter(|step| !self.has(journal, step)).map(|step| &step.id).collect();
        (!left.is_empty()).then(|| (all().map(|step| &step.id).collect(), left))
    }

    /// The end of a chain from where on all of it is chosen.
    fn end_of<'j>(&self, journal: &Journal, chain: Vec<&'j Step>) -> Vec<&'j Step> {
        let left = chain.iter().rposition(|step| !self.has(journal, step)).map_or(0, |left| left + 1);
        chain.into_iter().skip(left).collect()
    }

    fn has(&self, journal: &Journal, step: &Step) -> bool {
        let Self::Only(names) = self else { return true };
        let stage = journal.run.stages.get(step.stage).map_or("", |stage| &stage.name);
        names.iter().any(|name| is_named(stage, name) || step.id.as_str() == name)
    }
}

/// A ramp's stages are called `Restore traffic (1 of 5)`, and meant as one.
fn is_named(name: &str, wanted: &str) -> bool {
    name == wanted || name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(" (") && rest.contains(" of "))
}

/// The steps of a run that did something which cannot be taken back, or may have.
pub fn irreversible(journal: &Journal) -> impl Iterator<Item = &Step> {
    let may_have_happened = |step: &&Step| matches!(step.status, Status::Applied | Status::Unknown);
    journal.steps.iter().filter(|step| step.nature == Nature::Command).filter(may_have_happened)
}

/// What is chosen of the chains, in the order of their first steps.
fn chains_of<'j>(journal: &'j Journal, chosen: &Chosen) -> Vec<Vec<&'j Step>> {
    let chosen = chains(journal).into_iter().map(|chain| chosen.end_of(journal, chain));
    let mut chains: Vec<_> = chosen.filter(|chain| !chain.is_empty()).collect();
    chains.sort_by_key(|chain| chain.first().map(|step| (step.stage, step.position)));
    chains
}

fn chains(journal: &Journal) -> Vec<Vec<&Step>> {
    let taken_back = taken_back_already(journal);
    let mut by_kind: BTreeMap<(&Resource, &str), Vec<Vec<&Step>>> = BTreeMap::new();
    let candidates = journal.steps.iter().filter(|step| step.may_be_taken_back() && !taken_back.contains(&step.id));
    for step in candidates {
        let Some(resource) = &step.resource else { continue };
        let chains = by_kind.entry((resource, &step.uses)).or_default();
        // Of the chains about the same parts, the one that was at them last.
        let latest = chains
            .iter_mut()
            .filter(|chain| chain.last().is_some_and(|last| is_about_the_same(last, step)))
            .max_by_key(|chain| chain.last().map(|last| (last.stage, last.position)));
        match latest {
            Some(chain) if chain.last().is_some_and(|last| follows_on(last, step)) => chain.push(step),
            _ => chains.push(vec![step]),
        }
    }
    by_kind.into_values().flatten().collect()
}

fn is_about_the_same(one: &Step, other: &Step) -> bool {
    match (&one.after, &other.before) {
        (Some(one), Some(other)) => shares_parts(one, other),
        _ => true,
    }
}

fn shares_parts(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.iter().any(|(key, one)| other.get(key).is_some_and(|other| shares_parts(one, other)))
        }
        _ => true,
    }
}

/// What the run itself has taken back again.
pub(crate) fn taken_back_already(journal: &Journal) -> BTreeSet<StepId> {
    let own = journal.steps.iter().filter_map(|step| match &step.task {
        Task::TakeBack(takes) if takes.run == journal.run.id && is_back(step) => Some(takes.steps.iter().cloned()),
        _ => None,
    });
    let mut back: BTreeSet<StepId> = own.flatten().collect();
    // The rows that did it are not themselves taken back: that would be to do it again.
    back.extend(
        journal
            .steps
            .iter()
            .filter(|step| matches!(&step.task, Task::TakeBack(takes) if takes.run == journal.run.id))
            .map(|step| step.id.clone()),
    );
    back
}

const fn is_back(step: &Step) -> bool {
    matches!(step.status, Status::Undone | Status::InPlace)
}

/// Whether a change begins where another one of its kind ended.
fn follows_on(last: &Step, next: &Step) -> bool {
    let certain = matches!(last.status, Status::Applied | Status::Undone);
    certain && last.after.is_some() && last.after == next.before
}

/// Chains that may go back side by side: no two of them at what AWS serialises, later ones first.
fn apart(chains: Vec<Vec<&Step>>) -> Vec<Vec<Vec<&Step>>> {
    let mut rounds: Vec<Vec<Vec<&Step>>> = Vec::new();
    for chain in chains.into_iter().rev() {
        let at = |chain: &[&Step]| chain.iter().flat_map(|step| step.serialised_by()).cloned().collect::<BTreeSet<_>>();
        let free = |round: &&mut Vec<Vec<&Step>>| round.iter().all(|other| at(other).is_disjoint(&at(&chain)));
        match rounds.iter_mut().rev().take(1).find(free) {
            Some(round) => round.push(chain),
            None => rounds.push(vec![chain]),
        }
    }
    rounds
}

fn row(journal: &Journal, chain: &[&Step], stage: usize, position: usize) -> Option<Step> {
    let (first, last) = (chain.first()?, chain.last()?);
    let steps: Vec<StepId> = chain.iter().map(|step| step.id.clone()).collect();
    let summary = match &first.task {
        // To undo an undo is to do it again.
        Task::TakeBack(_) => format!("again: {}", first.summary.trim_start_matches("take back: ")),
        _ if chain.len() > 1 => format!("take back: {} and {} more", first.summary, chain.len() - 1),
        _ => format!("take back: {}", first.summary),
    };
    Some(Step {
        position,
        summary,
        task: Task::TakeBack(TakesBack { run: journal.run.id.clone(), steps, claim: claim_of(journal, last) }),
        on_failure: OnFailure::Halt,
        // For the report of a row that is never begun: what it would have done.
        before: last.after.clone(),
        after: first.before.clone(),
        timeout: chain.iter().map(|step| step.timeout).max().unwrap_or(Step::TIMEOUT),
        ..last.like(StepId::about("undo", &first.id), stage)
    })
}

fn claim_of(journal: &Journal, step: &Step) -> Claim {
    match &step.task {
        Task::TakeBack(takes) => takes.claim.clone(),
        _ => Claim { run: journal.run.id.clone(), step: step.id.clone() },
    }
}

#[cfg(test)]
mod tests;
