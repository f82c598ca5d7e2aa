//! Plans: what a person writes, how it is read, what is wrong with it, and what it expands to.
//!
//! ```text
//! text ──parse──► Document + Plan ──expand(inputs)──► stages and steps of a run
//!                      └──────────── check: expand with stand-ins for what only a run can know
//! ```

mod document;
mod expand;
pub mod given;
mod judged;
mod misplaced;
mod parameter;
mod parse;
mod problem;
mod scan;
mod schema;
mod spec;
mod template;
mod words;

pub use document::Document;
pub(crate) use expand::too_large;
pub use expand::{Chosen, Expansion, InputValues, expand};
pub use parameter::wrong_parameter_name;
pub use parse::{Parsed, parse};
pub use problem::{Place, Problem, Problems};
pub use schema::json_schema;
pub use spec::{
    Guard, Input, InputType, OnFailure, OnGuard, Plan, Ramp, Rung, StageSpec, StepSpec, Templated, Trigger,
};
pub(crate) use template::render;
pub use template::{Scope, TemplateError, Text};
pub use words::nearest;

use crate::action::Catalogue;

/// Everything that can be known to be wrong with a plan before it runs; or the plan, with what it does as far as that is
/// known beforehand and what is worth a warning.
///
/// # Errors
/// All problems at once, with their places.
pub fn check(file: &str, text: &str, catalogue: &Catalogue) -> Result<(Plan, Expansion), Problems> {
    let (parsed, mut problems) = parse::read(file, text, catalogue)?;
    let Some(parsed) = parsed else { return Err(Problems::in_order(problems)) };
    let inputs = InputValues::unknown(&parsed.plan);
    problems.extend(judged::judged(&parsed, &inputs));
    // Parameters are looked at also where the form is wrong elsewhere.
    match expand(&parsed, catalogue, &inputs, &Chosen::All) {
        Ok(expansion) if problems.is_empty() => Ok((parsed.plan, expansion)),
        expanded => {
            problems.extend(expanded.err().into_iter().flat_map(|more| more.0));
            Err(Problems::in_order(problems))
        }
    }
}

#[cfg(test)]
mod tests;
