//! The cases of an action: generated from the calls that were observed, not listed.

use super::{
    trouble::{Extent, Kind, Trouble},
    watch::{Effect, Seen},
};

/// The ways in which a read does not succeed for a while. To the engine they are one.
const PASSING: [Kind; 3] = [Kind::RequestLost, Kind::Throttled, Kind::ServerError];

/// Whether everything is tried at every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cases {
    /// Everything.
    All,
    /// At the first read of a service everything, because each protocol has its own words for it. At its other reads one
    /// of the passing kinds, each in its turn, and everything for that call or from then on, by turns, too.
    InTurn,
    /// As in turn at every read: an undo reads by the same code as a run.
    InTurnThroughout,
}

impl Cases {
    /// What is tried when a run that went well is taken back.
    pub const fn on_the_way_back(self) -> Self {
        match self {
            Self::All => Self::All,
            Self::InTurn | Self::InTurnThroughout => Self::InTurnThroughout,
        }
    }
}

/// What can go wrong at these calls.
pub fn of(seen: &[Seen], cases: Cases) -> Vec<Trouble> {
    let first_of_service = |at: usize, call: &Seen| {
        cases == Cases::InTurn
            && !seen.iter().take(at).any(|it| it.service == call.service && it.effect == Effect::Read)
    };
    let mut troubles = Vec::new();
    for (turn, call) in seen.iter().enumerate() {
        let whole = cases == Cases::All || call.effect != Effect::Read || first_of_service(turn, call);
        let all = Kind::ALL.into_iter().flat_map(|kind| at(call, kind));
        troubles.extend(all.filter(|trouble| whole || has_its_turn(trouble, turn)));
    }
    troubles
}

fn has_its_turn(trouble: &Trouble, turn: usize) -> bool {
    let extent = if (turn / PASSING.len()).is_multiple_of(2) { Extent::Once } else { Extent::Always };
    match PASSING.into_iter().position(|passing| passing == trouble.kind) {
        Some(place) => turn % PASSING.len() == place && trouble.extent == extent,
        None => matches!(trouble.kind, Kind::Stale | Kind::Twice) || trouble.extent == extent,
    }
}

fn at(call: &Seen, kind: Kind) -> Vec<Trouble> {
    use Effect::{Change, Journal, Keep, Read};
    use Extent::{Always, Attempt, Once};
    let extents: &[Extent] = match (kind, call.effect) {
        // Without its answer a read is as good as not arrived.
        (Kind::ResponseLost, Read) => &[],
        // What the SDK tries again is the same at every call of an operation; a change has one attempt.
        (Kind::RequestLost | Kind::ResponseLost | Kind::Throttled | Kind::ServerError, Read | Keep | Journal)
            if call.number == 1 =>
        {
            &[Attempt, Once, Always]
        }
        (Kind::RequestLost | Kind::ResponseLost | Kind::Throttled | Kind::ServerError, _) => &[Once, Always],
        (Kind::Denied | Kind::Killed, _) => &[Once, Always],
        (Kind::Stale, Read) if call.differs => &[Once, Always],
        (Kind::WentBack, Change) | (Kind::Twice, _) => &[Once],
        (Kind::Slow, Read) => &[Once, Always],
        (Kind::Stale, _) | (Kind::WentBack, Read | Keep | Journal) | (Kind::Slow, Keep | Journal | Change) => &[],
    };
    let trouble =
        |extent: &Extent| Trouble { operation: call.operation.clone(), number: call.number, kind, extent: *extent };
    extents.iter().map(trouble).collect()
}
