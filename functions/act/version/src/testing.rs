//! The circumstances of the tests of changes.

use backout_aws::testing::Kept;
use backout_engine::{
    action::{At, Claim},
    clock::Timestamp,
};

pub(crate) fn claim() -> Claim {
    Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") }
}

/// With all the time in the world.
pub(crate) fn at<'a, W>(with: &'a W, claim: &'a Claim, evidence: &'a Kept) -> At<'a, W> {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
    At { with, claim, evidence, now, issued_at: now, started_at: None, since: now, deadline: Timestamp::MAX }
}

/// In an invocation whose time is up.
pub(crate) fn too_late<'a, W>(with: &'a W, claim: &'a Claim, evidence: &'a Kept) -> At<'a, W> {
    At { deadline: Timestamp::UNIX_EPOCH, ..at(with, claim, evidence) }
}
