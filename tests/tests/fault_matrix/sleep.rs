//! The SDK's waits: what it waits before it tries again passes at once, its time limits are real.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use jiff::SignedDuration;

/// Shorter than every time limit that a client has, and longer than what is waited between its at most three attempts.
const LONGEST_BACKOFF: Duration = Duration::from_millis(2900);

/// See the module.
#[derive(Debug)]
pub struct Hurried;

impl AsyncSleep for Hurried {
    fn sleep(&self, duration: Duration) -> Sleep {
        if duration > LONGEST_BACKOFF {
            return Sleep::new(tokio::time::sleep(duration));
        }
        backout_aws::testing::pass(SignedDuration::try_from(duration).expect("a short time"));
        Sleep::new(std::future::ready(()))
    }
}
