//! `backout runs`: the latest runs, newest first.

use backout_engine::{
    clock::{Clock as _, Timestamp},
    duration::Duration,
    ids::{RunId, SystemName},
    journal::{Mode, Outcome, Phase, Run},
    shown::line,
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
    mode: Mode,
    /// The run that it takes back.
    undoes: Option<RunId>,
    /// The run that it goes on with.
    resumes: Option<RunId>,
    phase: Phase,
    outcome: Option<Outcome>,
    /// Whether somebody wants it to stop.
    stopping: bool,
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
            mode: run.request.mode,
            undoes: run.request.undo,
            resumes: run.request.resume,
            stopping: run.abort.is_some() && run.outcome.is_none(),
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
        output.result(&listed, |paint| text(&listed, self.system.as_ref(), paint));
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

fn text(listed: &Listed, of: Option<&SystemName>, paint: Paint) -> String {
    match of {
        Some(system) if listed.runs.is_empty() => return format!("there are no runs on the system {system}"),
        None if listed.runs.is_empty() => return "there are no runs yet: backout start PLAN".into(),
        _ => {}
    }
    let head = ["RUN", "PLAN", "SYSTEM", "OUTCOME", "STARTED", "TOOK", "REQUESTED BY"];
    let mut rows = vec![head.map(|title| paint.faint(title).to_string())];
    for run in &listed.runs {
        let outcome = match (run.outcome, run.phase) {
            (Some(outcome @ Outcome::Completed), _) => paint.good(outcome).to_string(),
            (Some(outcome @ Outcome::Rehearsed), _) => paint.busy(outcome).to_string(),
            (Some(outcome @ (Outcome::CompletedWithWarnings | Outcome::Unwound | Outcome::Aborted)), _) => {
                paint.warning(outcome).to_string()
            }
            (Some(outcome), _) => paint.bad(outcome).to_string(),
            (None, _) if run.stopping => paint.warning("stopping").to_string(),
            (None, Phase::Preparing) => paint.busy("preparing").to_string(),
            (None, Phase::Running | Phase::Concluded) => paint.busy("running").to_string(),
        };
        rows.push([
            run.run_id.to_string(),
            format!("{}{}", line(&run.plan), paint.faint(kind(run))),
            run.system.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string),
            outcome,
            run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            run.took.to_string(),
            run.requested_by.as_deref().map_or_else(|| "–".into(), line),
        ]);
    }
    columns(&rows).join("\n")
}

/// What kind of run it is, where it does not simply apply its plan; and which run it begins from.
fn kind(run: &Row) -> String {
    match (run.mode, &run.undoes, &run.resumes) {
        (Mode::Rehearse, _, None) => " (rehearsal)".into(),
        (Mode::Rehearse, _, Some(resumed)) => format!(" (rehearsal of going on with {resumed})"),
        (Mode::Undo, Some(undone), _) => format!(" (undo of {undone})"),
        (Mode::Undo, None, _) => " (undo)".into(),
        (Mode::Apply, _, Some(resumed)) => format!(" (goes on with {resumed})"),
        (Mode::Apply, _, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use backout_engine::{journal::Execution, request::Request, sensitive::FingerprintKey};

    use super::*;

    #[test]
    fn what_does_not_simply_apply_its_plan_is_named() {
        let at = |seconds: i64| Timestamp::from_second(1_795_000_000 + seconds).expect("time");
        let run = |id: &str, request: Request, outcome| {
            let execution = Execution { arn: "arn".into(), started_at: "then".into() };
            let request = Request { plan: "shop".into(), requested_by: Some("alice".into()), ..request };
            let row = Run::new(id.parse().expect("id"), execution, request, at(0), FingerprintKey::new(&[7; 32]));
            Row::of(Run { outcome, phase: Phase::Running, system: "shop".parse().ok(), ..row }, at(72))
        };
        let other = || "shop-1".parse().ok();
        let undo = Request { mode: Mode::Undo, undo: other(), ..Request::default() };
        let rehearsal = Request { mode: Mode::Rehearse, ..Request::default() };
        let resumed = Request { resume: other(), ..Request::default() };
        let runs = vec![
            Row { stopping: true, ..run("shop-5", Request::default(), None) },
            run("shop-4", resumed, Some(Outcome::Unwound)),
            run("shop-3", undo, Some(Outcome::Stuck)),
            run("shop-2", rehearsal, Some(Outcome::Rehearsed)),
            run("shop-1", Request::default(), Some(Outcome::Halted)),
        ];
        insta::assert_snapshot!(text(&Listed { runs }, None, Paint::Plain));
    }
}
