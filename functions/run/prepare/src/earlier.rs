//! Runs that begin from an earlier one: its undo, and what is left of it.

use std::collections::BTreeMap;

use backout_engine::{
    code::Code,
    earlier,
    ids::RunId,
    journal::{Journal, Pinned, Run},
    ledger::Ledger,
    request::Request,
    resume::resumable,
    undo::{Undoing, taking_back},
};
use serde_json::Value;

use crate::stop::{Stop, refuse};

/// The journal of an earlier run, which has to have ended.
pub async fn journal(ledger: &dyn Ledger, run: &RunId) -> Result<Journal, Stop> {
    Ok(earlier::journal(ledger, run).await??)
}

/// The row of a run that takes an earlier one back.
pub async fn undo(ledger: &dyn Ledger, mut request: Request, empty: Run) -> Result<Run, Stop> {
    let undone = undone(ledger, &request).await?;
    if !request.plan.is_empty() && request.plan != undone.run.request.plan {
        let what = format!("the run `{}` is one of the plan `{}`", undone.run.id, undone.run.request.plan);
        return Err(refuse(Code::WrongRequest, what, "leave out `plan`: the run that is undone says it"));
    }
    request.plan.clone_from(&undone.run.request.plan);
    let Undoing { stages, .. } = taking_back(&undone, &request.only)?;
    Ok(Run { request, system: undone.run.system, pinned: undone.run.pinned, stages, ..empty })
}

/// The stages and steps that take back what a request says, as the journal stands now.
pub async fn undoing_of(ledger: &dyn Ledger, request: &Request) -> Result<Undoing, Stop> {
    Ok(taking_back(&undone(ledger, request).await?, &request.only)?)
}

async fn undone(ledger: &dyn Ledger, request: &Request) -> Result<Journal, Stop> {
    match &request.undo {
        Some(run) => journal(ledger, run).await,
        None => Err(refuse(Code::WrongRequest, "the request does not say which run to undo", "name it: `undo`")),
    }
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
    let earlier = journal(ledger, run).await?;
    let pinned = resumable(&earlier)?.clone();
    let Run { request, inputs, .. } = earlier.run;
    Ok(Resumed { run: run.clone(), request, pinned, inputs })
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
