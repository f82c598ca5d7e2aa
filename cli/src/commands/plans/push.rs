//! `backout plans push`.

use std::{collections::BTreeMap, path::PathBuf};

use backout_engine::{code::Code, evidence::ContentHash, ids::PlanName};
use clap::Args;
use serde::Serialize;

use crate::{
    commands::check::{Checked, check_files, text},
    error::{CliError, Exit, WhatFailed},
    layout::columns,
    output::Output,
    paint::Paint,
    stack::Stack,
};

/// The arguments of `backout plans push`.
#[derive(Debug, Args)]
pub struct Push {
    /// Plans to store.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Pushed {
    plans: Vec<PushedPlan>,
}

#[derive(Debug, Serialize)]
struct PushedPlan {
    name: PlanName,
    file: String,
    version: String,
    sha256: String,
    /// Whether this made a new version; the same text is not stored again.
    changed: bool,
}

impl Push {
    /// Checks all of them, then stores them.
    pub async fn run(
        self,
        stack: impl AsyncFnOnce() -> Result<Stack, CliError>,
        output: &Output,
    ) -> Result<Exit, CliError> {
        let checked = check_files(&self.files);
        if checked.iter().any(|file| !file.problems.is_empty() || file.unreadable.is_some()) {
            output.note(|paint| text(&checked, paint));
        }
        let plans = named(&checked)?;
        let stored = stack().await?.cloud.plans();
        let mut pushed = Pushed { plans: Vec::new() };
        for (name, file) in plans {
            let sha256 = ContentHash::of(file.text.as_bytes()).0;
            let current = stored.get(&name).await?.filter(|current| current.sha256 == sha256);
            let changed = current.is_none();
            let current = match current {
                Some(current) => current,
                None => stored.put(&name, &file.text).await?,
            };
            pushed.plans.push(PushedPlan { name, file: file.file.clone(), version: current.version, sha256, changed });
        }
        output.result(&pushed, |paint| pushed_text(&pushed, paint));
        Ok(Exit::Completed)
    }
}

/// The plans by name, if every file holds one that is fine and no two have one name.
fn named(checked: &[Checked]) -> Result<BTreeMap<PlanName, &Checked>, CliError> {
    let mut plans = BTreeMap::new();
    for file in checked {
        let Some(plan) = &file.plan else {
            let bad: Vec<_> = checked.iter().filter(|file| file.plan.is_none()).collect();
            if let Some(error) = bad.iter().find_map(|file| file.unreadable.as_ref()) {
                return Err(CliError { message: format!("no plan was stored: {error}"), ..error.clone() });
            }
            let code =
                bad.first().and_then(|file| file.problems.first()).map_or(Code::WrongValue, |problem| problem.code);
            let names: Vec<_> = bad.iter().map(|file| file.file.as_str()).collect();
            let error = CliError::wrong_use(
                WhatFailed::Engine(code),
                format!("no plan was stored: {} cannot be", names.join(", ")),
            );
            return Err(CliError { exit: Exit::NotCompleted, ..error }
                .help("`backout check` says what is wrong and what would be right"));
        };
        if let Some(other) = plans.insert(plan.name.clone(), file) {
            let what = format!("no plan was stored: {} and {} are both called `{}`", other.file, file.file, plan.name);
            return Err(CliError::wrong_use(WhatFailed::Engine(Code::DuplicateName), what)
                .help("a plan is stored under its name: give one of them another"));
        }
    }
    Ok(plans)
}

fn pushed_text(pushed: &Pushed, paint: Paint) -> String {
    let rows: Vec<_> = pushed
        .plans
        .iter()
        .map(|plan| {
            let what =
                if plan.changed { paint.good("stored").to_string() } else { paint.faint("unchanged").to_string() };
            [plan.name.to_string(), what, format!("version {}", plan.version)]
        })
        .collect();
    columns(&rows).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(file: &str, name: &str) -> Checked {
        let step = "{ id: off, uses: events/rule, with: { name: r, state: disabled } }";
        let text =
            format!("name: {name}\nsystem: s\ndescription: d\nstages:\n  - name: one\n    steps:\n      - {step}\n");
        Checked::of(file.into(), text)
    }

    #[test]
    fn two_files_with_one_name_are_refused() {
        let error = named(&[checked("a.yaml", "p"), checked("b.yaml", "p")]).expect_err("refused");
        assert_eq!(error.message, "no plan was stored: a.yaml and b.yaml are both called `p`");
        assert_eq!(error.exit, Exit::WrongUse);
        assert_eq!(named(&[checked("a.yaml", "p"), checked("b.yaml", "q")]).expect("fine").len(), 2);
    }

    #[test]
    fn one_bad_plan_refuses_all() {
        let error = named(&[checked("a.yaml", "p"), checked("b.yaml", "not a name")]).expect_err("refused");
        assert!(error.message.contains("b.yaml"), "{error}");
        assert_eq!(error.exit, Exit::NotCompleted);
    }
}
