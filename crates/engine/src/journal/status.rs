//! The legal transitions of a step, in one small table.

use serde::{Deserialize, Serialize};

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Written by `Prepare`; nothing has happened yet.
    Planned,
    /// Handed out by `Advance`; nothing has been written to the resource yet.
    Issued,
    /// The resource stood as wanted already.
    InPlace,
    /// The journal holds before and after; a write may have happened.
    Started,
    /// A reading shows it as wanted (a command: it was answered).
    Applied,
    /// A check passed.
    Passed,
    /// A reading shows the resource as it was; or a check did not pass.
    Failed,
    /// A check found no data to judge by.
    Inconclusive,
    /// Neither as it was, nor as wanted, nor between: somebody else's hand.
    Drifted,
    /// Nobody can tell; a person decides.
    Unknown,
    /// Not selected, or made pointless by an earlier decision.
    Skipped,
    /// The run was concluded before it began.
    Closed,
    /// A rehearsal has seen what it would do.
    Rehearsed,
    /// What it takes back is taken back: a reading shows the resource as it was before.
    Undone,
    /// What it takes back will not go back; a person has to see to it.
    Stuck,
}

/// What happens to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// `Advance` hands it out, for the first time or again.
    Issue,
    /// The first reading shows it as wanted.
    FindInPlace,
    /// Before and after are recorded; the first effect may follow.
    Start,
    /// A later invocation takes over writing.
    TakeOver,
    /// A reading shows it as wanted.
    Apply,
    /// A check passes.
    Pass,
    /// It is shown to have done nothing; or a check does not pass.
    Fail,
    /// A check finds no data.
    FindNothing,
    /// A reading shows somebody else's hand.
    Drift,
    /// It cannot be told what it did.
    Lose,
    /// It is not wanted, or pointless.
    Skip,
    /// The run is concluded.
    Close,
    /// A rehearsal has read and compared; nothing was written.
    Rehearse,
    /// A reading shows what was to be taken back as taken back.
    TakeBack,
    /// What was to be taken back will not go back.
    GetStuck,
    /// A person has found that it did happen.
    ResolveApplied,
    /// A person has found that it did not happen.
    ResolveNotApplied,
}

/// A transition that the table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a step that is {from:?} cannot {event:?}")]
pub struct IllegalTransition {
    /// Where it stood.
    pub from: Status,
    /// What was to happen.
    pub event: Event,
}

/// The legal transitions. Pure; anything else is an error.
///
/// # Errors
/// When the event cannot happen to a step in that status.
pub const fn next_status(from: Status, event: Event) -> Result<Status, IllegalTransition> {
    use {Event as E, Status as S};
    Ok(match (from, event) {
        (S::Planned | S::Issued, E::Issue) => S::Issued,
        (S::Planned, E::Skip) => S::Skipped,
        (S::Planned | S::Issued, E::Close) => S::Closed,

        (S::Issued, E::FindInPlace) => S::InPlace,
        (S::Issued, E::Start) => S::Started,
        (S::Issued, E::Pass) => S::Passed,
        (S::Issued, E::FindNothing) => S::Inconclusive,

        // A started step that is handed out again stays started: its two ends are known.
        (S::Started, E::Issue | E::TakeOver) => S::Started,
        (S::Started, E::Apply) => S::Applied,

        // A planned step fails when it is to be handed out and its parameters turn out wrong.
        (S::Planned | S::Issued | S::Started, E::Fail) => S::Failed,
        // Somebody else's hand shows in the very first reading where what was to be found there is recorded.
        (S::Issued | S::Started, E::Drift) => S::Drifted,
        // What has not started has done nothing: it fails, and is not unknown.
        (S::Started, E::Lose) => S::Unknown,

        // What depends on the real run is rehearsed without being handed out.
        (S::Planned | S::Issued, E::Rehearse) => S::Rehearsed,
        (S::Started, E::TakeBack) => S::Undone,
        // Also when it cannot be handed out: it is still to be taken back.
        (S::Planned | S::Issued | S::Started, E::GetStuck) => S::Stuck,

        // The one thing that can still happen to a step that has ended: a person decides what nobody could tell.
        (S::Unknown, E::ResolveApplied) => S::Applied,
        (S::Unknown, E::ResolveNotApplied) => S::Failed,
        (from, event) => return Err(IllegalTransition { from, event }),
    })
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 15] = [
        Self::Planned,
        Self::Issued,
        Self::InPlace,
        Self::Started,
        Self::Applied,
        Self::Passed,
        Self::Failed,
        Self::Inconclusive,
        Self::Drifted,
        Self::Unknown,
        Self::Skipped,
        Self::Closed,
        Self::Rehearsed,
        Self::Undone,
        Self::Stuck,
    ];

    /// Whether nothing more happens to it by itself.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Planned | Self::Issued | Self::Started)
    }

    /// Whether it ended as one would wish.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::InPlace | Self::Applied | Self::Passed | Self::Rehearsed | Self::Undone)
    }

    /// Whether it ended, and not as one would wish.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Inconclusive | Self::Drifted | Self::Unknown | Self::Stuck)
    }

    /// As it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Issued => "issued",
            Self::InPlace => "in_place",
            Self::Started => "started",
            Self::Applied => "applied",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
            Self::Drifted => "drifted",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::Closed => "closed",
            Self::Rehearsed => "rehearsed",
            Self::Undone => "undone",
            Self::Stuck => "stuck",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 17] = [
        Event::Issue,
        Event::FindInPlace,
        Event::Start,
        Event::TakeOver,
        Event::Apply,
        Event::Pass,
        Event::Fail,
        Event::FindNothing,
        Event::Drift,
        Event::Lose,
        Event::Skip,
        Event::Close,
        Event::Rehearse,
        Event::TakeBack,
        Event::GetStuck,
        Event::ResolveApplied,
        Event::ResolveNotApplied,
    ];

    #[test]
    fn nothing_happens_to_a_step_that_has_ended_but_that_a_person_decides() {
        let decides = |status, event| {
            status == Status::Unknown && matches!(event, Event::ResolveApplied | Event::ResolveNotApplied)
        };
        for status in Status::ALL.into_iter().filter(|status| status.is_final()) {
            for event in EVENTS.into_iter().filter(|event| !decides(status, *event)) {
                assert_eq!(next_status(status, event), Err(IllegalTransition { from: status, event }));
            }
        }
    }

    #[test]
    fn a_step_that_may_have_written_is_never_skipped_or_closed() {
        assert!(next_status(Status::Started, Event::Skip).is_err());
        assert!(next_status(Status::Started, Event::Close).is_err());
        assert!(next_status(Status::Issued, Event::Skip).is_err());
    }

    #[test]
    fn an_effect_comes_only_after_the_journal() {
        for status in Status::ALL {
            let effects = [Event::Apply, Event::TakeOver, Event::TakeBack];
            if effects.into_iter().any(|event| next_status(status, event).is_ok()) {
                assert_eq!(status, Status::Started);
            }
        }
    }

    #[test]
    fn every_status_is_good_bad_or_neither_and_written_as_serde_writes_it() {
        for status in Status::ALL {
            assert!(!(status.is_good() && status.is_bad()));
            assert_eq!(serde_json::to_value(status).expect("writes"), status.as_str());
        }
    }
}
