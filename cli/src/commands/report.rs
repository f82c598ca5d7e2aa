//! `backout report`: the report of a run.

use backout_engine::{
    clock::Clock as _,
    ids::RunId,
    ledger::{Depth, Ledger as _},
    report::{Report as RunReport, markdown},
};
use clap::{Args, ValueEnum};

use crate::{
    commands::unknown_run,
    error::{CliError, Exit},
    output::{Form, Output},
    stack::Stack,
};

/// The arguments of `backout report`.
#[derive(Debug, Args)]
pub struct Report {
    /// The run.
    run: RunId,
    /// How it is written; JSON with `--output json`.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Markdown,
    /// For programs.
    Json,
}

impl Report {
    /// Shows it: as it was written when the run ended; made from the journal while it runs.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let reports = stack.cloud.reports();
        let by_default = if output.form() == Form::Json { Format::Json } else { Format::Markdown };
        let format = self.format.unwrap_or(by_default);
        let kept = match format {
            Format::Markdown => reports.markdown(&self.run).await?.map(Shown::Markdown),
            Format::Json => reports.json(&self.run).await?.map(Shown::Json),
        };
        let shown = match kept {
            Some(shown) => shown,
            None => self.so_far(stack, format).await?,
        };
        match shown {
            Shown::Markdown(text) => output.text(&text),
            Shown::Json(report) if output.form() == Form::Text => output.json(&report),
            Shown::Json(report) => output.result(&report, |_| String::new()),
        }
        Ok(Exit::Completed)
    }

    async fn so_far(&self, stack: &Stack, format: Format) -> Result<Shown, CliError> {
        let Some(journal) = stack.cloud.ledger().journal(&self.run, Depth::Full).await? else {
            return Err(unknown_run(&self.run));
        };
        let report = RunReport::of(&journal, backout_aws::SystemClock.now());
        Ok(match format {
            Format::Markdown => Shown::Markdown(markdown(&report)),
            Format::Json => Shown::Json(serde_json::to_value(&report).map_err(|error| {
                CliError::from(backout_engine::fault::Fault::refused(format!("the report cannot be written: {error}")))
            })?),
        })
    }
}

enum Shown {
    Markdown(String),
    Json(serde_json::Value),
}
