//! No mutating call may outlive the invocation's deadline.

use backout_aws::SystemClock;
use backout_engine::{
    clock::{Clock, Timestamp},
    duration::Duration,
    fault::Fault,
};

/// How long one attempt of a mutating call may take.
const ATTEMPT: Duration = Duration::seconds(10);

/// Asked before each mutating call, because the reads before it take time too.
///
/// # Errors
/// When a call that began now could still be under way after `deadline`. Nothing is sent; it passes.
pub(crate) fn in_time(deadline: Timestamp) -> Result<(), Fault> {
    leaves_an_attempt(SystemClock.now(), deadline)
}

fn leaves_an_attempt(now: Timestamp, deadline: Timestamp) -> Result<(), Fault> {
    if Duration::between(now, deadline) < ATTEMPT {
        return Err(Fault::passing("too little time was left in this invocation; the next one goes on"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_sent_only_if_it_ends_before_the_deadline() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        assert!(leaves_an_attempt(at(100), at(110)).is_ok());
        let late = leaves_an_attempt(at(101), at(110)).expect_err("too late");
        assert!(late.is_transient());
        assert!(leaves_an_attempt(at(200), at(110)).is_err());
    }
}
