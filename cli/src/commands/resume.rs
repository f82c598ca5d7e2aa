//! `backout resume`: go on with a run that stopped half-way.

use backout_aws::Plans;
use backout_engine::{
    code::Code,
    ids::RunId,
    journal::{Journal, Run, Status},
    ledger::Ledger as _,
    plan::{InputValues, given::chosen},
    request::Request,
    resume::{carry_over, resumable, still_stands},
};
use clap::Args;

use super::{
    earlier::{ended_journal, when_and_how},
    launch::Launch,
};
use crate::{
    commands::plans::{Preview, stages_text},
    error::{CliError, Exit, WhatFailed},
    layout::{columns, counted},
    output::Output,
    paint::Paint,
    reversal::point_of_no_return,
    stack::Stack,
};

/// The arguments of `backout resume`.
#[derive(Debug, Args)]
pub struct Resume {
    /// The run that stopped.
    run: RunId,
    #[command(flatten)]
    launch: Launch,
}

impl Resume {
    /// Starts the run that does what is left, once somebody has agreed.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        self.launch.ready()?;
        let ledger = stack.cloud.ledger();
        let earlier = ended_journal(&ledger, &self.run).await?;
        resumable(&earlier)?;
        if let Some(system) = &earlier.run.system {
            // It may not have been freed yet. Who else holds the system now is said when the run is started.
            let held = ledger.held(system).await?;
            let itself = held.holder.map(|holder| holder.run).filter(|run| *run == self.run);
            still_stands(&ledger, itself.or(held.previous), &self.run).await??;
        }
        let preview = what_is_left(&stack.cloud.plans(), &earlier).await?;
        let request = Request { plan: earlier.run.request.plan.clone(), resume: Some(self.run), ..Request::default() };
        let shown = |paint| question(&earlier.run, &preview, paint);
        self.launch.launch(request, earlier.run.system.as_ref(), shown, stack, output).await
    }
}

/// The plan as the earlier run had it, with what that run has finished left out.
async fn what_is_left(plans: &Plans, earlier: &Journal) -> Result<Preview, CliError> {
    let pinned = resumable(earlier)?;
    let stored = plans.get_version(&pinned.plan, &pinned.version).await?;
    let Some(stored) = stored.filter(|stored| stored.sha256 == pinned.sha256) else {
        let (version, plan) = (&pinned.version, &pinned.plan);
        let what = format!("the version {version} of the plan `{plan}` is not in the bucket any more");
        return Err(CliError::wrong_use(WhatFailed::Engine(Code::UnknownPlan), what)
            .help("start the plan again: a new run takes it as it is stored now"));
    };
    let mut preview = Preview::of(stored, |plan| {
        Ok((InputValues::known(earlier.run.inputs.clone()), chosen(plan, &earlier.run.request.only)?))
    })?;
    carry_over(earlier, &mut preview.expansion)?;
    Ok(preview)
}

/// What is left, and right above the question what matters most of it.
fn question(earlier: &Run, preview: &Preview, paint: Paint) -> String {
    let (plan, expansion) = (&preview.parsed.plan, &preview.expansion);
    let left = expansion.steps.iter().filter(|step| step.status == Status::Planned).count();
    let size = format!("{} of {} left", left, counted(expansion.steps.len(), "step"));
    let mut rows = vec![
        ["goes on with".to_owned(), format!("{} ({})", paint.strong(&earlier.id), when_and_how(earlier))],
        ["acts on".to_owned(), format!("{}, with {size}", paint.strong(&plan.system))],
    ];
    rows.extend(point_of_no_return(expansion).map(|point| ["beware".to_owned(), point.told(paint)]));
    format!("{}{}", stages_text(plan, expansion, paint), columns(&rows).join("\n"))
}

#[cfg(test)]
#[path = "resume/tests.rs"]
mod tests;
