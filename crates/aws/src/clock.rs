//! The machine's clock.

use backout_engine::clock::{Clock, Timestamp};

/// The machine's clock, in UTC.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // For the tests of functions time passes without anybody waiting.
        #[cfg(feature = "testing")]
        let now = now.saturating_add(crate::testing::passed()).unwrap_or(now);
        now
    }
}
