//! `backout runs`: the latest runs, newest first.

use backout_engine::{
    clock::{Clock as _, Timestamp},
    duration::Duration,
    ids::{RunId, SystemName},
    journal::{Outcome, Phase, Run},
};
use clap::Args;
use serde::Serialize;

use crate::{
    error::{CliError, Exit},
    layout::columns,
    output::Output,
    paint::Paint,
    stack::Stack,
};

/// The arguments of `backout runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    /// Only those of this system.
    #[arg(long, value_name = "NAME")]
    system: Option<SystemName>,
}

#[derive(Debug, Serialize)]
struct Listed {
    runs: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    run_id: RunId,
    plan: String,
    system: Option<SystemName>,
    phase: Phase,
    outcome: Option<Outcome>,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    /// So far, while it runs.
    took: Duration,
    reason: Option<String>,
    requested_by: Option<String>,
}

impl Row {
    fn of(run: Run, now: Timestamp) -> Self {
        Self {
            took: Duration::between(run.started_at, run.ended_at.unwrap_or(now)),
            run_id: run.id,
            plan: run.request.plan,
            system: run.system,
            phase: run.phase,
            outcome: run.outcome,
            started_at: run.started_at,
            ended_at: run.ended_at,
            reason: run.request.reason,
            requested_by: run.request.requested_by,
        }
    }
}

impl Runs {
    /// Lists them.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let now = backout_aws::SystemClock.now();
        let runs = self.latest(stack).await?;
        let listed = Listed { runs: runs.into_iter().map(|run| Row::of(run, now)).collect() };
        output.result(&listed, |paint| text(&listed, paint));
        Ok(Exit::Completed)
    }

    /// The index knows no systems, so more runs are read until enough of them are of the right one.
    async fn latest(&self, stack: &Stack) -> Result<Vec<Run>, CliError> {
        let limit = usize::from(self.limit);
        let mut ask = if self.system.is_some() { limit.saturating_mul(4) } else { limit };
        loop {
            let read = stack.cloud.ledger().list_runs(ask).await?;
            let all = read.len() < ask;
            let mut fitting = read;
            fitting.retain(|run| self.system.is_none() || run.system == self.system);
            if all || fitting.len() >= limit {
                fitting.truncate(limit);
                return Ok(fitting);
            }
            ask = ask.saturating_mul(4);
        }
    }
}

fn text(listed: &Listed, paint: Paint) -> String {
    if listed.runs.is_empty() {
        return "there are no runs yet: backout start PLAN".into();
    }
    let head = ["RUN", "PLAN", "SYSTEM", "OUTCOME", "STARTED", "TOOK", "REQUESTED BY"];
    let mut rows = vec![head.map(|title| paint.faint(title).to_string())];
    for run in &listed.runs {
        let outcome = match (run.outcome, run.phase) {
            (Some(outcome @ Outcome::Completed), _) => paint.good(outcome).to_string(),
            (Some(outcome @ Outcome::CompletedWithWarnings), _) => paint.warning(outcome).to_string(),
            (Some(outcome), _) => paint.bad(outcome).to_string(),
            (None, Phase::Preparing) => paint.busy("preparing").to_string(),
            (None, Phase::Running | Phase::Concluded) => paint.busy("running").to_string(),
        };
        rows.push([
            run.run_id.to_string(),
            run.plan.clone(),
            run.system.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string),
            outcome,
            run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            run.took.to_string(),
            run.requested_by.clone().unwrap_or_else(|| "–".into()),
        ]);
    }
    columns(&rows).join("\n")
}
