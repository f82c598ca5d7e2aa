//! What is refused before a plan is stored and never in a run: a plan that was stored before this was known is still
//! worth more at night than none.

use serde_json::{Value, json};

use super::{
    expand::InputValues,
    nearest,
    parse::Parsed,
    problem::Problem,
    template::{Scope, Text},
};
use crate::{code::Code, report::RUN_FIELDS};

/// Inputs that no alarm could give, and lines of the report that no run could write.
pub(super) fn judged(parsed: &Parsed, inputs: &InputValues) -> Vec<Problem> {
    let mut problems = inputs_that_no_alarm_gives(parsed);
    for (index, line) in parsed.plan.report.iter().enumerate() {
        let path = ["report".to_owned(), index.to_string()];
        let place = parsed.document.place(&path);
        problems.extend(line_that_no_run_writes(line, inputs).map(|(what, help)| {
            let file = parsed.document.file.clone();
            Problem { code: Code::BrokenTemplate, file, place, what, help: Some(help) }
        }));
    }
    problems
}

fn inputs_that_no_alarm_gives(parsed: &Parsed) -> Vec<Problem> {
    let document = &parsed.document;
    if parsed.plan.triggers.is_empty() {
        return Vec::new();
    }
    // As it is written: of an input with a misspelt key nobody knows what it was to be.
    let is_left_open = |input: &Value| {
        input.as_object().is_some_and(|keys| keys.keys().all(|key| ["description", "type"].contains(&key.as_str())))
    };
    let inputs = document.value.get("inputs").and_then(Value::as_object).into_iter().flatten();
    let problem = |name: &String| Problem {
        code: Code::MissingInput,
        file: document.file.clone(),
        place: document.key_place(&["inputs".to_owned(), name.clone()]),
        what: format!("an alarm starts this plan and gives no inputs, so `{name}` would have no value"),
        help: Some("give it a `default` or a `from`; or let no alarm start the plan: leave out `triggers`".into()),
    };
    inputs.filter(|(_, input)| is_left_open(input)).map(|(name, _)| problem(name)).collect()
}

/// What is wrong with a line, beside inputs and steps that are not there.
fn line_that_no_run_writes(line: &str, inputs: &InputValues) -> Option<(String, String)> {
    let text = Text::parse(line).ok()?;
    let refers = text.references();
    let fields = RUN_FIELDS.map(|field| format!("`run.{field}`")).join(", ");
    let there_are = format!("of a run there are {fields}");
    if let Some(unknown) = refers.run_fields.iter().find(|field| !RUN_FIELDS.contains(&field.as_str())) {
        let near = nearest(unknown, RUN_FIELDS);
        let help = near.map_or_else(|| there_are.clone(), |near| format!("did you mean `run.{near}`? {there_are}"));
        return Some((format!("a run has no `{unknown}`, and this line would be left out"), help));
    }
    if refers.item || !refers.inputs.iter().all(|name| inputs.values.contains_key(name)) {
        return None;
    }
    let run = RUN_FIELDS.iter().map(|field| ((*field).to_owned(), json!(format!("‹run.{field}›")))).collect();
    let scope = Scope { inputs: inputs.values.clone(), run: Some(Value::Object(run)), ..Scope::default() };
    let error = text.check(&scope).err()?;
    let help = "a line of the report holds expressions over `inputs`, `steps` and `run`: \"{{ run.reason }}\"";
    Some((error.to_string(), help.into()))
}
