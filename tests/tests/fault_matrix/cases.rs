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
    /// At the first read of an operation everything, because each protocol has its own words for it. At later reads of it
    /// one of the passing kinds, each in its turn, and the others for that call or from then on, by turns, too.
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
    let in_turn = |call: &Seen, trouble: &Trouble| {
        let first = cases == Cases::InTurn && call.number == 1;
        cases == Cases::All || call.effect != Effect::Read || first || has_its_turn(trouble)
    };
    let all = |call| Kind::ALL.into_iter().flat_map(move |kind| at(call, kind)).filter(move |it| in_turn(call, it));
    seen.iter().flat_map(all).collect()
}

fn has_its_turn(trouble: &Trouble) -> bool {
    let turn = trouble.number as usize;
    match trouble.kind {
        Kind::Slow => trouble.extent == Extent::Once,
        Kind::Denied | Kind::Killed => {
            trouble.extent == if turn.is_multiple_of(2) { Extent::Once } else { Extent::Always }
        }
        kind => {
            PASSING.into_iter().position(|passing| passing == kind).is_none_or(|place| turn % PASSING.len() == place)
        }
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
