//! What a settled reading means for a step that may have written. One table; no I/O.

use super::standing::Standing;
use crate::journal::LastWrite;

/// The circumstances of a reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances<'a> {
    /// Where the resource stands.
    pub standing: Standing,
    /// What became of the last write; `None` when it was accepted.
    pub last_write: Option<&'a LastWrite>,
    /// Whether this very invocation has written: then looking comes before writing again.
    pub just_wrote: bool,
    /// Whether a write that was accepted would have to be visible by now.
    pub would_show: bool,
    /// Whether the step has had its time.
    pub timed_out: bool,
    /// Whether a refusal is not yet taken for an answer ([`super::Visit::insists`]).
    pub insists: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// It is as wanted.
    Applied,
    /// Somebody else's hand.
    Drifted,
    /// It is as it was, and there is no more to try: the write was refused.
    Refused,
    /// It is as it was, although the write was accepted.
    WentBack,
    /// It is as it was, and the time is over.
    TimedOut,
    /// Look again later.
    Wait,
    /// Write (again, or on).
    Write,
    /// Half-way, and it will not go on: back to what it was.
    TakeBack,
    /// Half-way, and it could not be taken back either.
    GiveUp,
}

pub(super) const fn judge(seen: &Circumstances<'_>) -> Move {
    match (seen.standing, seen.last_write) {
        (Standing::AsWanted, _) => Move::Applied,
        // What looks like somebody else's hand may be an old state that our write has replaced.
        (Standing::Drifted, _) => {
            if seen.would_show {
                Move::Drifted
            } else {
                Move::Wait
            }
        }

        // Throttled before anything was sent, most likely: the one case that need not wait to be visible.
        (Standing::AsWas, Some(LastWrite::Deferred(_))) if !seen.timed_out => {
            if seen.just_wrote {
                Move::Wait
            } else {
                Move::Write
            }
        }
        // A write may be several calls: the first may have been carried out and not be visible yet.
        (Standing::AsWas, _) if !seen.would_show => Move::Wait,
        (Standing::AsWas, None) => Move::WentBack,
        (Standing::AsWas, Some(LastWrite::Refused(_) | LastWrite::TakingBack(_))) => Move::Refused,
        (Standing::AsWas, Some(_)) if seen.timed_out => Move::TimedOut,
        (Standing::AsWas, Some(_)) => Move::Write,

        (Standing::Between, Some(LastWrite::TakingBack(_))) => match (seen.would_show, seen.timed_out) {
            (false, _) => Move::Wait,
            (true, false) => Move::TakeBack,
            (true, true) => Move::GiveUp,
        },
        (Standing::Between, Some(LastWrite::Refused(_))) => Move::TakeBack,
        (Standing::Between, _) if seen.timed_out && seen.would_show => Move::TakeBack,
        (Standing::Between, _) => {
            if seen.just_wrote || seen.timed_out {
                Move::Wait
            } else {
                Move::Write
            }
        }
    }
}

