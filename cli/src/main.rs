//! `backout`: checks and stores plans, starts runs, watches them, shows their reports.
//!
//! One file per command in `commands/`. Everything that a command says goes through [`output::Output`]; how it ends
//! is an [`error::Exit`].

use std::process::ExitCode;

use clap::Parser as _;

mod args;
mod commands;
mod error;
mod layout;
mod output;
mod paint;
mod reversal;
mod sections;
mod stack;
mod watch;

use args::Args;
use error::CliError;
use output::Output;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(wrong) => return args::wrong_use(&wrong, std::env::args()),
    };
    let output = Output::new(args.output);
    let exit = args.run(&output).await.unwrap_or_else(|error: CliError| {
        output.error(&error);
        error.exit
    });
    exit.into()
}
