//! What `--input` says, judged by the plan before anything is started.

use std::collections::BTreeMap;

use backout_engine::plan::{Plan, given};
use serde_json::Value;

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
/// When one is given twice, is not declared, is of another type, or is needed and missing.
pub fn inputs(plan: &mut Plan, pairs: &[(String, String)]) -> Result<BTreeMap<String, Value>, CliError> {
    let mut texts = BTreeMap::new();
    for (name, text) in pairs {
        if texts.insert(name.clone(), Value::String(text.clone())).is_some() {
            return Err(CliError::wrong_use(WhatFailed::Arguments, format!("the input `{name}` is given twice")));
        }
    }
    set(plan, &texts)
}

/// The same with values as a request has them.
///
/// # Errors
/// When one is not declared, is of another type, or is needed and missing.
pub fn set(plan: &mut Plan, given: &BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, CliError> {
    let values = given::inputs(plan, given)?;
    for (name, input) in &mut plan.inputs {
        if let Some(value) = values.get(name) {
            (input.default, input.from) = (Some(value.clone()), None);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan() -> Plan {
        let plan = json!({
            "name": "p", "system": "s", "description": "d",
            "inputs": {"api": {"from": "ssm:/api"}, "rate": {"type": "number"}},
        });
        serde_json::from_value(plan).expect("a plan")
    }

    fn pairs(texts: &[&str]) -> Vec<(String, String)> {
        texts.iter().map(|text| pair(text).expect(text)).collect()
    }

    #[test]
    fn a_pair_is_split_at_its_first_equals_sign() {
        assert_eq!(pair(" api =a=b"), Ok(("api".into(), "a=b".into())));
        assert!(pair("api").is_err() && pair("=x").is_err());
    }

    #[test]
    fn what_is_given_takes_the_place_of_what_the_plan_says() {
        let mut plan = plan();
        let values = inputs(&mut plan, &pairs(&["api=0123", "rate=2.5"])).expect("fine");
        assert_eq!(json!(values), json!({"api": "0123", "rate": 2.5}));
        let [api, rate] = ["api", "rate"].map(|name| &plan.inputs[name]);
        assert_eq!((&api.default, &api.from, &rate.default), (&Some(json!("0123")), &None, &Some(json!(2.5))));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_code() {
        for (texts, code, said) in [
            (vec!["rate=1", "apy=x"], "unknown-input", "no input `apy`"),
            (vec!["api=x"], "missing-input", "needs the input `rate`"),
            (vec!["rate=fast"], "wrong-value", "is a number, and `fast` is not"),
            (vec!["rate=1", "rate=2"], "wrong-use", "given twice"),
        ] {
            let error = inputs(&mut plan(), &pairs(&texts)).expect_err("refused");
            assert_eq!(error.code.as_str(), code);
            assert!(error.message.contains(said), "{error}");
        }
    }
}
