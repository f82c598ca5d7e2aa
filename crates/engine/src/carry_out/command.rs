//! A command: recorded before it is sent; what cannot be told is left to a person.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{Answer, Moved, Perform, Seen, Standing, Visit, failure, hold::unheard, to_map};
use crate::{
    action::{Command, Kind, Repeat},
    code::Code,
    duration::Duration,
    fault::Fault,
    journal::{Conclusion, Event, LastWrite, Status, Step},
};

pub(super) struct Performer<C>(pub(super) C);

#[async_trait(?Send)]
impl<C: Command> Perform for Performer<C> {
    fn uses(&self) -> &'static str {
        <C::Kind as Kind>::USES
    }

    async fn perform(&self, visit: &Visit<'_>) -> Result<Answer, Fault> {
        let with = match visit.with::<C::Kind>().await? {
            Ok(with) => with,
            Err(answer) => return Ok(answer),
        };
        let step = visit.step;
        if step.task.only_looks() {
            let says = "it would be sent, and could not be taken back".to_owned();
            let conclusion = Conclusion { says, ..Conclusion::default() };
            return visit.end(step, Event::Rehearse, Map::new(), conclusion).await;
        }
        let repeat = self.0.repeat(&with);
        let next = match step.status {
            Status::Started => {
                if let Some(answer) = visit.repeated().await? {
                    return Ok(answer);
                }
                if step.is_being_written(visit.now()) {
                    return Ok(visit.pending(Duration::ZERO));
                }
                match (&step.last_write, repeat) {
                    (Some(LastWrite::Deferred(_)), _) | (_, Repeat::Safe) if !visit.timed_out(step) => {}
                    (Some(LastWrite::Deferred(fault) | LastWrite::Refused(fault)), _) => {
                        let conclusion = failure(Code::TimedOut, fault.message.clone(), fault.advice.clone());
                        return visit.end(step, Event::Fail, Map::new(), conclusion).await;
                    }
                    last => return lost(visit, step, repeat, last.0.as_ref().map(LastWrite::fault)).await,
                }
                let once_more = step.take_over(visit.call.turn, visit.now(), visit.call.deadline);
                match &step.last_write {
                    Some(LastWrite::Deferred(_)) => once_more,
                    // Whatever comes of this sending, an earlier one may have arrived.
                    other => {
                        let fault = other.as_ref().map_or_else(unheard, |last| last.fault().clone());
                        once_more.map(|step| Step { last_write: Some(LastWrite::Unheard(fault)), ..step })
                    }
                }
            }
            _ => step.start((Value::Null, Value::Null), visit.call.turn, visit.now(), visit.call.deadline),
        };
        if visit.too_late_to_write() && visit.timed_out(step) {
            let says = "there was never time enough left in an invocation to send it";
            return visit.cannot(failure(Code::TimedOut, says, None)).await;
        }
        let step = match visit.save_and_write(step, next).await? {
            Moved::On(step) => step,
            Moved::Off(answer) => return Ok(answer),
        };
        let claim = visit.claim();
        let at = visit.at(&with, &claim, visit.issued_at(), step.started_at);
        let may_have_arrived = step.last_write.is_some();
        match self.0.send(&at).await.map_err(LastWrite::of) {
            Ok(facts) => visit.end(&step, Event::Apply, to_map(facts), Conclusion::default()).await,
            Err(LastWrite::Refused(fault)) if !may_have_arrived => {
                visit.end(&step, Event::Fail, Map::new(), failure(Code::Refused, fault.message, fault.advice)).await
            }
            Err(LastWrite::Refused(fault)) => lost(visit, &step, repeat, Some(&fault)).await,
            Err(LastWrite::Lost(fault)) if repeat == Repeat::Never => lost(visit, &step, repeat, Some(&fault)).await,
            Err(soft) => {
                let soft = if may_have_arrived { LastWrite::Lost(soft.fault().clone()) } else { soft };
                let again_in = soft.fault().again_in;
                Ok(match visit.save(&step, step.doubt(soft, visit.now())).await? {
                    Moved::On(_) => visit.pending(again_in),
                    Moved::Off(answer) => answer,
                })
            }
        }
    }

    async fn look(&self, visit: &Visit<'_>) -> Result<Seen, Fault> {
        Ok(match visit.step.last_write {
            // Never sent.
            Some(LastWrite::Deferred(_)) => Seen::At(Standing::AsWas, Value::Null, Map::new()),
            _ => Seen::Nothing("a command leaves no state that could be read".into()),
        })
    }
}

async fn lost(visit: &Visit<'_>, step: &Step, repeat: Repeat, fault: Option<&Fault>) -> Result<Answer, Fault> {
    let says = match repeat {
        Repeat::Never => "it was sent, and nobody knows what it has done; it may not be sent twice",
        Repeat::Safe => "it was sent more than once, and nobody knows what it has done",
    };
    let says = fault.map_or_else(|| says.to_owned(), |fault| format!("{says}: {}", fault.message));
    let advice = fault.and_then(|fault| fault.advice.clone());
    let advice = advice.unwrap_or_else(|| "look at the target and judge whether it happened".into());
    visit.end(step, Event::Lose, Map::new(), failure(Code::OutcomeUnknown, says, Some(advice))).await
}
