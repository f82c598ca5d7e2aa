//! The question before something is done to a real system.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Args;

use crate::{
    error::{CliError, Exit, WhatFailed},
    output::Output,
    paint::Paint,
};

/// Whether somebody is asked first.
#[derive(Debug, Clone, Args)]
pub struct Asking {
    /// Do not ask.
    #[arg(long)]
    pub(super) yes: bool,
}

impl Asking {
    /// Refuses where somebody would have to be asked and nobody is there, before anything is looked up.
    ///
    /// # Errors
    /// `nobody-to-ask`.
    pub fn ready(&self) -> Result<(), CliError> {
        let somebody = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if self.yes || somebody {
            return Ok(());
        }
        let what = "this changes a real system, and nobody can be asked here";
        Err(CliError::wrong_use(WhatFailed::NobodyToAsk, what).help(HELP))
    }

    /// Shows what is going to be done, and asks; with `--yes` neither.
    ///
    /// # Errors
    /// `declined` when the answer is no: `nothing` says what was left alone.
    pub fn ask(&self, output: &Output, nothing: &str, shown: impl FnOnce(Paint) -> String) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        output.note(shown);
        if agreed()? {
            return Ok(());
        }
        Err(CliError { exit: Exit::NotCompleted, ..CliError::wrong_use(WhatFailed::Declined, nothing) })
    }
}

const HELP: &str = "add --yes to do it without a question";

fn agreed() -> Result<bool, CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::wrong_use(WhatFailed::NobodyToAsk, format!("the answer cannot be read: {error}")).help(HELP)
    };
    let mut terminal = std::io::stderr();
    write!(terminal, "Proceed? [y/N] ").and_then(|()| terminal.flush()).map_err(unreadable)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(unreadable)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Who asks, as far as the machine knows.
pub fn person() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "cli".into())
}
