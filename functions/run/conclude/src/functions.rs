//! The functions of the actions, asked what a step has done that its run left behind.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda::{
    Client, config,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    primitives::Blob,
};
use backout_aws::{Cloud, fault, shortened};
use backout_catalogue::CATALOGUE;
use backout_engine::{
    carry_out::{Answer, Purpose},
    clock::Timestamp,
    conclude::Reconcile,
    duration,
    fault::Fault,
    ids::RunId,
    journal::Step,
};
use serde::Deserialize;
use serde_json::json;

/// How long one look may take. It only reads, so what is lost is asked again.
const LOOK: Duration = Duration::from_secs(60);

/// The functions of the actions.
pub struct Functions {
    lambda: Client,
    stack: String,
}

/// What a function answers the state machine.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum Said {
    Done,
    Pending { wait_seconds: u32 },
}

impl Functions {
    /// With the clients of one process.
    pub fn new(cloud: &Cloud) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(LOOK).operation_timeout(LOOK).build();
        let config =
            config::Builder::from(cloud.reads()).timeout_config(timeouts).retry_config(RetryConfig::disabled());
        Self { lambda: Client::from_conf(config.build()), stack: cloud.names().stack.clone() }
    }
}

#[async_trait(?Send)]
impl Reconcile for Functions {
    async fn reconcile(&self, run: &RunId, step: &Step, since: Timestamp) -> Result<Answer, Fault> {
        let name = function(&self.stack, step)?;
        let doing = format!("ask the function {name} what the step `{}` has done", step.id);
        let payload = json!({
            "run": run, "step": step.id, "issue": step.issues, "attempt": 0, "purpose": Purpose::Reconcile { since },
        });
        let asked = self.lambda.invoke().function_name(name).payload(Blob::new(payload.to_string())).send().await;
        let answer = asked.map_err(|error| fault(&doing, error))?;
        let said = answer.payload().map(|payload| String::from_utf8_lossy(payload.as_ref()).into_owned());
        let said = said.unwrap_or_default();
        if answer.function_error().is_some() {
            return Err(Fault::passing(format!("could not {doing}: {}", shortened(&said, 600))));
        }
        match serde_json::from_str(&said) {
            Ok(Said::Done) => Ok(Answer::Done),
            Ok(Said::Pending { wait_seconds }) => {
                Ok(Answer::Pending { wait: duration::Duration::seconds(wait_seconds) })
            }
            Err(error) => Err(Fault::refused(format!("could not {doing}: its answer is not one: {error}"))),
        }
    }
}

/// The latest version of the function that hosts the step's action, by its alias, as the template names them.
fn function(stack: &str, step: &Step) -> Result<String, Fault> {
    let Some(entry) = CATALOGUE.find(&step.uses) else {
        return Err(Fault::refused(format!("there is no action `{}`", step.uses)));
    };
    Ok(format!("{stack}-{}:live", entry.host))
}
