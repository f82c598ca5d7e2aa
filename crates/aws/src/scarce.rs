//! Services whose control plane takes few calls a second from a whole account.
//!
//! API Gateway's takes ten, and one `CreateDeployment` in five seconds, whoever calls:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>. The steps of a stage share them with each
//! other, and with whatever pipelines do meanwhile.

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_smithy_runtime_api::{client::result::SdkError, http::Response};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use backout_engine::{duration::Duration as Span, fault::Fault};

use crate::{Cloud, fault};

/// How often a read is tried: with waits of at most one, two and then again two seconds, at random.
const ATTEMPTS: u32 = 5;
/// The longest wait between two tries, below every time limit of a call.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The least wait after a throttled call: until one `CreateDeployment` more is taken.
const ROOM: Span = Span::seconds(5);

/// What such a service answers when there were too many calls.
const TOO_MANY: &[&str] = &["LimitExceededException", "ThrottlingException", "TooManyRequestsException"];

impl Cloud {
    /// For reads of such a service: like [`Cloud::reads`], more patiently. A look is several reads, and one that is given
    /// up makes all of them again.
    pub fn scarce_reads(&self) -> SdkConfig {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_WAIT);
        self.reads().to_builder().retry_config(retries).build()
    }
}

/// The fault of a call of such a service, like [`fault()`]: throttled, it is tried again when there is room for it.
pub fn scarce_fault<E>(doing: &str, error: SdkError<E, Response>) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    scarce(fault(doing, error))
}

/// A fault of such a service, with the time to wait if it was throttled.
pub fn scarce(fault: Fault) -> Fault {
    if TOO_MANY.contains(&fault.code.as_str()) { fault.again_in(ROOM) } else { fault }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

    use super::*;
    use crate::Names;

    #[test]
    fn its_reads_are_tried_more_often() {
        let names = Names { table: "t".into(), bucket: "b".into(), stack: "s".into() };
        let cloud = Cloud::new(names, &SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build());
        let attempts = |config: &SdkConfig| config.retry_config().map(RetryConfig::max_attempts);
        assert_eq!((attempts(cloud.reads()), attempts(&cloud.scarce_reads())), (Some(3), Some(5)));
        assert_eq!(
            cloud.scarce_reads().timeout_config().and_then(|limits| limits.operation_timeout()),
            cloud.reads().timeout_config().and_then(|limits| limits.operation_timeout())
        );
    }

    #[test]
    fn only_what_was_throttled_waits_for_room() {
        let wait = |code: &str| scarce(Fault::passing("no").with_code(code)).again_in;
        assert_eq!(wait("TooManyRequestsException"), Span::seconds(5));
        assert_eq!(wait("ConflictException"), Span::ZERO);
        assert_eq!(wait(""), Span::ZERO);
    }
}
