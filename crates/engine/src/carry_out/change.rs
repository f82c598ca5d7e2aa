//! A change: read, desired, record, write, read again. Whatever is unclear is read, never guessed.

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    Answer, Moved, Perform, Seen, Visit, failure,
    judge::{Circumstances, Move, judge, judge_back},
    original::original,
    standing::{Standing, standing},
    take_back::{Target, target},
    to_map,
};
use crate::{
    action::{At, Change, Kind, Reading},
    code::Code,
    duration::Duration,
    fault::Fault,
    journal::{Conclusion, Event, LastWrite, Status, Step, Task},
};

/// The most that a DynamoDB item holds is 400 KB; a row has two states and more.
pub(super) const LARGEST_STATE: usize = 150_000;

pub(super) struct Performer<C>(pub(super) C);

#[async_trait(?Send)]
impl<C: Change> Perform for Performer<C> {
    fn uses(&self) -> &'static str {
        <C::Kind as Kind>::USES
    }

    async fn perform(&self, visit: &Visit<'_>) -> Result<Answer, Fault> {
        let with = match visit.with::<C::Kind>().await? {
            Ok(with) => with,
            Err(answer) => return Ok(answer),
        };
        match (visit.step.status, &visit.step.task) {
            (Status::Started, _) => match visit.repeated().await? {
                Some(answer) => Ok(answer),
                None => self.go_on(visit, &with, visit.step.clone(), false).await,
            },
            (_, Task::Apply | Task::TakeBack(_)) => self.begin(visit, &with).await,
            (_, Task::Rehearse { .. } | Task::Compare { .. }) => self.only_look(visit, &with).await,
        }
    }

    fn visible_within(&self) -> Duration {
        C::VISIBLE_WITHIN
    }

    async fn look(&self, visit: &Visit<'_>) -> Result<Seen, Fault> {
        let step = visit.step;
        let (Some(before), Some(after)) = (&step.before, &step.after) else {
            return Ok(Seen::Nothing("its two ends are not recorded".into()));
        };
        let with = match crate::action::read_with(&step.with) {
            Ok(with) => with,
            Err(wrong) => return Ok(Seen::Nothing(format!("its parameters cannot be read: {wrong}"))),
        };
        let claim = visit.claim();
        let at = visit.at(&with, &claim, visit.issued_at(), step.started_at);
        Ok(match self.0.read(&at).await? {
            Reading::Settled { state, facts } => {
                let now = json(&state)?;
                Seen::At(standing(before, after, &now), now, to_map(&facts))
            }
            Reading::Settling { why, .. } => Seen::Settling(why),
            Reading::Broken { why } => Seen::Nothing(why),
        })
    }
}

