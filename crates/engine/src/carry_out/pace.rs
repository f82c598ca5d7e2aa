//! When to look again: soon at first, then ever less often, up to once a minute; and not all steps at once.

use sha2::{Digest, Sha256};

use super::Call;
use crate::duration::Duration;

const LONGEST_SECONDS: f64 = 60.0;
const GROWTH: f64 = 1.5;

/// The wait after an attempt: at least `at_least`, whole seconds, at least one.
pub(super) fn wait(call: &Call, at_least: Duration) -> Duration {
    let exponent = i32::try_from(call.turn.attempt.min(30)).unwrap_or(30);
    let grown = (GROWTH.powi(exponent)).min(LONGEST_SECONDS);
    // Up to a quarter more, different for each step: the same for the same attempt, so that a repeat decides alike.
    let spread = f64::from(jitter(call)) / 255.0 * grown / 4.0;
    let seconds = (grown + spread).round().clamp(1.0, LONGEST_SECONDS);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 60")]
    let grown = Duration::seconds(seconds as u32);
    Duration::seconds(grown.max(at_least).seconds_up())
}

fn jitter(call: &Call) -> u8 {
    let text = format!("{}/{}/{}/{}", call.run, call.step, call.turn.issue, call.turn.attempt);
    Sha256::digest(text.as_bytes()).first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Timestamp, journal::Turn};

    fn call(attempt: u32) -> Call {
        Call {
            run: "r".parse().expect("id"),
            step: "s".parse().expect("id"),
            turn: Turn { issue: 1, attempt },
            deadline: Timestamp::UNIX_EPOCH,
            purpose: crate::carry_out::Purpose::CarryOn,
        }
    }

    #[test]
    fn waits_grow_to_a_minute_and_stay_there() {
        let waits: Vec<u32> = (0..40).map(|attempt| wait(&call(attempt), Duration::ZERO).seconds_up()).collect();
        assert_eq!(waits[0], 1);
        assert!(waits.windows(2).all(|pair| pair[1] + 12 >= pair[0]), "{waits:?}");
        assert_eq!(waits.iter().max(), Some(&60));
        assert_eq!(waits[39], 60);
    }

    #[test]
    fn what_the_action_knows_counts_more() {
        assert_eq!(wait(&call(0), Duration::seconds(30)), Duration::seconds(30));
        assert_eq!(wait(&call(39), Duration::seconds(5)), Duration::seconds(60));
    }
}
