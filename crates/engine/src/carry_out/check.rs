//! A check: judge; wait within its time; end. It writes nothing but its end.

use async_trait::async_trait;

use super::{Answer, Perform, Seen, Visit};
use crate::{
    action::{Check, Finding, Kind, Verdict},
    code::Code,
    duration::Duration,
    fault::Fault,
    journal::{Conclusion, Event},
};

/// How long faults that pass are waited out where the plan gives the check no time of its own.
const PATIENCE: Duration = Duration::seconds(60);

pub(super) struct Performer<C>(pub(super) C);

#[async_trait(?Send)]
impl<C: Check> Perform for Performer<C> {
    fn uses(&self) -> &'static str {
        <C::Kind as Kind>::USES
    }

    async fn perform(&self, visit: &Visit<'_>) -> Result<Answer, Fault> {
        let with = match visit.with::<C::Kind>().await? {
            Ok(with) => with,
            Err(answer) => return Ok(answer),
        };
        let since = match &visit.step.since {
            Some(id) => visit.env.ledger.step(&visit.call.run, id).await?.and_then(|rung| rung.ended_at),
            None => None,
        };
        let claim = visit.claim();
        let at = visit.at(&with, &claim, since.unwrap_or_else(|| visit.issued_at()), None);
        // A rehearsal looks once: nothing happens that a check could wait for.
        let within = if visit.step.task.only_looks() { Duration::ZERO } else { visit.step.within.unwrap_or_default() };
        match self.0.judge(&at).await {
            Ok(verdict) => conclude(visit, verdict, within).await,
            Err(fault) => visit.not_begun(fault, within.max(PATIENCE)).await,
        }
    }

    async fn look(&self, _: &Visit<'_>) -> Result<Seen, Fault> {
        Ok(Seen::Nothing("a check changes nothing".into()))
    }
}

async fn conclude(visit: &Visit<'_>, verdict: Verdict, within: Duration) -> Result<Answer, Fault> {
    let waited = Duration::between(visit.issued_at(), visit.now());
    let may_wait = waited < within;
    let (event, code) = match verdict.finding {
        Finding::Pass => (Event::Pass, None),
        Finding::FailForGood => (Event::Fail, Some(Code::CheckFailed)),
        Finding::Fail | Finding::Inconclusive if may_wait => {
            // The last look falls on the end of the window.
            let left = within.signed() - waited.signed();
            let every = visit.step.every.unwrap_or(Duration::seconds(1)).signed().min(left);
            let seconds = u32::try_from(every.as_secs() + i64::from(every.subsec_nanos() > 0)).unwrap_or(1);
            return Ok(Answer::Pending { wait: Duration::seconds(seconds.max(1)) });
        }
        Finding::Fail => (Event::Fail, Some(Code::CheckFailed)),
        Finding::Inconclusive => (Event::FindNothing, Some(Code::CheckInconclusive)),
    };
    let says = match (within == Duration::ZERO, event) {
        (false, Event::Fail | Event::FindNothing) => format!("{} (waited {waited})", verdict.says),
        _ => verdict.says,
    };
    let conclusion = Conclusion { says, code, advice: None };
    visit.end(visit.step, event, verdict.observed.into_iter().collect(), conclusion).await
}
