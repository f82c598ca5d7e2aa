//! No mutating call may outlive the invocation's deadline.

use backout_engine::{
    clock::{Clock, Timestamp},
    fault::Fault,
};

use crate::{SystemClock, cloud::ATTEMPT};

/// Asked before each mutating call of an action, because the reads before it take time too. `deadline` is that of
/// [`At`](backout_engine::action::At): whoever takes the step over after it must find no call of ours under way.
///
/// # Errors
/// When a call that began now could still be under way after `deadline`. Nothing is sent; it passes.
pub fn in_time(deadline: Timestamp) -> Result<(), Fault> {
    leaves_an_attempt(SystemClock.now(), deadline)
}

fn leaves_an_attempt(now: Timestamp, deadline: Timestamp) -> Result<(), Fault> {
    // A time that cannot be reckoned is too late.
    if now.checked_add(ATTEMPT).is_ok_and(|over| over <= deadline) {
        return Ok(());
    }
    Err(Fault::passing("too little time was left in this invocation; the next one goes on"))
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
        assert!(leaves_an_attempt(Timestamp::MAX, Timestamp::MAX).is_err());
    }
}