/// The same for a step that takes back: there is nothing to fall back to, so it is tried on, also against a refusal, for
/// as long as it insists, and gives up then.
pub(super) const fn judge_back(seen: &Circumstances<'_>) -> Move {
    match (seen.standing, seen.last_write) {
        (Standing::AsWanted, _) => Move::Applied,
        (Standing::Drifted, _) => {
            if seen.would_show {
                Move::Drifted
            } else {
                Move::Wait
            }
        }
        (_, Some(LastWrite::Deferred(_))) if !seen.timed_out => {
            if seen.just_wrote {
                Move::Wait
            } else {
                Move::Write
            }
        }
        _ if !seen.would_show => Move::Wait,
        (_, Some(LastWrite::Lost(_) | LastWrite::Unheard(_))) if !seen.timed_out => Move::Write,
        _ if seen.insists && !seen.just_wrote => Move::Write,
        _ if seen.insists => Move::Wait,
        (_, Some(LastWrite::Refused(_))) => Move::Refused,
        (Standing::Between, _) => Move::GiveUp,
        (Standing::AsWas, None) => Move::WentBack,
        (Standing::AsWas, Some(_)) => Move::TimedOut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    fn all() -> impl Iterator<Item = (Standing, Option<LastWrite>, [bool; 3])> {
        let standings = [Standing::AsWanted, Standing::AsWas, Standing::Between, Standing::Drifted];
        let writes = [
            None,
            Some(LastWrite::Deferred(Fault::passing("throttled"))),
            Some(LastWrite::Lost(Fault::unanswered("timeout"))),
            Some(LastWrite::Refused(Fault::refused("denied"))),
            Some(LastWrite::Unheard(Fault::unanswered("lost"))),
            Some(LastWrite::TakingBack(Fault::refused("denied"))),
        ];
        standings.into_iter().flat_map(move |standing| {
            writes.clone().into_iter().flat_map(move |write| {
                (0..8u8).map(move |bits| (standing, write.clone(), [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0]))
            })
        })
    }

    fn seen(
        standing: Standing,
        last_write: Option<&LastWrite>,
        [just_wrote, would_show, timed_out]: [bool; 3],
    ) -> Circumstances<'_> {
        Circumstances { standing, last_write, just_wrote, would_show, timed_out, insists: false }
    }

    #[test]
    fn no_failure_is_concluded_but_from_a_reading_that_shows_it_as_it_was() {
        for (standing, write, [just_wrote, would_show, timed_out]) in all() {
            let seen = seen(standing, write.as_ref(), [just_wrote, would_show, timed_out]);
            if matches!(judge(&seen), Move::Refused | Move::WentBack | Move::TimedOut) {
                assert_eq!(standing, Standing::AsWas, "{seen:?}");
            }
        }
    }

    #[test]
    fn nothing_bad_is_concluded_before_a_write_would_show() {
        for (standing, write, [just_wrote, _, timed_out]) in all() {
            let seen = seen(standing, write.as_ref(), [just_wrote, false, timed_out]);
            let bad =
                |found| matches!(found, Move::Refused | Move::WentBack | Move::TimedOut | Move::GiveUp | Move::Drifted);
            assert!(!bad(judge(&seen)), "{seen:?}");
            // A request that was never sent shows nothing, however long one waits.
            if !matches!(seen.last_write, Some(LastWrite::Deferred(_))) {
                assert!(!bad(judge_back(&seen)), "{seen:?}");
            }
        }
    }

    #[test]
    fn nothing_is_written_over_somebody_elses_hand_or_once_it_is_as_wanted() {
        for (standing, write, [just_wrote, would_show, timed_out]) in all() {
            let seen = seen(standing, write.as_ref(), [just_wrote, would_show, timed_out]);
            for found in [judge(&seen), judge_back(&seen)] {
                if matches!(found, Move::Write | Move::TakeBack) {
                    assert!(matches!(standing, Standing::AsWas | Standing::Between), "{seen:?}");
                }
            }
        }
    }

    #[test]
    fn what_may_be_waited_for_ends() {
        for (standing, write, [just_wrote, _, _]) in all() {
            let seen = seen(standing, write.as_ref(), [just_wrote, true, true]);
            assert_ne!(judge(&seen), Move::Wait, "{seen:?}");
            assert!(!matches!(judge_back(&seen), Move::Wait | Move::Write), "{seen:?}");
        }
    }

    #[test]
    fn a_refusal_to_go_back_is_not_taken_for_an_answer_at_once() {
        let refused = Some(LastWrite::Refused(Fault::refused("denied")));
        for standing in [Standing::AsWas, Standing::Between] {
            let once = seen(standing, refused.as_ref(), [false, true, false]);
            assert_eq!(judge_back(&Circumstances { insists: true, ..once }), Move::Write);
            assert_eq!(judge_back(&once), Move::Refused);
        }
    }
}
