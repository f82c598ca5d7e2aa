//! How the row of a step moves: each move is legal by [`next_status`], and counts the row's revision up.

use serde_json::{Map, Value};

use super::{Conclusion, Step};
use crate::{
    clock::Timestamp,
    code::Code,
    fault::Fault,
    journal::{
        last_write::{LastWrite, Turn},
        status::{Event, IllegalTransition, next_status},
        task::Task,
    },
};

/// What a person has found out about a step whose outcome nobody could tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It did happen.
    Applied,
    /// It did not.
    NotApplied,
}

impl Step {
    fn moved(&self, event: Event) -> Result<Self, IllegalTransition> {
        let status = next_status(self.status, event)?;
        Ok(Self { status, revision: self.revision + 1, ..self.clone() })
    }

    /// Handed out.
    ///
    /// # Errors
    /// When a step in its status cannot be.
    pub fn issue(&self, now: Timestamp) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::Issue)?;
        step.issues += 1;
        step.issued_at.get_or_insert(now);
        step.reissued_at = Some(now);
        Ok(step)
    }

    /// About to write for the first time.
    ///
    /// # Errors
    /// When a step in its status cannot.
    pub fn start(
        &self,
        ends: (Value, Value),
        turn: Turn,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::Start)?;
        (step.before, step.after) = (Some(ends.0), Some(ends.1));
        (step.turn, step.started_at, step.until) = (Some(turn), Some(now), Some(until));
        step.written_at = Some(now);
        Ok(step)
    }

    /// An invocation goes on writing.
    ///
    /// # Errors
    /// When a step in its status cannot.
    pub fn take_over(&self, turn: Turn, now: Timestamp, until: Timestamp) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::TakeOver)?;
        (step.turn, step.written_at, step.until, step.last_write) = (Some(turn), Some(now), Some(until), None);
        Ok(step)
    }

    /// An invocation writes back what was half done.
    ///
    /// # Errors
    /// When a step in its status cannot have written.
    pub fn take_back(
        &self,
        why: Fault,
        turn: Turn,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Self, IllegalTransition> {
        let mut step = self.take_over(turn, now, until)?;
        step.last_write = Some(LastWrite::TakingBack(why));
        Ok(step)
    }

    /// A write was not simply accepted.
    ///
    /// # Errors
    /// When a step in its status cannot have written.
    pub fn doubt(&self, last_write: LastWrite, now: Timestamp) -> Result<Self, IllegalTransition> {
        let mut step = self.moved(Event::TakeOver)?;
        (step.last_write, step.written_at) = (Some(last_write), Some(now));
        Ok(step)
    }

    /// Found as wanted before anything was written.
    ///
    /// # Errors
    /// When a step in its status cannot be.
    pub fn in_place(&self, state: Value, now: Timestamp, facts: Map<String, Value>) -> Result<Self, IllegalTransition> {
        let mut step = self.end(Event::FindInPlace, now, facts, Conclusion::default())?;
        (step.before, step.after) = (Some(state.clone()), Some(state));
        Ok(step)
    }

    /// The same with two states recorded, beside how it ended.
    pub fn between(mut self, ends: (Value, Value)) -> Self {
        (self.before, self.after) = (Some(ends.0), Some(ends.1));
        self
    }

    /// Ended by an event, with what is to be said about it. What a step takes back is undone and not applied; what will not
    /// go back is stuck, whatever the cause.
    ///
    /// # Errors
    /// When a step in its status cannot end so.
    pub fn end(
        &self,
        event: Event,
        now: Timestamp,
        facts: Map<String, Value>,
        conclusion: Conclusion,
    ) -> Result<Self, IllegalTransition> {
        let (event, conclusion) = match &self.task {
            Task::TakeBack(_) => as_taking_back(event, conclusion),
            _ => (event, conclusion),
        };
        let mut step = self.moved(event)?;
        step.ended_at = Some(now);
        step.facts = (!facts.is_empty()).then_some(facts);
        step.conclusion = Some(conclusion);
        Ok(step)
    }

    /// What nobody could tell, as a person has decided it. It ended when it ended; what was said then is said still.
    ///
    /// # Errors
    /// When it is known what the step has done.
    pub fn resolve(
        &self,
        decision: Decision,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Self, IllegalTransition> {
        let (event, found, code) = match decision {
            Decision::Applied => (Event::ResolveApplied, "it was carried out", None),
            // Like everything that is shown to have changed nothing.
            Decision::NotApplied => (Event::ResolveNotApplied, "it was not carried out", Some(Code::Refused)),
        };
        let mut step = self.moved(event)?;
        let before = self.conclusion.as_ref().map(|it| it.says.as_str()).filter(|says| !says.is_empty());
        let before = before.map_or_else(String::new, |says| format!(". Before that: {says}"));
        let says = format!("{found}, as {by} decided at {now:.0}: {reason}{before}");
        step.conclusion = Some(Conclusion { says, code, advice: None });
        Ok(step)
    }
}

fn as_taking_back(event: Event, conclusion: Conclusion) -> (Event, Conclusion) {
    match event {
        Event::Apply => (Event::TakeBack, conclusion),
        Event::Fail | Event::Lose | Event::GetStuck => {
            // What is said of lost steps is about resolving them; nobody resolves what is tried again.
            let advice = conclusion.advice.filter(|_| event != Event::Lose);
            let advice = advice.or_else(|| Some("find out what keeps it from going back, and mend that".into()));
            (Event::GetStuck, Conclusion { code: Some(Code::Stuck), advice, ..conclusion })
        }
        _ => (event, conclusion),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        journal::{Status, TakesBack},
        testing::{at, id},
    };

    fn unknown() -> Step {
        let issued = crate::testing::step("notify", 0).issue(at(1)).expect("legal");
        let turn = Turn { issue: 1, attempt: 0 };
        let started = issued.start((json!(1), json!(2)), turn, at(2), at(60)).expect("legal");
        let lost =
            Conclusion { says: "no answer".into(), code: Some(Code::OutcomeUnknown), advice: Some("look".into()) };
        started.end(Event::Lose, at(9), Map::new(), lost).expect("legal")
    }

    #[test]
    fn a_person_decides_what_nobody_could_tell_and_the_row_says_who_what_and_why() {
        let applied = unknown().resolve(Decision::Applied, "alice", "it is in the log", at(99)).expect("legal");
        assert_eq!((applied.status, applied.ended_at), (Status::Applied, Some(at(9))));
        let says =
            "it was carried out, as alice decided at 2026-11-20T03:01:39Z: it is in the log. Before that: no answer";
        assert_eq!(applied.conclusion, Some(Conclusion { says: says.into(), code: None, advice: None }));
        let failed = unknown().resolve(Decision::NotApplied, "alice", "no trace of it", at(99)).expect("legal");
        assert_eq!((failed.status, failed.after), (Status::Failed, Some(json!(2))));
        let conclusion = failed.conclusion.expect("one");
        assert!(conclusion.says.starts_with("it was not carried out, as alice decided"), "{}", conclusion.says);
        assert_ne!(conclusion.code, Some(Code::OutcomeUnknown), "it is settled");
    }

    #[test]
    fn what_will_not_go_back_is_stuck_whatever_the_cause() {
        let takes = TakesBack {
            run: id("r"),
            steps: vec![id("a")],
            claim: crate::action::Claim { run: id("r"), step: id("a") },
        };
        let back = Step { task: Task::TakeBack(takes), ..unknown().like(id("undo.a"), 0) };
        let issued = back.issue(at(1)).expect("legal");
        let denied = |advice: Option<&str>| Conclusion {
            says: "denied".into(),
            code: Some(Code::Refused),
            advice: advice.map(str::to_owned),
        };
        for (event, given, said) in [
            (Event::Fail, None, "find out what keeps it from going back, and mend that"),
            (Event::Fail, Some("give the right"), "give the right"),
            (Event::Lose, Some("resolve it"), "find out what keeps it from going back, and mend that"),
        ] {
            let stuck = issued.end(event, at(2), Map::new(), denied(given)).expect("legal");
            assert_eq!(stuck.status, Status::Stuck);
            assert_eq!(stuck.conclusion, Some(Conclusion { code: Some(Code::Stuck), ..denied(Some(said)) }));
        }
        let turn = Turn { issue: 1, attempt: 0 };
        let started = issued.start((json!(2), json!(1)), turn, at(2), at(60)).expect("legal");
        let undone = started.end(Event::Apply, at(3), Map::new(), Conclusion::default()).expect("legal");
        assert_eq!((undone.status, undone.conclusion), (Status::Undone, Some(Conclusion::default())));
    }

    #[test]
    fn a_row_of_form_2_may_have_a_fact_that_is_called_as_its_own() {
        let mut row = serde_json::to_value(crate::testing::step("healthy", 0)).expect("writes");
        let fields = row.as_object_mut().expect("a map");
        fields.insert("schema".into(), json!(2));
        fields.insert("status".into(), json!("passed"));
        fields.insert("facts".into(), json!({"status": 200, "latency_ms": 12}));
        let row: Step = serde_json::from_value(row).expect("reads");
        assert_eq!(row.facts.as_ref().map(|facts| facts["status"].clone()), Some(json!(200)), "reports show it");
        let visible = row.visible_facts();
        assert_eq!((&visible["status"], &visible["latency_ms"]), (&json!("passed"), &json!(12)));
    }

    #[test]
    #[should_panic(expected = "every step has a `status` of its own")]
    fn no_check_observes_what_every_step_has() {
        let verdict = crate::action::Verdict::new(crate::action::Finding::Pass, "well");
        drop(verdict.observing("status", 200));
    }

    #[test]
    fn what_is_known_is_not_decided() {
        let known = unknown().resolve(Decision::Applied, "alice", "seen", at(99)).expect("legal");
        assert!(known.resolve(Decision::NotApplied, "bob", "not seen", at(100)).is_err());
    }
}
