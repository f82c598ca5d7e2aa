//! `backout watch`: follow a run until it ends.

use backout_engine::ids::RunId;
use clap::Args;

use crate::{
    error::{CliError, Exit},
    output::Output,
    stack::Stack,
    watch::follow,
};

/// The arguments of `backout watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// The run.
    run: RunId,
}

impl Watch {
    /// Follows it. Leaving (Ctrl-C) leaves the run alone.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        follow(stack, &self.run, output).await
    }
}
