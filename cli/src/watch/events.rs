//! What has happened between two looks at a journal, one line each: for logs.

use backout_engine::{
    clock::Timestamp,
    journal::{Journal, Phase, Status, Step},
    shown::line,
};

use super::lines::{what, why};
use crate::{
    paint::Paint,
    sections::{Section, of_journal},
};

/// Something that has happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub line: String,
}

/// What is in a journal and was not at the last look, in the order in which it happened.
pub fn events(before: Option<&Journal>, now: &Journal, paint: Paint) -> Vec<Event> {
    let mut teller = Teller { before, now, paint, events: Vec::new() };
    teller.beginning();
    for section in of_journal(now) {
        teller.section(&section);
    }
    teller.not_begun();
    // Steps of a stage end side by side; what has one time stays in the plan's order.
    teller.events.sort_by_key(|event| event.at);
    teller.events
}

struct Teller<'a> {
    before: Option<&'a Journal>,
    now: &'a Journal,
    paint: Paint,
    events: Vec<Event>,
}

impl Teller<'_> {
    fn tell(&mut self, at: Timestamp, line: String) {
        self.events.push(Event { at, line });
    }

    fn step_before(&self, step: &Step) -> Option<&Step> {
        self.before?.steps.iter().find(|before| before.id == step.id)
    }

    /// Whether this holds of a step now and did not at the last look.
    fn newly(&self, step: &Step, holds: impl Fn(&Step) -> bool) -> bool {
        holds(step) && !self.step_before(step).is_some_and(holds)
    }

    fn beginning(&mut self) {
        let is_known = |journal: &Journal| journal.run.phase != Phase::Preparing || journal.run.outcome.is_some();
        if !is_known(self.now) || self.before.is_some_and(is_known) {
            return;
        }
        let run = &self.now.run;
        let system = run.system.as_ref().map_or_else(String::new, |system| format!(" on {system}"));
        let deadline = run.deadline.map_or_else(String::new, |deadline| format!(", deadline {deadline}"));
        let person =
            run.request.requested_by.as_ref().map_or_else(String::new, |person| format!(", requested by {person}"));
        let reason = run.request.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let plan = self.paint.strong(line(&run.request.plan));
        self.tell(run.started_at, format!("{plan}{system}{deadline}{}", line(&format!("{person}{reason}"))));
    }

    fn section(&mut self, section: &Section<'_>) {
        let steps: Vec<&Step> = section.all().collect();
        let is_skipped = |step: &Step| step.status == Status::Skipped;
        if steps.iter().all(|step| is_skipped(step)) {
            if let Some(first) = steps.first().filter(|step| self.newly(step, is_skipped)) {
                let at = first.ended_at.or(self.last_end()).unwrap_or(self.now.run.started_at);
                let line = self.paint.faint(format!("– {}: {}", section.name, what(first))).to_string();
                self.tell(at, line);
            }
            return;
        }
        let begun = steps.iter().filter_map(|step| begun_at(step)).min();
        let had_begun = steps.iter().any(|step| self.step_before(step).is_some_and(|it| begun_at(it).is_some()));
        if let (Some(at), false) = (begun, had_begun) {
            self.tell(at, self.paint.strong(&section.name).to_string());
        }
        for step in &steps {
            self.step(step);
        }
        self.hold(section);
    }

    fn step(&mut self, step: &Step) {
        let (paint, again) = (self.paint, self.newly(step, |it| it.issues > 1));
        if let (true, Some(at), false) = (again, step.reissued_at, step.status.is_final()) {
            let line = paint.warning(format!("its invocation was lost; handed out again ({})", step.issues));
            self.tell(at, format!("  {} {}: {line}", paint.sign(step.status), step.id));
        }
        let told = |step: &Step| step.status.is_final() && !matches!(step.status, Status::Skipped | Status::Closed);
        let Some(at) = step.ended_at.filter(|_| self.newly(step, told)) else { return };
        let took = step.took(at).map_or_else(String::new, |took| paint.faint(format!(" ({took})")).to_string());
        self.tell(at, format!("  {} {}: {}{took}", paint.sign(step.status), step.id, what(step)));
        for why in why(step) {
            self.tell(at, format!("      {}", paint.bad(why)));
        }
    }

    fn hold(&mut self, section: &Section<'_>) {
        let held = section.guarding.as_ref().filter(|guarding| guarding.hold.seconds_up() > 0 && !section.only_looks());
        let Some(guarding) = held else { return };
        let reached = |step: &Step| step.status.is_good();
        let newly = section.steps.iter().any(|step| self.newly(step, reached))
            && section.steps.iter().all(|step| reached(step));
        let at = section.steps.iter().filter_map(|step| step.ended_at).max();
        if let (true, Some(at)) = (newly, at) {
            self.tell(at, self.paint.faint(format!("  held for {}", guarding.hold)).to_string());
        }
    }

    /// What a run that stopped early has left undone.
    fn not_begun(&mut self) {
        let Some(at) = self.now.run.ended_at.filter(|_| self.before.is_none_or(|before| before.run.ended_at.is_none()))
        else {
            return;
        };
        let names: Vec<_> = of_journal(self.now)
            .iter()
            .filter(|section| section.is_given_up())
            .map(|section| section.name.clone())
            .collect();
        if !names.is_empty() {
            self.tell(at, self.paint.faint(format!("– not begun: {}", names.join(", "))).to_string());
        }
    }

    fn last_end(&self) -> Option<Timestamp> {
        self.now.steps.iter().filter_map(|step| step.ended_at).max()
    }
}

/// When a step was handed out. What a rehearsal can tell without looking is never handed out, and just ends.
fn begun_at(step: &Step) -> Option<Timestamp> {
    step.issued_at.or(step.ended_at.filter(|_| step.status == Status::Rehearsed))
}
