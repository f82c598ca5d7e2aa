//! What a run intends and has done, step by step, written ahead of every effect.

mod last_write;
mod run;
mod status;
mod step;
mod task;

pub use last_write::{LastWrite, Turn};
pub use run::{Abort, Execution, Mode, Outcome, Phase, Pinned, Refusal, Run, Stage, StageKind};
pub use status::{Event, IllegalTransition, Status, next_status};
pub use step::{Conclusion, Decision, OWN_FIELDS, Step};
pub use task::{TakesBack, Task};

/// The version of the rows' form; each row carries it.
///
/// | form | what came with it |
/// |---|---|
/// | 1 | |
/// | 2 | `task`, `carried`, `abort`, `undo_until`; the statuses `rehearsed`, `undone`, `stuck` |
///
/// Rows of earlier forms can be read, and what they tell of can be taken back.
pub const SCHEMA: u32 = 2;

/// A run and its steps, in the order of stage and position.
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// The run's own row.
    pub run: Run,
    /// The rows of its steps.
    pub steps: Vec<Step>,
}

impl Journal {
    /// A journal with its steps in order.
    pub fn new(run: Run, mut steps: Vec<Step>) -> Self {
        steps.sort_by(|a, b| (a.stage, a.position, &a.id).cmp(&(b.stage, b.position, &b.id)));
        Self { run, steps }
    }

    /// Whether the run takes back: an earlier run, or what it has done itself.
    pub fn is_going_back(&self) -> bool {
        self.run.stages.iter().any(Stage::takes_back)
    }

    /// The steps of one stage.
    pub fn stage_steps(&self, stage: usize) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.stage == stage)
    }

    /// The stages with their indexes and steps.
    pub fn stages(&self) -> impl Iterator<Item = (usize, &Stage, Vec<&Step>)> {
        self.run.stages.iter().enumerate().map(|(index, stage)| (index, stage, self.stage_steps(index).collect()))
    }
}
