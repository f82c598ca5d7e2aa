//! `backout plans`: store, list and show plans.

use clap::Subcommand;

use crate::{
    error::{CliError, Exit},
    output::Output,
    stack::Stack,
};

mod list;
mod push;
mod show;
#[cfg(test)]
pub mod testing;

pub use show::{Preview, stages_text};

/// The commands of `backout plans`.
#[derive(Debug, Subcommand)]
pub enum Plans {
    /// Check plans and store them; one bad plan, and none is stored.
    Push(push::Push),
    /// List the stored plans.
    List(list::List),
    /// Show what a stored plan does, step by step.
    Show(show::Show),
}

impl Plans {
    /// Does what was asked for. The stack is looked up only once it is needed.
    pub async fn run(
        self,
        stack: impl AsyncFnOnce() -> Result<Stack, CliError>,
        output: &Output,
    ) -> Result<Exit, CliError> {
        match self {
            Self::Push(push) => push.run(stack, output).await,
            Self::List(list) => list.run(&stack().await?, output).await,
            Self::Show(show) => show.run(&stack().await?, output).await,
        }
    }
}
