//! What of a plan cannot be taken back, so that it is known before it is done.

use backout_engine::{
    action::Nature,
    ids::StepId,
    journal::{Stage, Status, Step},
    plan::Expansion,
    shown::line,
};
use serde::Serialize;

use crate::paint::Paint;

/// What stands beside a step that cannot be taken back.
pub const CANNOT: &str = "cannot be taken back";

/// The first step of a run whose effect stays, whatever is undone: whoever wants to go back has to do so before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PointOfNoReturn {
    /// The step.
    pub step: StepId,
    /// Its stage.
    pub stage: String,
    /// What it does.
    pub summary: String,
    /// How many more steps after it cannot be taken back.
    pub more: usize,
}

/// Whether nothing takes a step back: a command leaves no state that one could go back to.
pub fn is_irreversible(step: &Step) -> bool {
    step.nature == Nature::Command
}

/// The point of no return of what is planned; `None` where everything can be taken back.
pub fn point_of_no_return(expansion: &Expansion) -> Option<PointOfNoReturn> {
    first(&expansion.stages, expansion.steps.iter().filter(|step| step.status != Status::Skipped))
}

/// The first of these steps, in their order, that cannot be taken back.
pub fn first<'a>(stages: &[Stage], steps: impl Iterator<Item = &'a Step>) -> Option<PointOfNoReturn> {
    let mut steps = steps.filter(|step| is_irreversible(step));
    let step = steps.next()?;
    Some(PointOfNoReturn {
        step: step.id.clone(),
        stage: stages.get(step.stage).map_or_else(String::new, |stage| stage.name.clone()),
        summary: step.summary.clone(),
        more: steps.count(),
    })
}

impl PointOfNoReturn {
    /// In a sentence.
    pub fn told(&self, paint: Paint) -> String {
        let it = match self.more {
            0 => "it".to_owned(),
            1 => "it and one step after it".to_owned(),
            more => format!("it and {more} steps after it"),
        };
        let point = paint.warning(format!("`{}` ({}) is the point of no return", self.step, line(&self.stage)));
        format!("{point}: {}; {it} {CANNOT}", line(&self.summary))
    }
}
