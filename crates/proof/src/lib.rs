//! What proves each action, read from its folder: `tests/actions/<service>-<thing>/`. The folders are found by listing.
//!
//! | file of a folder | what it holds |
//! |---|---|
//! | `proof.yaml` | what the fault matrix tries the action with, and its uses in the plans full of canaries |
//! | `cloud.py` | what the cloud is given for them and what is tidied, if anything |
//! | `calls….snap` | which AWS calls each use makes when nothing goes wrong |
//!
//! That every action has all of it, and that all of it is well-formed, is a test that needs no cloud.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backout_catalogue::CATALOGUE;
use backout_engine::{action::Entry, duration::Duration, plan::Document};
use serde::Deserialize;
use serde_json::{Map, Value};

mod canaries;

pub use canaries::{Canaries, Form, Outcome, core, plan, secrets};

/// The folder of one action.
#[derive(Debug)]
pub struct Proof {
    /// The action.
    pub entry: &'static Entry,
    /// Where its folder is.
    pub folder: PathBuf,
    /// What the fault matrix tries it with.
    pub matrix: Vec<Use>,
    /// Its uses in the plans full of canaries.
    pub canaries: Canaries,
}

/// One use of an action in the fault matrix, on the example platform: one that needs every call the action has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// What is special about it, where an action has several.
    #[serde(default)]
    pub name: String,
    /// Its parameters. `«api»` and `«url»` stand for what the example platform has by these names.
    pub with: Value,
    /// Those of a later step on the same resource: every change has one.
    #[serde(default)]
    pub later: Option<Value>,
    /// How long a check may wait to pass.
    #[serde(default)]
    pub within: Option<Duration>,
    /// What it changes on its way and puts back, as keys that lead into the snapshot of the cloud: where nobody can tell
    /// what became of it, that may not be put back yet.
    #[serde(default)]
    pub lends: Vec<Vec<String>>,
    /// Where its journal is.
    #[serde(default)]
    pub journal: Kept,
}

/// Where a journal is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// In memory, so that only the calls of the action are AWS calls.
    #[default]
    Memory,
    /// In the stack's table.
    Table,
}

impl Use {
    /// The name of the snapshot of its calls, if it has one: those of a journal are not the action's.
    pub fn calls(&self) -> Option<String> {
        (self.journal == Kept::Memory).then(|| self.slug())
    }

    /// `calls`, and its name if it has one.
    fn slug(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = self.name.chars().map(plain).collect();
        ["calls", &name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }
}

/// What `proof.yaml` holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    matrix: Vec<Use>,
    canaries: Canaries,
}

/// Where the folders are.
pub fn folders() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/actions")
}

/// What an action's folder and its page in the documents are called.
pub fn folder_name(entry: &Entry) -> String {
    entry.uses.replace('/', "-")
}

/// What proves each action, by name.
///
/// # Errors
/// One sentence for each folder that is missing, is no action's or cannot be read.
pub fn proofs() -> Result<Vec<Proof>, Vec<String>> {
    let listed = std::fs::read_dir(folders()).map_err(|error| vec![format!("{}: {error}", folders().display())])?;
    let mut found: BTreeMap<String, PathBuf> = listed
        .filter_map(Result::ok)
        .filter(|it| it.path().is_dir() && !it.file_name().to_string_lossy().starts_with('_'))
        .map(|it| (it.file_name().to_string_lossy().into_owned(), it.path()))
        .collect();
    let (mut proofs, mut wrong) = (Vec::new(), Vec::new());
    for entry in CATALOGUE.0 {
        match found.remove(&folder_name(entry)).map(|folder| read(entry, folder)) {
            Some(Ok(proof)) => proofs.push(proof),
            Some(Err(what)) => wrong.push(what),
            None => wrong.push(format!("{}: the folder tests/actions/{} is missing", entry.uses, folder_name(entry))),
        }
    }
    wrong.extend(found.keys().map(|name| format!("tests/actions/{name}: the catalogue has no such action")));
    if wrong.is_empty() { Ok(proofs) } else { Err(wrong) }
}

fn read(entry: &'static Entry, folder: PathBuf) -> Result<Proof, String> {
    let file = folder.join("proof.yaml");
    let name = format!("tests/actions/{}/proof.yaml", folder_name(entry));
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
    let document = Document::read(&name, &text).map_err(|problems| format!("{name}: {problems:?}"))?;
    let Told { matrix, canaries } = Told::deserialize(&document.value).map_err(|error| format!("{name}: {error}"))?;
    Ok(Proof { entry, folder, matrix, canaries })
}

/// The same with what stands for something, `«name»`, replaced in every text by its value.
pub fn filled(value: &Value, by: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => {
            Value::String(by.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("«{name}»"), value)))
        }
        Value::Array(items) => items.iter().map(|item| filled(item, by)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, by))).collect::<Map<_, _>>().into()
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests;
