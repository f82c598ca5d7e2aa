//! Judging once, for the tests of checks.

use backout_aws::testing::Kept;
use backout_engine::{
    action::{At, Check, Claim, Kind, Verdict},
    clock::Timestamp,
    fault::Fault,
};

/// Judges once: thirty seconds after the step began, with half a minute left.
pub(crate) async fn judge<C: Check>(check: &C, with: &<C::Kind as Kind>::With) -> Result<Verdict, Fault> {
    let claim = Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") };
    let time = |text: &str| text.parse::<Timestamp>().expect("a time");
    let (began, now) = (time("2026-11-20T10:00:00Z"), time("2026-11-20T10:00:30Z"));
    let evidence = Kept::default();
    let at = At {
        with,
        claim: &claim,
        evidence: &evidence,
        now,
        issued_at: began,
        started_at: None,
        since: began,
        deadline: time("2026-11-20T10:01:00Z"),
    };
    let verdict = check.judge(&at).await;
    assert!(evidence.0.borrow().is_empty(), "a check keeps nothing");
    verdict
}
