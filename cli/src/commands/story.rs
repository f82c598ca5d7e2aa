//! Runs for the tests of commands, told step by step.

use backout_engine::{
    clock::Timestamp,
    code::Code,
    duration::Duration,
    ids::RunId,
    journal::{Conclusion, Event, Execution, Journal, Mode, Outcome, Phase, Pinned, Run, Step, Task, Turn},
    ledger::{Ledger as _, memory::MemoryLedger},
    plan::{Chosen, InputValues},
    request::Request,
    sensitive::FingerprintKey,
    shown,
};
use serde_json::{Map, Value, json};

use crate::commands::plans::testing::{PLAN_WITH_A_COMMAND, preview};

/// Seconds after the beginning of the run, which is 2026-11-20 03:00 UTC.
pub fn at(seconds: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-20T03:00:00Z".parse().expect("time");
    begin.checked_add(Duration::seconds(u32::try_from(seconds).expect("later")).signed()).expect("time")
}

/// The run that is told of.
pub fn id() -> RunId {
    "shop-1".parse().expect("id")
}

/// A run of the plan, under way.
pub struct Story(pub Journal);

impl Story {
    /// Nothing has happened yet.
    pub fn begins(mode: Mode) -> Self {
        let preview = preview(PLAN_WITH_A_COMMAND, |plan| Ok((InputValues::unknown(plan), Chosen::All)));
        let request = Request { plan: "shop".into(), mode, requested_by: Some("alice".into()), ..Request::default() };
        let execution = Execution { arn: "arn:execution:shop-1".into(), started_at: "2026-11-20T03:00:00Z".into() };
        let pinned = Pinned { plan: "shop".parse().expect("name"), version: preview.version, sha256: preview.sha256 };
        let run = Run {
            phase: Phase::Running,
            system: "shop".parse().ok(),
            pinned: Some(pinned),
            stages: preview.expansion.stages,
            deadline: preview.parsed.plan.deadline,
            undo_until: Some(at(29 * 24 * 3600)),
            ..Run::new(id(), execution, request, at(0), FingerprintKey::new(&[7; 32]))
        };
        let mut steps = preview.expansion.steps;
        if mode == Mode::Rehearse {
            steps.iter_mut().for_each(|step| step.task = Task::Rehearse { after: Vec::new() });
        }
        Self(Journal::new(run, steps))
    }

    fn step(mut self, id: &str, change: impl FnOnce(&Step) -> Step) -> Self {
        let step = self.0.steps.iter_mut().find(|step| step.id.as_str() == id).expect(id);
        *step = change(step);
        self
    }

    /// A change or a command has written, and may write until half a minute later.
    pub fn started(self, id: &str, ends: (Value, Value), seconds: i64) -> Self {
        self.step(id, |step| {
            let issued = step.issue(at(seconds)).expect("legal");
            issued.start(ends, Turn { issue: 1, attempt: 0 }, at(seconds), at(seconds + 30)).expect("legal")
        })
    }

    /// It ended so.
    pub fn ended(self, id: &str, event: Event, seconds: i64, says: &str) -> Self {
        let code = match event {
            Event::Fail => Some(Code::Refused),
            Event::Lose => Some(Code::OutcomeUnknown),
            _ => None,
        };
        let conclusion = Conclusion { says: says.into(), code, advice: None };
        self.step(id, |step| step.end(event, at(seconds), Map::new(), conclusion).expect("legal"))
    }

    /// A change was made.
    pub fn applied(self, id: &str, ends: (Value, Value), seconds: i64) -> Self {
        self.started(id, ends, seconds).ended(id, Event::Apply, seconds + 1, "")
    }

    /// A check was made.
    pub fn judged(self, id: &str, event: Event, says: &str) -> Self {
        self.step(id, |step| step.issue(at(1)).expect("legal")).ended(id, event, 2, says)
    }

    /// A rehearsal has looked at a change.
    pub fn seen(self, id: &str, event: Event, ends: (Value, Value)) -> Self {
        self.judged(id, event, "").step(id, |step| step.clone().between(ends))
    }

    /// The run is over.
    pub fn concluded(mut self, outcome: Outcome, seconds: i64) -> Journal {
        for step in self.0.steps.iter_mut().filter(|step| !step.status.is_final()) {
            let says = Conclusion { says: "the run ended before it began".into(), ..Conclusion::default() };
            *step = step.end(Event::Close, at(seconds), Map::new(), says).expect("legal");
        }
        let run = &mut self.0.run;
        (run.outcome, run.ended_at, run.phase) = (Some(outcome), Some(at(seconds)), Phase::Concluded);
        self.0
    }
}

/// A ledger that holds the journal.
pub async fn ledger(journal: &Journal) -> MemoryLedger {
    let ledger = MemoryLedger::default();
    ledger.create_run(&journal.run).await.expect("created");
    ledger.plan_steps(&journal.run.id, &journal.steps).await.expect("planned");
    ledger
}

/// A throttle from one limit to another.
pub fn rate(before: u32, after: u32) -> (Value, Value) {
    (json!({"rate": before}), json!({"rate": after}))
}

/// Diverted, one command sent, of the other nobody knows: halted there.
pub fn halted() -> Journal {
    let rule = (
        json!({"state": "ENABLED", "key": {"$sensitive": "a"}}),
        json!({"state": "DISABLED", "key": {"$sensitive": "b"}}),
    );
    Story::begins(Mode::Apply)
        .judged("api-seen", Event::Pass, "status 503 in 12 ms, as expected")
        .applied("throttle-down", rate(1000, 1), 3)
        .applied("rule-off", rule, 3)
        .applied("tell", (Value::Null, Value::Null), 6)
        .started("flush", (Value::Null, Value::Null), 6)
        .ended("flush", Event::Lose, 50, "it may or may not have been carried out: no answer")
        .judged("errors-seen", Event::Pass, "0 of 12 lines match ERROR")
        .concluded(Outcome::Halted, 51)
}

/// What a terminal or a CI system would obey, on lines of its own.
pub const HOSTILE: &str = "x\n::error::y\u{1b}[2J\rz ##[error]q\u{202e}";

/// The journal with that wherever others can have written.
pub fn written_by_others(mut journal: Journal) -> Journal {
    let run = &mut journal.run;
    run.request.plan = HOSTILE.into();
    (run.request.reason, run.request.requested_by) = (Some(HOSTILE.into()), Some(HOSTILE.into()));
    run.users_see = Some(HOSTILE.into());
    for stage in &mut run.stages {
        (stage.name, stage.users_see) = (HOSTILE.into(), Some(HOSTILE.into()));
    }
    for step in &mut journal.steps {
        step.summary = HOSTILE.into();
        if step.after.is_some() {
            (step.before, step.after) = (Some(json!({HOSTILE: HOSTILE})), Some(json!({HOSTILE: 1})));
        }
        if let Some(conclusion) = &mut step.conclusion {
            (conclusion.says, conclusion.advice) = (HOSTILE.into(), Some(HOSTILE.into()));
        }
    }
    journal
}

/// Nothing of it would be obeyed, and no line begins where others want one to.
pub fn is_harmless(text: &str) {
    assert_eq!(shown::lines(text), text);
    for line in text.lines() {
        assert!(!line.trim_start().starts_with("\\::") && !line.starts_with("z "), "{line}");
    }
}
