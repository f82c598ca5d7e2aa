//! `backout rehearse`: look at everything that a plan would do, and change nothing.

use std::collections::BTreeMap;

use backout_engine::{
    clock::Clock as _,
    journal::Mode,
    ledger::{Depth, Ledger as _},
    plan::given::chosen,
    report::Report,
    request::Request,
};
use clap::Args;

use super::{
    launch::About,
    start::given::{self, pair},
};
use crate::{
    commands::plans::Preview,
    error::{CliError, Exit},
    output::Output,
    stack::Stack,
    watch::watched,
};

mod findings;

use findings::Findings;

/// The arguments of `backout rehearse`.
#[derive(Debug, Args)]
pub struct Rehearse {
    /// The plan's name.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// The value of an input; may be given several times.
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = pair)]
    inputs: Vec<(String, String)>,
    /// A stage to rehearse, by name, instead of all; may be given several times. The preflight always runs.
    #[arg(long, value_name = "STAGE")]
    only: Vec<String>,
    #[command(flatten)]
    about: About,
    /// Only start it; its report says later what it has seen.
    #[arg(long)]
    no_wait: bool,
}

impl Rehearse {
    /// Rehearses it. Nobody is asked: nothing is changed.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let mut inputs = BTreeMap::new();
        // What cannot be expanded is not worth a run.
        Preview::load(&self.plan, stack, |plan| {
            inputs = given::inputs(plan, &self.inputs)?;
            Ok(chosen(plan, &self.only)?)
        })
        .await?;
        let request = Request { plan: self.plan, mode: Mode::Rehearse, inputs, only: self.only, ..Request::default() };
        let started = self.about.begin(request, stack).await?;
        if self.no_wait {
            output.result(&started, |paint| started.text(paint));
            return Ok(Exit::Completed);
        }
        output.note(|paint| format!("{} {}", paint.strong("rehearsing"), started.run_id));
        let ending = watched(stack, &started.run_id, output).await?;
        let journal = stack.cloud.ledger().journal(&started.run_id, Depth::Full).await?;
        match journal.filter(|journal| !journal.steps.is_empty()) {
            Some(journal) => {
                let report = Report::of(&journal, backout_aws::SystemClock.now());
                let findings = Findings { journal: &journal, report: &report, ending: &ending };
                output.result(&report, |paint| findings.text(paint));
            }
            // It could not begin.
            None => output.result(&ending, |paint| ending.text(paint)),
        }
        Ok(ending.exit())
    }
}
