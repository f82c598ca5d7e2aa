//! `backout start`: start a run.

use std::collections::BTreeMap;

use backout_engine::{
    action::Nature,
    ids::RunId,
    journal::{Journal, Pinned, Run, Status},
    plan::given::chosen,
    request::Request,
    seal::fits,
    shown::line,
};
use clap::Args;

use super::{earlier::ended_journal, launch::Launch};
use crate::{
    commands::plans::{Preview, stages_text},
    error::{CliError, Exit},
    layout::{columns, counted},
    output::Output,
    paint::Paint,
    reversal::point_of_no_return,
    stack::Stack,
};

pub(super) mod given;

/// The arguments of `backout start`.
#[derive(Debug, Args)]
pub struct Start {
    /// The plan's name.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// The value of an input; may be given several times.
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = given::pair)]
    inputs: Vec<(String, String)>,
    /// A stage to run, by name, instead of all; may be given several times. The preflight always runs.
    #[arg(long, value_name = "STAGE")]
    only: Vec<String>,
    /// Do just what this rehearsal has seen, and nothing if anything has changed since. Inputs and stages are the
    /// rehearsal's where none are given.
    #[arg(long, value_name = "REHEARSAL")]
    sealed: Option<RunId>,
    #[command(flatten)]
    launch: Launch,
}

impl Start {
    /// Starts it, once somebody has agreed.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        self.launch.ready()?;
        let rehearsal = match &self.sealed {
            Some(rehearsal) => Some(ended_journal(&stack.cloud.ledger(), rehearsal).await?),
            None => None,
        };
        let only = match &rehearsal {
            Some(rehearsal) if self.only.is_empty() => rehearsal.run.request.only.clone(),
            _ => self.only,
        };
        let mut inputs = BTreeMap::new();
        let preview = Preview::load(&self.plan, stack, |plan| {
            inputs = match &rehearsal {
                Some(rehearsal) if self.inputs.is_empty() => given::set(plan, &rehearsal.run.request.inputs)?,
                _ => given::inputs(plan, &self.inputs)?,
            };
            Ok(chosen(plan, &only)?)
        })
        .await?;
        let request = Request { plan: self.plan, inputs, only, sealed: self.sealed, ..Request::default() };
        if let Some(rehearsal) = &rehearsal {
            fits(rehearsal, &run_of(&preview, &request, rehearsal))?;
        }
        let shown = request.clone();
        let system = Some(&preview.parsed.plan.system);
        self.launch.launch(request, system, |paint| question(&preview, &shown, paint), stack, output).await
    }
}

/// The run as far as it can be known before it is started: what its inputs come to is for `Prepare` to compare.
fn run_of(preview: &Preview, request: &Request, rehearsal: &Journal) -> Run {
    let pinned = Pinned {
        plan: preview.parsed.plan.name.clone(),
        version: preview.version.clone(),
        sha256: preview.sha256.clone(),
    };
    let mut inputs = rehearsal.run.inputs.clone();
    inputs.extend(request.inputs.clone());
    Run { request: request.clone(), pinned: Some(pinned), inputs, ..rehearsal.run.clone() }
}

/// What will be done, and right above the question what matters most of it.
fn question(preview: &Preview, request: &Request, paint: Paint) -> String {
    let plan = &preview.parsed.plan;
    let to_do = preview.expansion.steps.iter().filter(|step| step.status == Status::Planned);
    let (checks, changes): (Vec<_>, Vec<_>) = to_do.partition(|step| step.nature == Nature::Check);
    let size = format!("{} and {}", counted(changes.len(), "change"), counted(checks.len(), "check"));
    let mut rows = vec![
        ["plan".to_owned(), format!("{}: {}", paint.strong(&plan.name), line(&plan.description))],
        ["acts on".to_owned(), format!("{}, with {size}", paint.strong(&plan.system))],
    ];
    rows.extend(plan.deadline.map(|deadline| ["promises".to_owned(), format!("to be done within {deadline}")]));
    let given: Vec<_> = request.inputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    rows.extend((!given.is_empty()).then(|| ["inputs".to_owned(), line(&given.join(", "))]));
    let sealed = request.sealed.as_ref().map(|rehearsal| format!("only if all is as {rehearsal} has seen it"));
    rows.extend(sealed.map(|sealed| ["sealed".to_owned(), sealed]));
    let point = point_of_no_return(&preview.expansion).map(|point| ["beware".to_owned(), point.told(paint)]);
    rows.extend(point);
    format!("{}{}", stages_text(plan, &preview.expansion, paint), columns(&rows).join("\n"))
}

#[cfg(test)]
#[path = "start/tests.rs"]
mod tests;
