//! `backout`: checks and stores plans, starts runs, watches them, shows their reports.
//!
//! One file per command in `commands/`. Everything that a command says goes through [`output::Output`]; how it ends
//! is an [`error::Exit`].

use std::process::ExitCode;

use clap::Parser as _;

mod args;
mod commands;
mod credentials;
mod endpoints;
mod environment;
mod error;
mod last_resort;
mod layout;
mod output;
mod paint;
mod profiles;
mod region;
mod reversal;
mod sections;
mod stack;
mod watch;

use args::Args;
use error::{CliError, Exit};
use output::Output;

fn main() -> ExitCode {
    let anew = environment::without_empty();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(wrong) => return args::wrong_use(&wrong, std::env::args_os()),
    };
    let output = Output::new(args.output);
    let ended = anew.and_then(|()| last_resort::caught(|| run(args, &output)).flatten());
    let exit = ended.unwrap_or_else(|error: CliError| {
        output.error(&error);
        error.exit
    });
    output.end(exit).into()
}

fn run(args: Args, output: &Output) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::broken(format!("it cannot wait for anything: {error}")))?;
    runtime.block_on(args.run(output))
}
