//! Which actions were changed, so that all of their cases are run when time is short, and a part of the others'.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
};

use backout_catalogue::CATALOGUE;

/// Into how many parts the cases of the others are divided. Each commit runs the next one.
pub const PARTS: usize = 4;

/// Names the commit since which something counts as changed. Without it, it is the one before the last.
const SINCE: &str = "BACKOUT_SINCE";

/// What no case of the matrix goes through.
const ELSEWHERE: [&str; 13] = [
    ".ci/",
    "Makefile",
    "cli/",
    "docs/",
    "functions/run/",
    "infra/",
    "plans/",
    "statemachine/",
    "tests/docs/",
    "tests/infra/",
    "tests/parts.sh",
    "tests/permissions/",
    "tests/tests/end_to_end/",
];

/// What has been changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// What all actions rest on.
    Everything,
    /// These actions.
    Actions(BTreeSet<&'static str>),
}

/// Of the others' cases, the part whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub touched: Touched,
    pub part: usize,
}

impl Turn {
    /// As git knows it. What it does not know has been changed.
    pub fn of_this_commit() -> Self {
        let since = std::env::var(SINCE).unwrap_or_else(|_| "HEAD~1".into());
        let changed = git(&["diff", "--name-only", &since, "--"]);
        let new = git(&["ls-files", "--others", "--exclude-standard"]);
        let touched = match (changed, new) {
            (Some(changed), Some(new)) => touched(changed.lines().chain(new.lines())),
            _ => Touched::Everything,
        };
        let commits = git(&["rev-list", "--count", "HEAD"]).and_then(|count| count.trim().parse::<usize>().ok());
        Self { touched, part: commits.unwrap_or_default() % PARTS }
    }

    /// Whether a case is run, by its place among those of its fixture.
    pub fn has(&self, uses: &str, index: usize) -> bool {
        self.is_whole(uses) || index % PARTS == self.part
    }

    /// Whether all cases of an action are run.
    pub fn is_whole(&self, uses: &str) -> bool {
        match &self.touched {
            Touched::Everything => true,
            Touched::Actions(actions) => actions.contains(uses),
        }
    }
}

/// A file that has an action's name is that action's; any other that a case goes through is everybody's.
fn touched<'a>(paths: impl Iterator<Item = &'a str>) -> Touched {
    let mut actions = BTreeSet::new();
    for path in paths.filter(|path| !path.ends_with(".md") && !ELSEWHERE.iter().any(|place| path.starts_with(place))) {
        let names: Vec<_> = path.split(['/', '.']).map(|part| part.replace('_', "-")).collect();
        let named = CATALOGUE.0.iter().find(|entry| names.contains(&entry.uses.replace('/', "-")));
        let Some(entry) = named else { return Touched::Everything };
        actions.insert(entry.uses);
    }
    Touched::Actions(actions)
}

fn git(arguments: &[&str]) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let said = Command::new("git").arg("-C").arg(root).args(arguments).stderr(Stdio::null()).output().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).into_owned())
}

#[test]
fn what_all_actions_rest_on_touches_all_and_an_actions_own_files_only_that_one() {
    let of = |paths: &[&str]| touched(paths.iter().copied());
    let actions = |names: &[&'static str]| Touched::Actions(names.iter().copied().collect());
    assert_eq!(of(&["docs/plans.md", "cli/src/main.rs", "crates/engine/README.md"]), actions(&[]));
    assert_eq!(
        of(&[
            "functions/act/flag/src/events_rule.rs",
            "crates/catalogue/src/events_rule.rs",
            "docs/actions/events-rule.md"
        ]),
        actions(&["events/rule"])
    );
    assert_eq!(
        of(&["functions/act/flag/src/appconfig_flag/history.rs", "functions/act/version/src/lambda_code/package.rs"]),
        actions(&["appconfig/flag", "lambda/code"])
    );
    for path in [
        "crates/engine/src/carry_out.rs",
        "crates/aws/src/fault.rs",
        "crates/http/src/lib.rs",
        "crates/catalogue/src/lib.rs",
        "functions/act/flag/src/lib.rs",
        "localcloud/server.py",
        "tests/src/cloud.rs",
        "tests/tests/fault_matrix/cases.rs",
        "examples/ons-data-platform/deploy.py",
        "Cargo.lock",
        "what nobody has thought of",
    ] {
        assert_eq!(of(&["docs/plans.md", path]), Touched::Everything, "{path}");
    }
}

#[test]
fn as_many_commits_as_there_are_parts_run_every_case() {
    for index in 0..2 * PARTS {
        let turn = |part| Turn { touched: Touched::Actions(["lambda/code"].into()), part };
        assert_eq!((0..PARTS).filter(|part| turn(*part).has("events/rule", index)).count(), 1);
        assert!((0..PARTS).all(|part| turn(part).has("lambda/code", index)));
    }
}
