//! How a run is started, whatever kind of run it is.

use backout_aws::{Cloud, SystemClock, fault};
use backout_engine::{
    clock::{Clock as _, Timestamp},
    code::Code,
    ids::{RunId, SystemName},
    journal::Mode,
    ledger::Ledger as _,
    request::Request,
};
use backout_executions::Executions;
use clap::Args;
use serde::Serialize;

use super::{
    ask::{Asking, person},
    unlock::at_work,
};
use crate::{
    error::{CliError, Exit, WhatFailed},
    output::Output,
    paint::Paint,
    stack::Stack,
    watch::follow,
};

/// What every command takes that starts a run which changes something.
#[derive(Debug, Args)]
pub struct Launch {
    #[command(flatten)]
    about: About,
    /// Follow the run until it ends.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    asking: Asking,
}

/// What every command takes that starts a run.
#[derive(Debug, Args)]
pub struct About {
    /// Why, for the report and whoever reads it later.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The run's id, instead of a new one. Starting the same request under the same id twice starts it once.
    #[arg(long, value_name = "ID")]
    run_id: Option<RunId>,
}

/// A run that was started.
#[derive(Debug, Serialize)]
pub struct Started {
    /// The run.
    pub run_id: RunId,
    /// Its plan.
    pub plan: String,
    /// What kind of run it is.
    pub mode: Mode,
    /// The ARN of its Step Functions execution.
    pub execution: String,
}

impl Launch {
    /// Refuses where somebody would have to be asked and nobody is there.
    ///
    /// # Errors
    /// `nobody-to-ask`.
    pub fn ready(&self) -> Result<(), CliError> {
        self.asking.ready()
    }

    /// Starts it on a system, once somebody has agreed to what is shown.
    ///
    /// # Errors
    /// When another run works on the system, nobody agrees, or it cannot be started.
    pub async fn launch(
        self,
        request: Request,
        system: Option<&SystemName>,
        shown: impl FnOnce(Paint) -> String,
        stack: &Stack,
        output: &Output,
    ) -> Result<Exit, CliError> {
        if let Some(system) = system {
            free(&stack.cloud, system, self.about.run_id.as_ref()).await?;
        }
        self.asking.ask(output, "nothing was started", shown)?;
        let started = self.about.begin(request, stack).await?;
        if self.wait {
            output.note(|paint| format!("{} {}", paint.strong("started"), started.run_id));
            return follow(stack, &started.run_id, output).await;
        }
        output.result(&started, |paint| started.text(paint));
        Ok(Exit::Completed)
    }
}

/// Refuses where a run would be refused a second after it began: another one is working on the system. One whose execution
/// has ended keeps nobody waiting; what cannot be looked at is for the run itself to find out.
async fn free(cloud: &Cloud, system: &SystemName, own: Option<&RunId>) -> Result<(), CliError> {
    let Some(holder) = cloud.ledger().held(system).await?.holder else { return Ok(()) };
    if own == Some(&holder.run) {
        return Ok(());
    }
    match Executions::new(cloud).ended(&holder.execution).await {
        Ok(None) => Err(at_work(system, &holder)),
        Ok(Some(_)) | Err(_) => Ok(()),
    }
}

impl About {
    /// Starts a run, for the reason and under the id that were given.
    ///
    /// # Errors
    /// When the id is taken by another request, or Step Functions cannot be reached.
    pub async fn begin(self, request: Request, stack: &Stack) -> Result<Started, CliError> {
        let request = Request { reason: self.reason, requested_by: Some(person()), ..request };
        let run_id = match self.run_id {
            Some(run) => run,
            None => new_run_id(&request, SystemClock.now(), &uuid::Uuid::new_v4().simple().to_string())?,
        };
        let execution = execute(stack, &run_id, &request).await?;
        Ok(Started { run_id, mode: request.mode, plan: request.plan, execution })
    }
}

impl Started {
    /// That it is started, and how to go on.
    pub fn text(&self, paint: Paint) -> String {
        let run = &self.run_id;
        let started = paint.strong(run);
        format!("started {started}\n\n  follow it    backout watch {run}\n  its report   backout report {run}")
    }
}

async fn execute(stack: &Stack, run: &RunId, request: &Request) -> Result<String, CliError> {
    let input = request.written()?;
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

/// Readable and unique: `<plan>-<time>-<random>`, an execution's name. What does not apply a plan says what it does.
fn new_run_id(request: &Request, now: Timestamp, random: &str) -> Result<RunId, CliError> {
    let plan: String = request.plan.chars().take(40).collect();
    let kind = match request.mode {
        Mode::Apply => "",
        Mode::Rehearse => "-rehearsal",
        Mode::Undo => "-undo",
    };
    let random: String = random.chars().take(4).collect();
    let id = format!("{plan}{kind}-{}-{random}", now.strftime("%Y%m%dT%H%M%S"));
    id.parse()
        .map_err(|error: backout_engine::ids::BadName| CliError::wrong_use(WhatFailed::Arguments, error.to_string()))
}

#[cfg(test)]
mod tests {
    use backout_aws::testing::cloud;
    use serde_json::json;

    use super::*;

    /// Of a system that `shop-1` holds, whose execution is so.
    async fn is_free(execution: serde_json::Value, status: u16, own: Option<&str>) -> Result<(), CliError> {
        let lock = json!({"Item": {
            "run": {"S": "shop-1"}, "epoch": {"N": "1"},
            "execution": {"S": json!({"arn": "arn", "started_at": "2026-11-20T03:00:00Z"}).to_string()},
        }});
        let (cloud, _) = cloud(move |asked| match asked.what.ends_with("GetItem") {
            true => (200, lock.to_string()),
            false => (status, execution.to_string()),
        });
        free(&cloud, &"shop".parse().expect("a name"), own.and_then(|run| run.parse().ok()).as_ref()).await
    }

    #[tokio::test]
    async fn a_held_system_is_refused_before_anything_is_started() {
        let execution = |status: &str, stopped: Option<u32>| {
            json!({"executionArn": "arn", "stateMachineArn": "arn", "name": "shop-1", "status": status,
                   "startDate": 1_800_000_000, "stopDate": stopped})
        };
        let error = is_free(execution("RUNNING", None), 200, None).await.expect_err("held");
        assert_eq!((error.code.as_str(), error.exit), ("system-locked", Exit::NotCompleted));
        assert!(error.message.contains("the run `shop-1` is working on the system `shop`"), "{error}");
        // The same request once more, one that has ended, and one that may not be looked at.
        assert_eq!(is_free(execution("RUNNING", None), 200, Some("shop-1")).await, Ok(()));
        assert_eq!(is_free(execution("FAILED", Some(1_800_000_100)), 200, None).await, Ok(()));
        assert_eq!(is_free(json!({"__type": "AccessDeniedException"}), 400, None).await, Ok(()));
    }

    fn named(plan: &str, mode: Mode) -> String {
        let now: Timestamp = "2026-11-20T10:31:19.123Z".parse().expect("time");
        let request = Request { plan: plan.into(), mode, ..Request::default() };
        new_run_id(&request, now, "ab12cd").expect("id").to_string()
    }

    #[test]
    fn a_run_id_is_readable_unique_and_short_enough_for_an_execution() {
        assert_eq!(named("influxdb-to-timestream", Mode::Apply), "influxdb-to-timestream-20261120T103119-ab12");
        assert_eq!(named("shop", Mode::Undo), "shop-undo-20261120T103119-ab12");
        assert_eq!(named(&"p".repeat(60), Mode::Rehearse).len(), 40 + 10 + 1 + 15 + 1 + 4);
    }
}
