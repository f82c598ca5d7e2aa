//! What a process needs to talk to AWS: the names of the stack's stores, and the two ways to call a service.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};

use crate::{DynamoLedger, Plans, Reports, S3Evidence, bucket::Bucket};

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one attempt of any call may take. No mutating call is sent later than this before the deadline
/// ([`crate::in_time`]).
pub(crate) const ATTEMPT: Duration = Duration::from_secs(10);
/// How long a read may take with all its attempts.
const READ: Duration = Duration::from_secs(25);

/// The names of the stack's stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The DynamoDB table with the journals and locks.
    pub table: String,
    /// The S3 bucket with plans, evidence and reports.
    pub bucket: String,
    /// The CloudFormation stack: what metrics are told apart by.
    pub stack: String,
}

/// A function's environment that does not say what it has to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable is not set, or empty.
    #[error("the environment variable {variable} is not set; the stack's template sets it for every function")]
    Missing {
        /// Its name.
        variable: &'static str,
    },
    /// A variable has a value that is not of its form.
    #[error("the environment variable {variable} is not {wanted}")]
    Malformed {
        /// Its name.
        variable: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
}

/// Access to AWS; one per process.
#[derive(Debug, Clone)]
pub struct Cloud {
    names: Names,
    reads: SdkConfig,
    writes: SdkConfig,
    bucket: Bucket,
}

impl Cloud {
    /// As the environment of a function says: `BACKOUT_TABLE`, `BACKOUT_BUCKET`, `BACKOUT_STACK`, and what the SDK
    /// reads itself (region, credentials, `AWS_ENDPOINT_URL`).
    ///
    /// # Errors
    /// When one of the three is missing.
    pub async fn from_env() -> Result<Self, ConfigError> {
        let names = Names {
            table: variable("BACKOUT_TABLE")?,
            bucket: variable("BACKOUT_BUCKET")?,
            stack: variable("BACKOUT_STACK")?,
        };
        Ok(Self::new(names, &base().await))
    }

    /// With these names and this configuration, whose retries and timeouts are replaced.
    pub fn new(names: Names, base: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
        let reads = base
            .to_builder()
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts.clone().operation_timeout(READ).build())
            .build();
        let writes = base.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build();
        Self { bucket: Bucket::new(&reads, names.bucket.clone()), names, reads, writes }
    }

    /// The names of the stack's stores.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// For calls that only read: the SDK's standard retries.
    pub const fn reads(&self) -> &SdkConfig {
        &self.reads
    }

    /// For calls that change something: ONE attempt of at most ten seconds, because the engine is the only one to
    /// repeat them. An SDK that repeats a call whose answer was lost makes it happen twice, unseen.
    pub const fn writes(&self) -> &SdkConfig {
        &self.writes
    }

    /// An S3 client for reads, addressed so that it also works with an endpoint of one's own.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        self.bucket.client().clone()
    }

    /// The journals and locks. Made on demand, so that a function without a journal links no DynamoDB client.
    pub fn ledger(&self) -> DynamoLedger {
        DynamoLedger::new(&self.reads, self.names.table.clone())
    }

    /// The kept bytes.
    pub fn evidence(&self) -> S3Evidence {
        S3Evidence::new(self.bucket.clone())
    }

    /// The stored plans.
    pub fn plans(&self) -> Plans {
        Plans::new(self.bucket.clone())
    }

    /// The reports.
    pub fn reports(&self) -> Reports {
        Reports::new(self.bucket.clone())
    }
}

async fn base() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::latest()).await
}

/// The value of an environment variable that the stack's template sets.
///
/// # Errors
/// When it is missing or empty.
pub fn variable(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError::Missing { variable: name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutating_call_has_one_attempt_and_a_read_has_more() {
        let names = Names { table: "t".into(), bucket: "b".into(), stack: "s".into() };
        let cloud = Cloud::new(names, &SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build());
        let attempts = |config: &SdkConfig| config.retry_config().map(RetryConfig::max_attempts);
        assert_eq!(attempts(cloud.writes()), Some(1));
        assert_eq!(attempts(cloud.reads()), Some(3));
        let limit = |config: &SdkConfig| config.timeout_config().and_then(TimeoutConfig::operation_attempt_timeout);
        assert_eq!(limit(cloud.writes()), Some(ATTEMPT));
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = variable("BACKOUT_NO_SUCH_VARIABLE").expect_err("missing");
        assert!(error.to_string().contains("BACKOUT_NO_SUCH_VARIABLE"));
    }
}