impl<C: Change> Performer<C> {
    async fn begin(&self, visit: &Visit<'_>, with: &<C::Kind as Kind>::With) -> Result<Answer, Fault> {
        let claim = visit.claim();
        let at = visit.at(with, &claim, visit.issued_at(), None);
        let (state, facts) = match self.settled(visit, &at).await? {
            Ok(settled) => settled,
            Err(answer) => return Ok(answer),
        };
        let before = json(&state)?;
        let wanted = match &visit.step.task {
            Task::TakeBack(takes) => match target(visit, takes, &before).await? {
                Target::Back(to) => typed(&to),
                Target::Drifted(answer) => return Ok(answer),
                Target::Unrecorded(fault) => Err(fault),
            },
            _ => self.wanted(visit, &at, &state).await?,
        };
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(fault) => return visit.not_begun(fault, visit.step.timeout).await,
        };
        let after = json(&wanted)?;
        if before == after {
            let found = visit.step.in_place(before, visit.now(), to_map(&facts));
            return Ok(match visit.save(visit.step, found).await? {
                Moved::On(_) => Answer::Done,
                Moved::Off(answer) => answer,
            });
        }
        if [&before, &after].iter().any(|end| end.to_string().len() > LARGEST_STATE) {
            let says = format!("the state of this resource is larger than {LARGEST_STATE} bytes; nothing was changed");
            return visit.end(visit.step, Event::Fail, Map::new(), failure(Code::StateTooLarge, says, None)).await;
        }
        for end in [&state, &wanted] {
            if let Err(fault) = self.0.preserve(&at, end).await {
                return visit.not_begun(fault, visit.step.timeout).await;
            }
        }
        if visit.too_late_to_write() && visit.timed_out(visit.step) {
            let says = "there was never time enough left in an invocation to make the change; nothing was changed";
            return visit.end(visit.step, Event::Fail, Map::new(), failure(Code::TimedOut, says, None)).await;
        }
        let started = visit.step.start((before, after), visit.call.turn, visit.now(), visit.call.deadline);
        let step = match visit.save_and_write(visit.step, started).await? {
            Moved::On(step) => *step,
            Moved::Off(answer) => return Ok(answer),
        };
        let at = visit.at(with, &claim, visit.issued_at(), step.started_at);
        let written = self.0.write(&at, (&state, &facts), &wanted).await;
        match self.written(visit, step, written).await? {
            Moved::On(step) => self.go_on(visit, with, *step, true).await,
            Moved::Off(answer) => Ok(answer),
        }
    }

    /// The resource at rest, before anything was written; or the answer of an invocation that does not find it so.
    pub(super) async fn settled(
        &self,
        visit: &Visit<'_>,
        at: &At<'_, <C::Kind as Kind>::With>,
    ) -> Result<Result<(C::State, C::Facts), Answer>, Fault> {
        Ok(Err(match self.0.read(at).await {
            Ok(Reading::Settled { state, facts }) => return Ok(Ok((state, facts))),
            Ok(Reading::Settling { why, .. }) if visit.timed_out(visit.step) => {
                let says = format!("{why}: still so after {}; nothing was changed", visit.step.timeout);
                visit.end(visit.step, Event::Fail, Map::new(), failure(Code::TimedOut, says, None)).await?
            }
            Ok(Reading::Settling { again_in, .. }) => visit.pending(again_in),
            Ok(Reading::Broken { .. }) if visit.insists(visit.step) => visit.pending(Duration::ZERO),
            Ok(Reading::Broken { why }) => {
                let says = format!("{why}; nothing was changed");
                visit.end(visit.step, Event::Fail, Map::new(), failure(Code::Refused, says, None)).await?
            }
            Err(fault) => visit.not_begun(fault, visit.step.timeout).await?,
        }))
    }

    /// From a reading of a step that may have written, on to its end or to the next look.
    async fn go_on(
        &self,
        visit: &Visit<'_>,
        with: &<C::Kind as Kind>::With,
        mut step: Step,
        mut just_wrote: bool,
    ) -> Result<Answer, Fault> {
        let claim = visit.claim();
        let (before, after) = (step.before.clone().unwrap_or_default(), step.after.clone().unwrap_or_default());
        loop {
            let at = visit.at(with, &claim, visit.issued_at(), step.started_at);
            let would_show = step.since_write(visit.now()) >= C::VISIBLE_WITHIN;
            // Until the invocation that writes is known to have ended, nothing but success is concluded.
            let in_other_hands = !just_wrote && step.is_being_written(visit.now());
            let patient = in_other_hands || !visit.timed_out(&step);
            let (state, facts) = match self.0.read(&at).await {
                Ok(Reading::Settled { state, facts }) => (state, facts),
                Ok(Reading::Settling { again_in, .. }) if patient => return Ok(visit.pending(again_in)),
                Ok(Reading::Broken { .. }) if in_other_hands || visit.insists(&step) => {
                    return Ok(visit.pending(Duration::ZERO));
                }
                Err(fault)
                    if in_other_hands || visit.insists(&step) || patient && (fault.is_transient() || !would_show) =>
                {
                    return Ok(visit.pending(fault.again_in));
                }
                Ok(Reading::Settling { why, .. } | Reading::Broken { why }) => {
                    return lose(visit, &step, &why, None).await;
                }
                Err(fault) => return lose(visit, &step, &fault.message, fault.advice).await,
            };
            let now = json(&state)?;
            let standing = standing(&before, &after, &now);
            if in_other_hands && standing != Standing::AsWanted {
                return Ok(visit.pending(Duration::ZERO));
            }
            let unheard = visit.unheard(&step);
            let seen = Circumstances {
                standing,
                last_write: step.last_write.as_ref().or(unheard.as_ref()),
                just_wrote,
                would_show,
                timed_out: visit.timed_out(&step),
                insists: visit.insists(&step),
            };
            let fault = seen.last_write.map(|last| last.fault().clone());
            let moved = if visit.is_taking_back() { judge_back(&seen) } else { judge(&seen) };
            let target = match moved {
                Move::Applied => return visit.end(&step, Event::Apply, to_map(&facts), Conclusion::default()).await,
                Move::Wait => return Ok(visit.pending(fault.map_or(Duration::ZERO, |fault| fault.again_in))),
                Move::Drifted => return drift(visit, &step, &now).await,
                Move::Refused => return failed(visit, &step, Code::Refused, fault).await,
                Move::TimedOut => return failed(visit, &step, Code::TimedOut, fault).await,
                Move::WentBack => return failed(visit, &step, Code::WentBack, None).await,
                Move::GiveUp => return lose(visit, &step, &half_way(fault.as_ref()), None).await,
                Move::Write => &after,
                Move::TakeBack => &before,
            };
            if visit.too_late_to_write() && visit.overdue(&step) {
                let why = "there was never time enough left in an invocation to go on";
                return lose(visit, &step, why, None).await;
            }
            let target_state: C::State = match typed(target) {
                Ok(state) => state,
                Err(fault) => return lose(visit, &step, &fault.message, None).await,
            };
            let (turn, until) = (visit.call.turn, visit.call.deadline);
            let taking_back = (target == &before)
                .then(|| fault.unwrap_or_else(|| Fault::refused("it stood half-way when its time was over")));
            let taken = match &taking_back {
                Some(why) => step.take_back(why.clone(), turn, visit.now(), until),
                None => step.take_over(turn, visit.now(), until),
            };
            step = match visit.save_and_write(&step, taken).await? {
                Moved::On(step) => *step,
                Moved::Off(answer) => return Ok(answer),
            };
            let written = self.0.write(&at, (&state, &facts), &target_state).await;
            if let Some(why) = taking_back {
                return self.taken_back(visit, &at, step, (&before, why), written).await;
            }
            step = match self.written(visit, step, written).await? {
                Moved::On(step) => *step,
                Moved::Off(answer) => return Ok(answer),
            };
            just_wrote = true;
        }
    }

    /// A change that stopped half-way was written back: failed once a reading shows it.
    async fn taken_back(
        &self,
        visit: &Visit<'_>,
        at: &At<'_, <C::Kind as Kind>::With>,
        step: Step,
        (before, why): (&Value, Fault),
        written: Result<(), Fault>,
    ) -> Result<Answer, Fault> {
        if let Ok(Reading::Settled { state, .. }) = self.0.read(at).await
            && &json(&state)? == before
        {
            return failed(visit, &step, Code::Refused, Some(why)).await;
        }
        match written.map_err(LastWrite::of) {
            Err(LastWrite::Refused(fault)) => {
                let why = format!("{}; it could not be taken back: {fault}", half_way(Some(&why)));
                lose(visit, &step, &why, fault.advice).await
            }
            _ => Ok(visit.pending(Duration::ZERO)),
        }
    }

    /// Records what became of a write that was not simply accepted.
    async fn written(&self, visit: &Visit<'_>, step: Step, written: Result<(), Fault>) -> Result<Moved, Fault> {
        match written {
            Ok(()) => Ok(Moved::On(Box::new(step))),
            Err(fault) => visit.save(&step, step.doubt(LastWrite::of(fault), visit.now())).await,
        }
    }

    /// What the step wants: its parameters, or what an earlier step found.
    pub(super) async fn wanted(
        &self,
        visit: &Visit<'_>,
        at: &At<'_, <C::Kind as Kind>::With>,
        state: &C::State,
    ) -> Result<Result<C::State, Fault>, Fault> {
        let Some(first) = &visit.step.original_of else { return Ok(self.0.desired(at, state).await) };
        // What is compared with a rehearsal goes by what that one found.
        let run = match &visit.step.task {
            Task::Compare { rehearsal, .. } => rehearsal,
            _ => &visit.call.run,
        };
        Ok(match original(visit.env.ledger, run, first).await? {
            Ok(original) => typed(&original),
            Err(unknown) => Err(unknown),
        })
    }
}

