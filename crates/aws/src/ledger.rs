//! Journals and locks in one DynamoDB table.
//!
//! | `pk` | `sk` | what |
//! |---|---|---|
//! | `run#<run>` | `run` | the run; `listing` = `run` puts it into the index `runs`, sorted by `started_at` |
//! | `run#<run>` | `step#<step>` | a step |
//! | `system#<system>` | `lock` | who holds the system; without `run` nobody does |
//!
//! An attribute is a field of the row. What has an inner form is one string of JSON ([`item`]).
//!
//! Every write is conditional on the revision that it follows and carries a `writer` of its own. So it may be repeated,
//! by the SDK and here, and a refused or unanswered write is looked at before it counts as failed: its own first
//! attempt may have succeeded.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{Client, config, types::AttributeValue};
use backout_engine::{
    fault::Fault,
    ids::{RunId, StepId, SystemName},
    journal::{Execution, Journal, Run, Step},
    ledger::{Depth, Held, Ledger, Lock, Locked, Saved},
};

mod item;
mod listing;
mod lock;
mod read;
mod row;
mod write;

use row::Key;

/// DynamoDB answers in milliseconds; what takes longer than this is lost.
const ATTEMPT: Duration = Duration::from_secs(3);
/// All attempts of one call together.
const CALL: Duration = Duration::from_secs(10);
/// How often a call is sent.
const ATTEMPTS: u32 = 4;

/// The names and values of an item.
type Item = HashMap<String, AttributeValue>;

/// Journals and locks in one DynamoDB table.
#[derive(Debug, Clone)]
pub struct DynamoLedger {
    client: Client,
    table: String,
}

impl DynamoLedger {
    pub(crate) fn new(base: &SdkConfig, table: String) -> Self {
        let retries =
            RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(50));
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(CALL).build();
        let config = config::Builder::from(base).retry_config(retries).timeout_config(timeouts).build();
        Self { client: Client::from_conf(config), table }
    }

    /// The latest runs, newest first, at most that many. It may be a moment behind.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn list_runs(&self, limit: usize) -> Result<Vec<Run>, Fault> {
        listing::runs(self, limit).await
    }

    /// The runs that are not concluded. It may be a moment behind.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn open_runs(&self) -> Result<Vec<Run>, Fault> {
        listing::open(self).await
    }
}

#[async_trait(?Send)]
impl Ledger for DynamoLedger {
    async fn create_run(&self, run: &Run) -> Result<Saved<Run>, Fault> {
        write::create(self, run).await
    }

    async fn run(&self, run: &RunId) -> Result<Option<Run>, Fault> {
        read::row(self, &Key::run(run)).await
    }

    async fn save_run(&self, was: &Run, now: &Run) -> Result<Saved<Run>, Fault> {
        write::save(self, &Key::run(&was.id), was, now).await
    }

    async fn plan_steps(&self, run: &RunId, steps: &[Step]) -> Result<(), Fault> {
        write::plan(self, run, steps).await
    }

    async fn journal(&self, run: &RunId, depth: Depth) -> Result<Option<Journal>, Fault> {
        read::journal(self, run, depth).await
    }

    async fn step(&self, run: &RunId, step: &StepId) -> Result<Option<Step>, Fault> {
        read::row(self, &Key::step(run, step)).await
    }

    async fn save_step(&self, run: &RunId, was: &Step, now: &Step) -> Result<Saved<Step>, Fault> {
        write::save(self, &Key::step(run, &was.id), was, now).await
    }

    async fn lock(
        &self,
        system: &SystemName,
        run: &RunId,
        execution: &Execution,
        instead_of: Option<&Lock>,
    ) -> Result<Locked, Fault> {
        lock::lock(self, system, run, execution, instead_of).await
    }

    async fn held(&self, system: &SystemName) -> Result<Held, Fault> {
        lock::held(self, system).await
    }

    async fn unlock(&self, system: &SystemName, run: &RunId) -> Result<(), Fault> {
        lock::unlock(self, system, run).await
    }
}
