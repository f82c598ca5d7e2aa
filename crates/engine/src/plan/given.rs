//! What a request gives to a plan, judged by the plan: the values of inputs, and the stages to run.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::{Chosen, Input, InputType, Plan, nearest};
use crate::{code::Code, journal::Refusal, written};

/// The stages that `only` names; all of them if it names none.
///
/// # Errors
/// When the plan has no stage of such a name.
pub fn chosen(plan: &Plan, only: &[String]) -> Result<Chosen, Refusal> {
    let names = || plan.stages.iter().map(|stage| stage.name.as_str());
    if let Some(unknown) = only.iter().find(|only| !names().any(|name| name == only.as_str())) {
        let what = format!("the plan `{}` has no stage `{unknown}`", plan.name);
        return Err(refusal(Code::UnknownStage, what, meant(unknown, names())));
    }
    Ok(if only.is_empty() { Chosen::All } else { Chosen::Only(only.iter().cloned().collect()) })
}

/// The given values, of the types that the plan declares. What comes as a text is read as its input's type.
///
/// # Errors
/// When one is not declared or is of another type, or when one that has neither a default nor a place to look it up is
/// not given.
pub fn inputs(plan: &Plan, given: &BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Refusal> {
    let mut values = BTreeMap::new();
    for (name, value) in given {
        let Some(input) = plan.inputs.get(name) else {
            let what = format!("the plan `{}` has no input `{name}`", plan.name);
            return Err(refusal(Code::UnknownInput, what, meant(name, plan.inputs.keys().map(String::as_str))));
        };
        let value = typed(input.kind, value).ok_or_else(|| of_another_type(name, input.kind, value))?;
        values.insert(name.clone(), value);
    }
    let is_missing =
        |name: &str, input: &Input| !values.contains_key(name) && input.default.is_none() && input.from.is_none();
    let missing: Vec<_> = plan.inputs.iter().filter(|(name, input)| is_missing(name, input)).collect();
    if missing.is_empty() { Ok(values) } else { Err(not_given(plan, &missing)) }
}

/// A value as an input of that type has it, or `None` if it cannot be read as such.
pub fn typed(kind: InputType, value: &Value) -> Option<Value> {
    match (kind, value) {
        (InputType::String, Value::String(_))
        | (InputType::Number, Value::Number(_))
        | (InputType::Boolean, Value::Bool(_)) => Some(value.clone()),
        // What was a fraction or has many digits may have been written otherwise: `3.10`.
        (InputType::String, Value::Number(number)) if is_kept(number) => Some(Value::String(number.to_string())),
        (InputType::Number, Value::String(text)) => written::number(text.trim()).map(Value::Number),
        (InputType::Boolean, Value::String(text)) => text.trim().parse().ok().map(Value::Bool),
        _ => None,
    }
}

/// Whether JSON keeps a number with the digits that it was written with, whoever hands it on.
fn is_kept(number: &Number) -> bool {
    const WHOLE_IN_ANY_JSON: u64 = 1 << 53;
    number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= WHOLE_IN_ANY_JSON)
}

fn of_another_type(name: &str, kind: InputType, value: &Value) -> Refusal {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let what = format!("the input `{name}` is {}, and `{value}` is not", kind.as_str());
    let example = match kind {
        InputType::String if value.parse::<f64>().is_ok() => value.as_str(),
        InputType::String => "text",
        InputType::Number => "10",
        InputType::Boolean => "true",
    };
    refusal(Code::WrongValue, what, format!("give it like: --input {name}={example}"))
}

/// All at once: whoever gives them should not have to come back for each.
fn not_given(plan: &Plan, missing: &[(&String, &Input)]) -> Refusal {
    let each = |say: &dyn Fn(&str, &Input) -> String, between: &str| {
        missing.iter().map(|(name, input)| say(name, input)).collect::<Vec<_>>().join(between)
    };
    let about = |input: &Input| input.description.as_ref().map_or_else(String::new, |text| format!(" ({text})"));
    let (noun, them) = if missing.len() == 1 { ("input", "it") } else { ("inputs", "them") };
    let named = each(&|name, input| format!("`{name}`{}", about(input)), ", ");
    let options = each(&|name, _| format!("--input {name}=…"), " ");
    let members = each(&|name, _| format!("\"{name}\": …"), ", ");
    let what = format!("the plan `{}` needs the {noun} {named}", plan.name);
    refusal(Code::MissingInput, what, format!("give {them}: {options}, or {{\"inputs\": {{{members}}}}}"))
}

/// The name that was probably meant, or all there are.
fn meant<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    match nearest(given, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "it has none".into(),
        None => format!("it has {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

fn refusal(code: Code, what: String, help: String) -> Refusal {
    Refusal { code, what, help: Some(help) }
}

#[cfg(test)]
#[path = "tests/given.rs"]
mod tests;
