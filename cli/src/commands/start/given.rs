//! What `--input` and `--only` say, judged by the plan before anything is started.

use std::collections::{BTreeMap, BTreeSet};

use backout_engine::{
    code::Code,
    plan::{Chosen, InputType, Plan, nearest},
};
use serde_json::{Number, Value};

use crate::error::{CliError, WhatFailed};

/// Reads `name=value`.
///
/// # Errors
/// When there is no `=`, or nothing before it.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it like name=value".into()),
    }
}

/// The values for the plan's inputs, of the types that the plan declares. They become the plan's defaults, so that it
/// can be expanded as the run will expand it.
///
/// # Errors
/// When one is not declared, is of another type, or is needed and missing.
pub fn inputs(plan: &mut Plan, given: &[(String, String)]) -> Result<BTreeMap<String, Value>, CliError> {
    let mut values = BTreeMap::new();
    for (name, text) in given {
        let Some(input) = plan.inputs.get_mut(name) else {
            let error = wrong(Code::UnknownInput, format!("the plan `{}` has no input `{name}`", plan.name));
            return Err(suggest(error, name, plan.inputs.keys().map(String::as_str)));
        };
        let value = typed(text, input.kind).map_err(|wanted| {
            wrong(Code::WrongValue, format!("the input `{name}` is {wanted}, and `{text}` is not"))
        })?;
        (input.default, input.from) = (Some(value.clone()), None);
        if values.insert(name.clone(), value).is_some() {
            return Err(CliError::wrong_use(WhatFailed::Arguments, format!("the input `{name}` is given twice")));
        }
    }
    let missing: Vec<_> =
        plan.inputs.iter().filter(|(_, input)| input.default.is_none() && input.from.is_none()).collect();
    if missing.is_empty() {
        return Ok(values);
    }
    let names: Vec<_> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
    let options: Vec<_> = missing.iter().map(|(name, _)| format!("--input {name}=…")).collect();
    Err(wrong(Code::MissingInput, format!("the plan `{}` needs a value for {}", plan.name, names.join(", ")))
        .help(format!("add {}", options.join(" "))))
}

/// The stages to run.
///
/// # Errors
/// When the plan has no stage of that name.
pub fn chosen(plan: &Plan, only: &[String]) -> Result<Chosen, CliError> {
    if only.is_empty() {
        return Ok(Chosen::All);
    }
    let names: BTreeSet<&str> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(name.as_str())) {
        let error = wrong(Code::UnknownStage, format!("the plan `{}` has no stage `{unknown}`", plan.name));
        return Err(suggest(error, unknown, plan.stages.iter().map(|stage| stage.name.as_str())));
    }
    Ok(Chosen::Only(only.iter().cloned().collect()))
}

fn typed(text: &str, kind: InputType) -> Result<Value, &'static str> {
    match kind {
        InputType::String => Ok(Value::String(text.to_owned())),
        InputType::Boolean => text.parse().map(Value::Bool).map_err(|_| "`true` or `false`"),
        InputType::Number => {
            let whole = text.parse::<i64>().ok().map(Number::from);
            let number = whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
            number.map(Value::Number).ok_or("a number")
        }
    }
}

fn wrong(code: Code, what: String) -> CliError {
    CliError::wrong_use(WhatFailed::Engine(code), what)
}

fn suggest<'a>(error: CliError, given: &str, names: impl Iterator<Item = &'a str>) -> CliError {
    let names: Vec<_> = names.collect();
    match nearest(given, names.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => error.help("it has none"),
        None => error
            .help(format!("it has {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use backout_catalogue::CATALOGUE;
    use backout_engine::plan::parse;
    use serde_json::json;

    use super::*;

    fn plan() -> Plan {
        let text = "name: p\nsystem: s\ndescription: d\ninputs:\n  api: {}\n  rate: { type: number, default: 5 }\n  \
                    hard: { type: boolean, default: false }\nstages:\n  - name: Switch\n    steps:\n      - id: a\n        \
                    uses: events/rule\n        with: { name: \"{{ inputs.api }}\", state: disabled }\n";
        parse("p.yaml", text, &CATALOGUE).expect("a plan").plan
    }

    fn given(pairs: &[&str]) -> Vec<(String, String)> {
        pairs.iter().map(|text| pair(text).expect(text)).collect()
    }

    #[test]
    fn values_are_of_the_declared_type() {
        let values = inputs(&mut plan(), &given(&["api=0123", "rate=2.5", "hard=true"])).expect("fine");
        assert_eq!(json!(values), json!({"api": "0123", "rate": 2.5, "hard": true}));
        assert_eq!(inputs(&mut plan(), &given(&["api=a=b", "rate=7"])).expect("fine")["api"], "a=b");
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        for (pairs, code, said, help) in [
            (vec!["apy=x"], "unknown-input", "no input `apy`", "did you mean `api`?"),
            (vec!["something=x"], "unknown-input", "`something`", "it has `api`, `hard`, `rate`"),
            (vec![], "missing-input", "a value for `api`", "--input api=…"),
            (vec!["api=x", "rate=fast"], "wrong-value", "is a number, and `fast` is not", ""),
            (vec!["api=x", "hard=yes"], "wrong-value", "`true` or `false`", ""),
            (vec!["api=x", "api=y"], "wrong-use", "given twice", ""),
        ] {
            let error = inputs(&mut plan(), &given(&pairs)).expect_err("refused");
            assert_eq!(error.code.as_str(), code);
            assert!(error.message.contains(said), "{error}");
            assert!(error.help.unwrap_or_default().contains(help));
        }
        assert!(pair("api").is_err() && pair("=x").is_err());
    }

    #[test]
    fn an_unknown_stage_is_refused_with_the_nearest_name() {
        assert_eq!(chosen(&plan(), &[]), Ok(Chosen::All));
        let error = chosen(&plan(), &["switch".into()]).expect_err("refused");
        assert_eq!((error.code.as_str(), error.help.as_deref()), ("unknown-stage", Some("did you mean `Switch`?")));
    }
}
