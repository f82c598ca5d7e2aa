//! What a reading has found, for the rest of the same look.

use std::cell::RefCell;

use backout_engine::{
    action::{At, Claim},
    clock::Timestamp,
};

/// Keeps what `read` has found for `desired`, which asks about the same moment: the engine calls one after the other, and
/// nothing is written in between. `write` takes nothing from here, because it has to see what is there now.
#[derive(Debug)]
pub struct SameLook<T>(RefCell<Option<(Claim, Timestamp, T)>>);

impl<T> Default for SameLook<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T> SameLook<T> {
    /// Keeps it, instead of what was kept before.
    pub fn keep<W>(&self, at: &At<'_, W>, found: T) {
        self.0.replace(Some((at.claim.clone(), at.now, found)));
    }

    /// What was kept, once, if it was found in this very look.
    pub fn take<W>(&self, at: &At<'_, W>) -> Option<T> {
        let (claim, now, found) = self.0.take()?;
        (claim == *at.claim && now == at.now).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, SdkConfig};

    use super::*;
    use crate::{Cloud, Names};

    #[test]
    fn it_is_handed_out_once_and_only_in_the_look_that_found_it() {
        let claim = Claim { run: "run".parse().expect("an id"), step: "step".parse().expect("an id") };
        let (now, later) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let names = Names { table: "t".into(), bucket: "b".into(), stack: "s".into() };
        let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let evidence = Cloud::new(names, &config).evidence();
        let at = |now| At {
            with: &(),
            claim: &claim,
            evidence: &evidence,
            now,
            issued_at: now,
            started_at: None,
            since: now,
            deadline: now,
        };
        let look = SameLook::default();
        look.keep(&at(now), 1);
        assert_eq!(look.take(&at(now)), Some(1));
        assert_eq!(look.take(&at(now)), None);
        look.keep(&at(now), 2);
        assert_eq!(look.take(&at(later)), None);
    }
}
