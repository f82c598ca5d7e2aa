//! What Step Functions would refuse in a definition, as far as that is certain without it:
//! <https://states-language.net/spec.html>, <https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>

use backout_engine::plan::nearest;
use serde_json::{Map, Value};

mod query;
mod state;

use query::Language;

/// Something wrong, and the keys that lead to it.
#[derive(Debug)]
pub(super) struct Wrong {
    path: Vec<String>,
    /// Goes on from the path, or from "the definition".
    why: String,
}

impl Wrong {
    fn new(path: &[String], why: impl Into<String>) -> Self {
        Self { path: path.to_vec(), why: why.into() }
    }

    /// As a sentence, for a definition that stands at `root`.
    pub(super) fn under(&self, root: &str) -> String {
        let path: Vec<_> =
            [root].into_iter().filter(|root| !root.is_empty()).chain(self.path.iter().map(String::as_str)).collect();
        if path.is_empty() { format!("it {}", self.why) } else { format!("`{}` {}", path.join("."), self.why) }
    }
}

/// All that is wrong with a definition.
pub(super) fn wrong(definition: &Map<String, Value>) -> Vec<Wrong> {
    let mut found = Vec::new();
    let language = query::of_machine(definition, &mut found);
    found.extend(query::whole_seconds(&[], definition, "TimeoutSeconds"));
    machine(&[], definition, language, &mut found);
    found
}

fn under(path: &[String], more: &[&str]) -> Vec<String> {
    path.iter().cloned().chain(more.iter().map(|&part| part.to_owned())).collect()
}

/// Whether a text is what only a run knows.
fn is_unknown(text: &str) -> bool {
    text.contains('‹')
}

/// A machine, or a branch or an iteration in one: transitions stay inside it.
fn machine(path: &[String], machine: &Map<String, Value>, language: Option<Language>, found: &mut Vec<Wrong>) {
    let missing: Vec<_> = ["StartAt", "States"].into_iter().filter(|key| !machine.contains_key(*key)).collect();
    if !missing.is_empty() {
        found.push(Wrong::new(path, format!("needs `{}`", missing.join("` and `"))));
        return;
    }
    let Some(Value::Object(states)) = machine.get("States") else {
        found.push(Wrong::new(&under(path, &["States"]), "is no object of states by their names"));
        return;
    };
    let mut here = Vec::new();
    let mut targets = Vec::new();
    if let Some(Value::String(start)) = machine.get("StartAt") {
        targets.push((under(path, &["StartAt"]), None, start.as_str()));
    }
    for (name, value) in states {
        let path = under(path, &["States", name]);
        let length = name.chars().count();
        if length > state::LONGEST_NAME {
            let why = format!("has a name of {length} characters: a state's has at most {}", state::LONGEST_NAME);
            here.push(Wrong::new(&path, why));
        }
        let Value::Object(fields) = value else {
            here.push(Wrong::new(&path, "is no object"));
            continue;
        };
        state::wrong(&path, fields, &mut here);
        query::wrong(&path, fields, language, &mut here);
        targets.extend(state::targets(&path, fields).into_iter().map(|(at, to)| (at, Some(name.as_str()), to)));
    }
    for (at, from, to) in &targets {
        if !states.contains_key(*to) {
            let others = states.keys().map(String::as_str).filter(|name| Some(*name) != *from);
            let meant = nearest(to, others).map(|near| format!("; is it `{near}`?")).unwrap_or_default();
            here.push(Wrong::new(at, format!("names the state `{to}`, which is not there{meant}")));
        }
    }
    // What follows from something wrong, or from what is not known yet, is not worth saying.
    if here.is_empty() && !targets.iter().any(|(_, _, to)| is_unknown(to)) {
        ends(path, states, &targets, &mut here);
    }
    found.extend(here);
    for (name, value) in states {
        let path = under(path, &["States", name]);
        let Value::Object(fields) = value else { continue };
        // What a state inside speaks where this one overrides the machine's is not documented.
        let language = language.filter(|_| !fields.contains_key("QueryLanguage"));
        for (at, inner) in state::inside(&path, fields) {
            self::machine(&at, inner, language, found);
        }
    }
}

/// Whether each state is reached, and whether there is one to end with.
fn ends(
    path: &[String],
    states: &Map<String, Value>,
    targets: &[(Vec<String>, Option<&str>, &str)],
    found: &mut Vec<Wrong>,
) {
    let path = under(path, &["States"]);
    if !states.values().any(state::is_terminal) {
        let why = "has no state to end with: give one `End: true`, or the type `Succeed` or `Fail`";
        found.push(Wrong::new(&path, why));
        return;
    }
    for name in states.keys().filter(|name| !targets.iter().any(|(_, _, to)| to == name)) {
        let why = "is never reached: no `Next`, `Default` or `StartAt` names it";
        found.push(Wrong::new(&under(&path, &[name]), why));
    }
}

#[cfg(test)]
#[path = "language/tests.rs"]
mod tests;
