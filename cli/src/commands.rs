//! The commands, one file each.

pub mod abort;
mod ask;
pub mod check;
mod earlier;
mod launch;
pub mod plans;
pub mod rehearse;
pub mod report;
pub mod resolve;
pub mod resume;
pub mod runs;
pub mod schema;
pub mod start;
#[cfg(test)]
pub mod story;
pub mod undo;
pub mod unlock;
pub mod watch;

use backout_engine::{
    code::Code,
    fault::Fault,
    ids::{PlanName, RunId},
    plan::nearest,
};

use crate::error::{CliError, WhatFailed};

/// That there is no such plan, with the name that was probably meant.
async fn unknown_plan(given: &str, stored: &backout_aws::Plans) -> Result<CliError, Fault> {
    let names = stored.names().await?;
    let names: Vec<&str> = names.iter().map(PlanName::as_str).collect();
    let code = WhatFailed::Engine(Code::UnknownPlan);
    let help = match (nearest(given, names.iter().copied()), names.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => "no plan is stored yet: backout plans push FILE".into(),
        (None, names) => format!("there are {}", names.join(", ")),
    };
    Ok(CliError::wrong_use(code, format!("there is no plan `{given}`")).help(help))
}

/// That there is no such run.
pub fn unknown_run(run: &RunId) -> CliError {
    CliError::wrong_use(WhatFailed::Engine(Code::UnknownRun), format!("there is no run `{run}`"))
        .help("`backout runs` lists the latest; --stack, region and profile say where it looks")
}
