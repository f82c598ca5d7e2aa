//! `backout start`: start a run.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, IsTerminal as _, Write as _},
};

use backout_aws::{SystemClock, fault};
use backout_engine::{
    action::Nature,
    clock::{Clock as _, Timestamp},
    code::Code,
    ids::RunId,
    journal::Status,
    plan::given::chosen,
    request::Request,
};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::{
    commands::plans::{Preview, stages_text},
    error::{CliError, Exit, WhatFailed},
    layout::columns,
    output::Output,
    paint::Paint,
    stack::Stack,
    watch::follow,
};

mod given;

/// The arguments of `backout start`.
#[derive(Debug, Args)]
pub struct Start {
    /// The plan's name.
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Why, for the report and whoever reads it later.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The value of an input; may be given several times.
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = given::pair)]
    inputs: Vec<(String, String)>,
    /// A stage to run, by name, instead of all; may be given several times. The preflight always runs.
    #[arg(long, value_name = "STAGE")]
    only: Vec<String>,
    /// Follow the run until it ends.
    #[arg(long)]
    wait: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// The run's id, instead of a new one. Starting the same request under the same id twice starts it once.
    #[arg(long, value_name = "ID")]
    run_id: Option<RunId>,
}

#[derive(Debug, Serialize)]
struct Started {
    run_id: RunId,
    plan: String,
    /// The ARN of its Step Functions execution.
    execution: String,
}

impl Start {
    /// Starts it, once somebody has agreed.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let asks = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !self.yes && !asks {
            return Err(CliError::wrong_use(
                WhatFailed::NobodyToAsk,
                "this changes a real system, and nobody can be asked here",
            )
            .help("add --yes to start it without a question"));
        }
        let mut inputs = BTreeMap::new();
        let preview = Preview::load(&self.plan, stack, |plan| {
            inputs = given::inputs(plan, &self.inputs)?;
            Ok(chosen(plan, &self.only)?)
        })
        .await?;
        if !self.yes {
            output.note(|paint| {
                let stages = stages_text(&preview.parsed.plan, &preview.expansion, paint);
                format!("{stages}{}", summary(&preview, &inputs, paint))
            });
            if !agreed()? {
                return Err(CliError {
                    exit: Exit::NotCompleted,
                    ..CliError::wrong_use(WhatFailed::Declined, "nothing was started")
                });
            }
        }
        let request = Request {
            plan: self.plan.clone(),
            reason: self.reason.clone(),
            inputs,
            only: self.only.clone(),
            requested_by: Some(person()),
            ..Request::default()
        };
        let run = match &self.run_id {
            Some(run) => run.clone(),
            None => new_run_id(&self.plan, SystemClock.now(), &uuid::Uuid::new_v4().simple().to_string())?,
        };
        let execution = begin(stack, &run, &request).await?;
        if self.wait {
            output.note(|paint| format!("{} {run}", paint.strong("started")));
            return follow(stack, &run, output).await;
        }
        let started = Started { run_id: run, plan: request.plan, execution };
        output.result(&started, |paint| started_text(&started, paint));
        Ok(Exit::Completed)
    }
}

async fn begin(stack: &Stack, run: &RunId, request: &Request) -> Result<String, CliError> {
    let input = serde_json::to_string(request).map_err(|error| {
        CliError::wrong_use(WhatFailed::Arguments, format!("the request cannot be written: {error}"))
    })?;
    let start =
        stack.executions().start_execution().state_machine_arn(&stack.state_machine).name(run.as_str()).input(input);
    match start.send().await {
        Ok(started) => Ok(started.execution_arn),
        Err(error) => {
            let fault = fault(&format!("start the run `{run}`"), error);
            if fault.code == "ExecutionAlreadyExists" {
                let what = format!("the run id `{run}` is taken by another request");
                return Err(CliError::wrong_use(WhatFailed::Engine(Code::RunIdTaken), what)
                    .help(format!("`backout watch {run}` follows that run; leave out --run-id to get a new id")));
            }
            Err(fault.into())
        }
    }
}

/// Readable and unique: `<plan>-<time>-<random>`, an execution's name.
fn new_run_id(plan: &str, now: Timestamp, random: &str) -> Result<RunId, CliError> {
    let plan: String = plan.chars().take(40).collect();
    let random: String = random.chars().take(4).collect();
    let id = format!("{plan}-{}-{random}", now.strftime("%Y%m%dT%H%M%S"));
    id.parse()
        .map_err(|error: backout_engine::ids::BadName| CliError::wrong_use(WhatFailed::Arguments, error.to_string()))
}

/// Who asks, as far as the machine knows.
fn person() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "cli".into())
}

/// What matters most, right above the question.
fn summary(preview: &Preview, inputs: &BTreeMap<String, Value>, paint: Paint) -> String {
    let plan = &preview.parsed.plan;
    let to_do = preview.expansion.steps.iter().filter(|step| step.status == Status::Planned);
    let (checks, changes): (Vec<_>, Vec<_>) = to_do.partition(|step| step.nature == Nature::Check);
    let size = format!("{} and {}", counted(changes.len(), "change"), counted(checks.len(), "check"));
    let mut rows = vec![
        ["plan".to_owned(), format!("{}: {}", paint.strong(&plan.name), plan.description.trim())],
        ["acts on".to_owned(), format!("{}, with {size}", paint.strong(&plan.system))],
    ];
    rows.extend(plan.deadline.map(|deadline| ["promises".to_owned(), format!("to be done within {deadline}")]));
    let given: Vec<_> = inputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    rows.extend((!given.is_empty()).then(|| ["inputs".to_owned(), given.join(", ")]));
    columns(&rows).join("\n")
}

fn counted(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

fn agreed() -> Result<bool, CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::wrong_use(WhatFailed::NobodyToAsk, format!("the answer cannot be read: {error}"))
            .help("add --yes to start it without a question")
    };
    let mut terminal = std::io::stderr();
    write!(terminal, "Proceed? [y/N] ").and_then(|()| terminal.flush()).map_err(unreadable)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(unreadable)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn started_text(started: &Started, paint: Paint) -> String {
    let run = &started.run_id;
    format!("started {}\n\n  follow it    backout watch {run}\n  its report   backout report {run}", paint.strong(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_is_readable_unique_and_short_enough_for_an_execution() {
        let now: Timestamp = "2026-11-20T10:31:19.123Z".parse().expect("time");
        let id = new_run_id("influxdb-to-timestream", now, "ab12cd").expect("id");
        assert_eq!(id.as_str(), "influxdb-to-timestream-20261120T103119-ab12");
        let longest = new_run_id(&"p".repeat(60), now, "ab12cd").expect("id");
        assert_eq!(longest.as_str().len(), 40 + 1 + 15 + 1 + 4);
    }
}
