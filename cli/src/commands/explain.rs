//! `backout explain`: what a code means and what to do.

use backout_engine::{code::Code, plan::nearest};
use clap::Args;
use serde::Serialize;

use crate::{
    error::{CliError, Exit, WhatFailed},
    output::Output,
};

/// The arguments of `backout explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, as it stands in brackets at the end of a message.
    code: String,
}

#[derive(Debug, Serialize)]
struct Page {
    code: Code,
    about: String,
    page: &'static str,
}

impl Explain {
    /// Prints the code's page.
    pub fn run(self, output: &Output) -> Result<Exit, CliError> {
        let code = find(&self.code)?;
        let page = Page { code, about: code.about(), page: code.page() };
        output.document(&page, |_| page.page.to_owned());
        Ok(Exit::Completed)
    }
}

fn find(given: &str) -> Result<Code, CliError> {
    let given = given.trim_matches(['[', ']']);
    let all = || Code::ALL.iter().copied();
    all().find(|code| code.as_str() == given).ok_or_else(|| {
        let help = match nearest(given, all().map(Code::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "docs/errors lists the codes of plans and runs, docs/cli.md those that only the command has".into(),
        };
        CliError::wrong_use(WhatFailed::Arguments, format!("there is no page on a code `{given}`")).help(help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_with_its_brackets_or_without() {
        assert_eq!(find("[unknown-action]"), Ok(Code::UnknownAction));
        assert_eq!(find("drift"), Ok(Code::Drift));
        assert!(Code::Drift.page().contains("## What to do"));
    }

    #[test]
    fn a_code_that_is_misspelt_or_the_commands_own_is_no_dead_end() {
        let help = |given: &str| find(given).expect_err("no such page").help.expect("help");
        assert_eq!(help("unknown-acton"), "did you mean `unknown-action`?");
        assert!(help("nobody-to-ask").contains("docs/cli.md"), "{}", help("nobody-to-ask"));
    }
}
