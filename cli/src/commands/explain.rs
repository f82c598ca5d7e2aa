//! `backout explain`: what a code means and what to do.

use backout_engine::{code::Code, plan::nearest};
use clap::Args;
use serde::Serialize;

use crate::{
    error::{CliError, Exit, WhatFailed},
    output::Output,
};

/// The page that has a line on each code of the command's own.
const OF_THE_COMMAND: &str = include_str!("../../../docs/cli.md");

/// The arguments of `backout explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The code, as it stands in brackets at the end of a message.
    code: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Page {
    code: &'static str,
    about: String,
    page: String,
}

impl Explain {
    /// Prints the code's page.
    pub fn run(self, output: &Output) -> Result<Exit, CliError> {
        let page = find(&self.code)?;
        output.document(&page, |_| page.page.clone());
        Ok(Exit::Completed)
    }
}

fn find(given: &str) -> Result<Page, CliError> {
    let given = given.trim_matches(['[', ']', ' ']).to_lowercase();
    let of_engine = || Code::ALL.iter().copied();
    if let Some(code) = of_engine().find(|code| code.as_str() == given) {
        return Ok(Page { code: code.as_str(), about: code.about(), page: code.page().to_owned() });
    }
    let own = WhatFailed::OWN.into_iter().map(WhatFailed::as_str);
    if let Some(page) = own.clone().find(|code| *code == given).and_then(page_of_own) {
        return Ok(page);
    }
    let help = match nearest(&given, of_engine().map(Code::as_str).chain(own)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "docs/errors lists the codes of plans and runs, docs/cli.md those that only the command has".into(),
    };
    Err(CliError::wrong_use(WhatFailed::Arguments, format!("there is no code `{given}`")).help(help))
}

/// What the table in `docs/cli.md` says: ``| `code` | what it says | exit |``.
fn page_of_own(code: &'static str) -> Option<Page> {
    let row = OF_THE_COMMAND.lines().find_map(|line| line.strip_prefix(&format!("| `{code}` | ")))?;
    let (says, exit) = row.trim_end_matches([' ', '|']).rsplit_once(" | ")?;
    let mut about = says.to_owned();
    about.get_mut(..1)?.make_ascii_uppercase();
    let page = format!(
        "# {code}\n\n{about}.\n\nThe command itself says so, and ends with exit code {exit}. What to do stands below the \
         message.\n"
    );
    Some(Page { code, about: about + ".", page })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(given: &str) -> &'static str {
        find(given).expect(given).code
    }

    #[test]
    fn a_code_is_found_however_it_is_written() {
        for given in ["unknown-action", "[unknown-action]", "Unknown-Action", "[UNKNOWN-ACTION]"] {
            assert_eq!(found(given), "unknown-action");
        }
        assert_eq!(found("DRIFT"), "drift");
        assert!(find("drift").expect("a page").page.contains("## What to do"));
    }

    #[test]
    fn every_code_of_the_command_has_its_line() {
        let all: Vec<_> = WhatFailed::OWN.map(|own| find(own.as_str()).expect("a page").page).into();
        insta::assert_snapshot!(all.join("---\n"));
        let table = OF_THE_COMMAND.split("\n## Text and JSON\n").nth(1).and_then(|it| it.split("\n## ").next());
        assert_eq!(table.expect("a table").matches("\n| `").count(), WhatFailed::OWN.len());
    }

    #[test]
    fn a_code_that_is_misspelt_is_no_dead_end() {
        let help = |given: &str| find(given).expect_err("no such code").help.expect("help");
        assert_eq!(help("unknown-acton"), "did you mean `unknown-action`?");
        assert_eq!(help("wrong-stak"), "did you mean `wrong-stack`?");
        assert!(help("quicksilver").contains("docs/cli.md"), "{}", help("quicksilver"));
    }
}
