//! Runs that begin from an earlier one: its undo, and what is left of it.

use std::collections::BTreeMap;

use backout_engine::{
    code::Code,
    ids::RunId,
    journal::{Journal, Mode, Outcome, Phase, Pinned, Run},
    ledger::{Depth, Ledger},
    request::Request,
    undo::{Chosen, Undoing, undoing},
};
use serde_json::Value;

use crate::stop::{Stop, refuse};

/// The journal of an earlier run, which has to have ended.
pub async fn journal(ledger: &dyn Ledger, run: &RunId) -> Result<Journal, Stop> {
    let Some(journal) = ledger.journal(run, Depth::Full).await? else {
        let help = "`backout runs` lists the latest runs";
        return Err(refuse(Code::UnknownRun, format!("there is no run `{run}`"), help));
    };
    if journal.run.phase != Phase::Concluded {
        let help = format!("watch it to its end (backout watch {run}), or stop it first: backout abort {run}");
        return Err(refuse(Code::NotEnded, format!("the run `{run}` has not ended"), help));
    }
    Ok(journal)
}

/// The row of a run that takes an earlier one back.
pub async fn undo(ledger: &dyn Ledger, mut request: Request, empty: Run) -> Result<Run, Stop> {
    let undone = undone(ledger, &request).await?;
    if !request.plan.is_empty() && request.plan != undone.run.request.plan {
        let what = format!("the run `{}` is one of the plan `{}`", undone.run.id, undone.run.request.plan);
        return Err(refuse(Code::WrongRequest, what, "leave out `plan`: the run that is undone says it"));
    }
    request.plan.clone_from(&undone.run.request.plan);
    let Undoing { stages, .. } = steps_back(&undone, &request)?;
    Ok(Run { request, system: undone.run.system, pinned: undone.run.pinned, stages, ..empty })
}

/// The stages and steps that take back what a request says, as the journal stands now.
pub async fn undoing_of(ledger: &dyn Ledger, request: &Request) -> Result<Undoing, Stop> {
    steps_back(&undone(ledger, request).await?, request)
}

async fn undone(ledger: &dyn Ledger, request: &Request) -> Result<Journal, Stop> {
    match &request.undo {
        Some(run) => journal(ledger, run).await,
        None => Err(refuse(Code::WrongRequest, "the request does not say which run to undo", "name it: `undo`")),
    }
}

fn steps_back(undone: &Journal, request: &Request) -> Result<Undoing, Stop> {
    let undoing = undoing(undone, &Chosen::of(undone, &request.only)?, 0);
    if !undoing.steps.is_empty() {
        return Ok(undoing);
    }
    let there = if request.only.is_empty() { "" } else { " there" };
    let what = format!("the run `{}` has changed nothing{there} that could be taken back", undone.run.id);
    let help = format!("`backout report {}` shows what it has done", undone.run.id);
    Err(refuse(Code::NothingToUndo, what, help))
}

/// What a resumed run takes from the earlier one.
pub struct Resumed {
    run: RunId,
    request: Request,
    /// The plan as it was then.
    pub pinned: Pinned,
    /// The inputs as they were resolved then.
    pub inputs: BTreeMap<String, Value>,
}

/// A run that another one is to go on with.
pub async fn resumed(ledger: &dyn Ledger, run: &RunId) -> Result<Resumed, Stop> {
    let earlier = journal(ledger, run).await?.run;
    let nothing =
        |what: &str, help: String| Err(refuse(Code::NothingToResume, format!("the run `{run}` {what}"), help));
    if earlier.request.mode == Mode::Undo {
        let undone = earlier.request.undo.as_ref().unwrap_or(run);
        return nothing("is an undo", format!("what is left of it goes back with: backout undo {undone}"));
    }
    match (earlier.request.mode, earlier.outcome, earlier.pinned) {
        (Mode::Apply, Some(Outcome::Unwound), _) => {
            nothing("was unwound: nothing of it is left to go on with", "start the plan anew".into())
        }
        (Mode::Apply, Some(outcome), _) if outcome.is_success() => {
            nothing("has done all that it had to do", "start the plan anew to do it again".into())
        }
        (Mode::Apply, Some(_), Some(pinned)) => {
            Ok(Resumed { run: run.clone(), request: earlier.request, pinned, inputs: earlier.inputs })
        }
        _ => nothing("has done nothing that could be gone on with", "start the plan".into()),
    }
}

impl Resumed {
    /// The request of the run that goes on: as the earlier one, but for what it says itself.
    pub fn adapt(&self, request: Request) -> Result<Request, Stop> {
        let other =
            |what: &str, help: &str| Err(refuse(Code::WrongRequest, format!("the run `{}` {what}", self.run), help));
        if !request.plan.is_empty() && request.plan != self.request.plan {
            return other("is one of another plan", "leave out `plan`: the run that is resumed says it");
        }
        if !request.inputs.is_empty() {
            return other("has its inputs already", "leave out `inputs`: a resumed run goes on with those it had");
        }
        Ok(Request { plan: self.request.plan.clone(), only: self.request.only.clone(), ..request })
    }
}