async fn failed(visit: &Visit<'_>, step: &Step, code: Code, fault: Option<Fault>) -> Result<Answer, Fault> {
    let (says, advice) = match fault {
        Some(fault) if code == Code::TimedOut => {
            (format!("it was tried for {} in vain: {fault}", visit.step.timeout), fault.advice)
        }
        Some(fault) => (fault.message, fault.advice),
        None => (
            "AWS accepted the change, and the resource is as it was before: it went back".into(),
            Some("look for what reverts it: an alarm on the deployment, a pipeline, a colleague".into()),
        ),
    };
    visit.end(step, Event::Fail, Map::new(), failure(code, says, advice)).await
}

fn half_way(why: Option<&Fault>) -> String {
    format!("it stopped half-way: {}", why.map_or("nobody knows why", |fault| fault.message.as_str()))
}

pub(super) async fn drift(visit: &Visit<'_>, step: &Step, now: &Value) -> Result<Answer, Fault> {
    let says = "somebody else changed the resource meanwhile; it was left as they made it";
    let advice = "compare what is recorded below with the resource, and agree with whoever changed it";
    let facts = [("found".to_owned(), now.clone())].into_iter().collect();
    visit.end(step, Event::Drift, facts, failure(Code::Drift, says, Some(advice.into()))).await
}

async fn lose(visit: &Visit<'_>, step: &Step, why: &str, advice: Option<String>) -> Result<Answer, Fault> {
    let says = format!("it may or may not have been carried out: {why}");
    let advice =
        advice.or_else(|| Some("compare the resource with the two states in the report, and decide by hand".into()));
    visit.end(step, Event::Lose, Map::new(), failure(Code::OutcomeUnknown, says, advice)).await
}

pub(super) fn json(state: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(state)
        .map_err(|error| Fault::refused(format!("a state could not be written as JSON: {error}")))
}

pub(super) fn typed<S: DeserializeOwned>(state: &Value) -> Result<S, Fault> {
    serde_json::from_value(state.clone())
        .map_err(|error| Fault::refused(format!("a recorded state could not be read: {error}")))
}
