//! Stages as people look at them: a rung of a ramp and the guards that judge it are one section.

use backout_engine::{
    clock::Timestamp,
    duration::Duration,
    journal::{Journal, Stage, StageKind, Status, Step},
    plan::OnGuard,
    shown::line,
};

/// A stage; or a rung of a ramp, with its guards. Its texts are as they may be shown.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    /// The stage's name.
    pub name: String,
    /// What kind of stage it is.
    pub kind: &'a StageKind,
    /// What the system's users see once it is done.
    pub users_see: Option<String>,
    /// Its steps.
    pub steps: Vec<&'a Step>,
    /// What judges it, if it is a rung.
    pub guarding: Option<Guarding<'a>>,
    /// What else the run does.
    course: Course,
}

/// Which way a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Through its stages, one after the other.
    Forth,
    /// Back: of the plan's stages, those that were not begun never will be.
    Back,
}

/// What judges a rung.
#[derive(Debug, Clone)]
pub struct Guarding<'a> {
    /// How long the rung is held first.
    pub hold: Duration,
    /// What is done when a guard does not pass.
    pub on_guard: OnGuard,
    /// The checks.
    pub steps: Vec<&'a Step>,
}

/// How far a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// None of its steps was handed out.
    Ahead,
    /// Some were; or the rung is held.
    UnderWay,
    /// Nothing more happens in it by itself. With the status that says most about it.
    Over(Status),
}

/// The sections of a run's stages.
pub fn sections<'a>(stages: &'a [Stage], steps: &'a [Step]) -> Vec<Section<'a>> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let steps: Vec<&Step> = steps.iter().filter(|step| step.stage == index).collect();
        if let (StageKind::Guards { hold, on_guard, .. }, Some(rung)) = (&stage.kind, sections.last_mut()) {
            rung.guarding = Some(Guarding { hold: *hold, on_guard: *on_guard, steps });
            continue;
        }
        let users_see = stage.users_see.as_deref().map(line);
        let (name, kind) = (line(&stage.name), &stage.kind);
        sections.push(Section { name, kind, users_see, steps, guarding: None, course: Course::Forth });
    }
    sections
}

/// The sections of a journal. A run that was refused has stages, and no steps to show in them.
pub fn of_journal(journal: &Journal) -> Vec<Section<'_>> {
    let mut sections = sections(&journal.run.stages, &journal.steps);
    sections.retain(|section| section.all().next().is_some());
    if journal.is_going_back() {
        for section in sections.iter_mut().filter(|section| !matches!(section.kind, StageKind::Undo { .. })) {
            section.course = Course::Back;
        }
    }
    sections
}

impl<'a> Section<'a> {
    /// All of its steps: its own, then its guards.
    pub fn all(&self) -> impl Iterator<Item = &'a Step> + '_ {
        self.steps.iter().copied().chain(self.guarding.iter().flat_map(|guarding| guarding.steps.iter().copied()))
    }

    /// Whether something of it was handed out.
    pub fn has_begun(&self) -> bool {
        self.all().any(|step| step.issued_at.is_some())
    }

    /// Whether nothing of it was begun, nor will be.
    pub fn is_given_up(&self) -> bool {
        let never = |step: &Step| match self.course {
            Course::Forth => step.status == Status::Closed,
            Course::Back => matches!(step.status, Status::Closed | Status::Planned),
        };
        self.all().next().is_some() && self.all().all(never)
    }

    /// How far it is.
    pub fn progress(&self, now: Timestamp) -> Progress {
        if self.is_given_up() {
            return Progress::Over(Status::Closed);
        }
        let over = self.all().all(|step| step.status.is_final());
        if over && self.held_until().is_none_or(|until| until <= now) {
            return Progress::Over(self.worst());
        }
        if self.has_begun() { Progress::UnderWay } else { Progress::Ahead }
    }

    /// The status that says most about it.
    fn worst(&self) -> Status {
        use Status as S;
        let weight = |status: Status| match status {
            S::Stuck => 10,
            S::Unknown => 9,
            S::Drifted => 8,
            S::Failed => 7,
            S::Inconclusive => 6,
            S::Closed => 5,
            S::Applied | S::Undone | S::Rehearsed => 4,
            S::Passed => 3,
            S::InPlace => 2,
            S::Skipped | S::Planned | S::Issued | S::Started => 1,
        };
        self.all().map(|step| step.status).max_by_key(|status| weight(*status)).unwrap_or(S::Passed)
    }

    /// From the first step handed out to the last end, or to now.
    pub fn took(&self, now: Timestamp) -> Option<Duration> {
        let begun = self.all().filter_map(|step| step.issued_at).min()?;
        let ended = match self.progress(now) {
            Progress::Over(_) => self.all().filter_map(|step| step.ended_at).max().unwrap_or(now),
            Progress::Ahead | Progress::UnderWay => now,
        };
        Some(Duration::between(begun, ended))
    }

    /// Until when a rung that was reached is held before it is judged; `None` if it is not reached, or judged already.
    pub fn held_until(&self) -> Option<Timestamp> {
        // What only looks holds nothing.
        let guarding = self.guarding.as_ref().filter(|_| !self.only_looks())?;
        let waiting = guarding.steps.iter().all(|step| step.status == Status::Planned);
        let reached = self
            .steps
            .iter()
            .all(|step| step.status.is_good())
            .then(|| self.steps.iter().filter_map(|step| step.ended_at).max());
        waiting.then_some(reached.flatten()?.checked_add(guarding.hold.signed()).ok()?)
    }

    /// Whether nothing is changed in it: a rehearsal.
    pub fn only_looks(&self) -> bool {
        self.steps.iter().any(|step| step.task.only_looks())
    }

    /// The name of the ramp, without the number of the rung; `None` if it is no rung.
    pub fn ramp_name(&self) -> Option<&str> {
        match self.kind {
            StageKind::Rung { .. } => Some(self.name.rsplit_once(" (").map_or(&self.name, |(ramp, _)| ramp)),
            StageKind::Preflight
            | StageKind::Seal
            | StageKind::Steps
            | StageKind::Undo { .. }
            | StageKind::Guards { .. } => None,
        }
    }
}
