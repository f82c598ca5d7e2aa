//! What each action of the catalogue is tried with: the `matrix` of its folder in `tests/actions`.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::LazyLock,
};

use backout_engine::{
    action::{Entry, Nature},
    duration::Duration,
    journal::Step,
};
pub use backout_proof::Kept;
use backout_proof::{Use, filled, folder_name, folders, proofs};
use backout_tests::LocalCloud;
use serde_json::{Value, json};

use super::watch::Seen;

/// One use of an action.
pub struct Fixture {
    /// The action.
    pub uses: &'static str,
    /// What is special about this use of it, where an action has several.
    pub name: String,
    /// Where its journal is.
    pub journal: Kept,
    entry: &'static Entry,
    folder: PathBuf,
    told: Use,
}

/// All there are.
pub static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
    let proofs = proofs().unwrap_or_else(|wrong| panic!("{}", wrong.join("\n")));
    let of_one = |proof: backout_proof::Proof| {
        let (entry, folder) = (proof.entry, proof.folder);
        proof.matrix.into_iter().map(move |told| Fixture {
            uses: entry.uses,
            name: told.name.clone(),
            journal: told.journal,
            entry,
            folder: folder.clone(),
            told,
        })
    };
    proofs.into_iter().flat_map(of_one).collect()
});

/// What the example has by ids.
pub struct Platform(BTreeMap<String, String>);

impl Platform {
    pub fn of(cloud: &LocalCloud) -> Self {
        let output = |name: &str, output| (name.to_owned(), cloud.output("ons-data-platform", output));
        Self([output("api", "rest_api_id"), output("url", "url")].into())
    }
}

impl Fixture {
    /// Its step.
    pub fn step(&self, platform: &Platform) -> Step {
        Step { within: self.told.within, ..self.planned("step", 0, &self.told.with, platform) }
    }

    /// What its action does.
    pub fn nature(&self) -> Nature {
        self.entry.nature
    }

    /// A later one on the same resource.
    pub fn later(&self, platform: &Platform) -> Option<Step> {
        self.told.later.as_ref().map(|with| self.planned("later", 1, with, platform))
    }

    /// What it puts back on its way, as paths into the snapshot.
    pub fn lends(&self, platform: &Platform) -> Vec<Vec<String>> {
        let filled = filled(&json!(self.told.lends), &platform.0);
        serde_json::from_value(filled).expect("lists of keys")
    }

    /// As it is called in what is printed, and by whoever wants it alone.
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.uses.to_owned() } else { format!("{} ({})", self.uses, self.name) }
    }

    fn planned(&self, id: &str, stage: usize, with: &Value, platform: &Platform) -> Step {
        let with = filled(with, &platform.0);
        let looked = self.entry.look(&with).expect("parameters of the action's form");
        Step {
            with,
            resource: Some(looked.resource),
            // Long enough for a lost invocation's time and for a write to show after it; short for what never passes.
            timeout: Duration::seconds(180),
            ..Step::planned(id.parse().expect("an id"), self.entry, stage)
        }
    }
}

/// Which calls a use of an action makes when nothing goes wrong, beside what is kept in its folder.
#[derive(Debug)]
pub struct Calls {
    folder: PathBuf,
    name: String,
    told: String,
}

impl Calls {
    /// Where the journal is in a table, its calls are among them: those of the action are told by its other uses.
    pub fn of(fixture: &Fixture, there: &[Seen], back: Option<&[Seen]>) -> Option<Self> {
        let name = fixture.told.calls()?;
        let ways = [Some(("there", there)), back.map(|seen| ("back", seen))];
        let told = ways.into_iter().flatten().map(|(way, seen)| format!("{way}{}\n", counted(seen))).collect();
        Some(Self { folder: fixture.folder.clone(), name, told })
    }

    /// They are those that are expected.
    pub fn hold(&self) {
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(&self.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(self.name.as_str(), self.told));
    }
}

/// Each operation with how often it was called, by name: where several are under way at once, their order is chance.
fn counted(seen: &[Seen]) -> String {
    let mut often: BTreeMap<&str, usize> = BTreeMap::new();
    for call in seen {
        *often.entry(call.operation.as_str()).or_default() += 1;
    }
    often.into_iter().map(|(name, times)| format!("\n  {name} ×{times}")).collect()
}

/// What prepares and tidies the cloud for a fixture, as its folder says: a process that does so when it is told.
pub struct Hands {
    process: Child,
    orders: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Hands {
    pub fn on(cloud: &LocalCloud) -> Self {
        let mut process = Command::new(cloud.root().join(".venv/bin/python"))
            .arg(folders().join("folders.py"))
            .envs(cloud.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`make setup` has made .venv");
        let orders = (process.stdin.take().expect("a pipe"), BufReader::new(process.stdout.take().expect("a pipe")));
        Self { process, orders: RefCell::new(orders) }
    }

    /// What is there before the cases of a fixture.
    pub fn give(&self, fixture: &Fixture, platform: &Platform) {
        self.order(fixture, &json!({"do": "matrix", "use": fixture.name, "platform": platform.0}));
    }

    /// What would make the next run another one than the first is forgotten.
    pub fn tidy(&self, fixture: &Fixture) {
        self.order(fixture, &json!({"do": "tidy"}));
    }

    fn order(&self, fixture: &Fixture, what: &Value) {
        if !fixture.folder.join("cloud.py").exists() {
            return;
        }
        let mut order = what.clone();
        order["folder"] = json!(folder_name(fixture.entry));
        let (orders, answers) = &mut *self.orders.borrow_mut();
        writeln!(orders, "{order}").expect("it listens");
        let mut answer = String::new();
        answers.read_line(&mut answer).expect("it answers");
        assert_eq!(answer.trim(), "done", "{order}");
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
