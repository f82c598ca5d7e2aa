//! One state: its type, and where it goes on.

use backout_engine::plan::nearest;
use serde_json::{Map, Value};

use super::{Wrong, is_unknown, under};

/// The most characters of a state's name.
pub(super) const LONGEST_NAME: usize = 80;

const TYPES: [&str; 8] = ["Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait"];
/// Those that go on by `Next` or end by `End`.
const GO_ON: [&str; 5] = ["Map", "Parallel", "Pass", "Task", "Wait"];

/// What is wrong with a state by itself.
pub(super) fn wrong(path: &[String], state: &Map<String, Value>, found: &mut Vec<Wrong>) {
    let at_type = under(path, &["Type"]);
    let kind = match state.get("Type") {
        None => {
            found.push(Wrong::new(&at_type, format!("is missing: it is one of {}", TYPES.join(", "))));
            return;
        }
        Some(Value::String(kind)) if is_unknown(kind) => return,
        Some(Value::String(kind)) if TYPES.contains(&kind.as_str()) => kind.as_str(),
        Some(other) => {
            let shown = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            let meant = nearest(&shown, TYPES)
                .map_or_else(|| format!("is one of {}", TYPES.join(", ")), |near| format!("is it `{near}`?"));
            found.push(Wrong::new(&at_type, format!("is `{shown}`, which is not a type of state; {meant}")));
            return;
        }
    };
    let end = state.get("End");
    match end {
        None | Some(Value::Bool(_)) => {}
        Some(Value::String(text)) if is_unknown(text) => return,
        Some(_) => {
            found.push(Wrong::new(&under(path, &["End"]), "is neither true nor false: write `true`, or leave it out"));
            return;
        }
    }
    if GO_ON.contains(&kind) {
        match (state.contains_key("Next"), end == Some(&Value::Bool(true))) {
            (false, false) => {
                found.push(Wrong::new(path, "leads nowhere: give it `Next` with a state's name, or `End: true`"));
            }
            (true, true) => found.push(Wrong::new(path, "has `Next` and `End: true`: leave one of them out")),
            _ => {}
        }
    }
    if let Some(Value::String(resource)) = state.get("Resource")
        && resource.contains("${")
    {
        let why = format!("is `{resource}`, with a placeholder that nobody fills in here: write the ARN");
        found.push(Wrong::new(&under(path, &["Resource"]), why));
    }
}

/// The states that it goes on to, each with where that is said.
pub(super) fn targets<'a>(path: &[String], state: &'a Map<String, Value>) -> Vec<(Vec<String>, &'a str)> {
    let own = ["Next", "Default"].into_iter().filter_map(|key| Some((under(path, &[key]), state.get(key)?.as_str()?)));
    let of_branches = ["Choices", "Catch"].into_iter().flat_map(|key| {
        let branches = state.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        branches.filter_map(move |(index, branch)| {
            Some((under(path, &[key, &index.to_string(), "Next"]), branch.get("Next")?.as_str()?))
        })
    });
    own.chain(of_branches).collect()
}

/// Whether an execution may end with it.
pub(super) fn is_terminal(state: &Value) -> bool {
    state.get("End") == Some(&Value::Bool(true))
        || state.get("Type").and_then(Value::as_str).is_some_and(|kind| ["Succeed", "Fail"].contains(&kind))
}

/// The machines inside it, each with where it stands.
pub(super) fn inside<'a>(path: &[String], state: &'a Map<String, Value>) -> Vec<(Vec<String>, &'a Map<String, Value>)> {
    let iterations = ["ItemProcessor", "Iterator"]
        .into_iter()
        .filter_map(|key| Some((under(path, &[key]), state.get(key)?.as_object()?)));
    let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten().enumerate();
    let branches = branches
        .filter_map(|(index, branch)| Some((under(path, &["Branches", &index.to_string()]), branch.as_object()?)));
    iterations.chain(branches).collect()
}
