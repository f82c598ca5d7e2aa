//! The inputs of a run: from the request, from Parameter Store, or by default.

use std::collections::BTreeMap;

use aws_sdk_ssm::Client;
use backout_aws::{Cloud, fault};
use backout_engine::{
    code::Code,
    plan::{Input, InputType, Plan, nearest},
};
use serde_json::Value;

use crate::begin::{Stop, refuse};

/// Looks inputs up.
pub struct Parameters {
    ssm: Client,
}

impl Parameters {
    /// With the clients of one process.
    pub fn new(cloud: &Cloud) -> Self {
        Self { ssm: Client::new(cloud.reads()) }
    }

    /// Every input's value.
    pub async fn resolve(&self, plan: &Plan, given: &BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Stop> {
        if let Some(wrong) = given.keys().find(|name| !plan.inputs.contains_key(*name)) {
            let names = || plan.inputs.keys().map(String::as_str);
            let help = nearest(wrong, names()).map_or_else(
                || format!("it takes {}", names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(refuse(Code::UnknownInput, format!("the plan `{}` has no input `{wrong}`", plan.name), help));
        }
        let mut values = BTreeMap::new();
        for (name, input) in &plan.inputs {
            let value = match (given.get(name), &input.from, &input.default) {
                (Some(value), ..) => typed(name, input.kind, value.clone())?,
                (None, Some(from), _) => typed(name, input.kind, Value::String(self.look_up(name, from).await?))?,
                (None, None, Some(default)) => default.clone(),
                (None, None, None) => return Err(missing(plan, name, input)),
            };
            values.insert(name.clone(), value);
        }
        Ok(values)
    }

    async fn look_up(&self, name: &str, from: &str) -> Result<String, Stop> {
        let parameter = from.strip_prefix("ssm:").unwrap_or(from);
        let doing = format!("read the parameter {parameter} for the input `{name}`");
        let answer = self.ssm.get_parameter().name(parameter).send().await;
        let found = match answer {
            Ok(found) => found.parameter.and_then(|parameter| parameter.value),
            Err(error) => {
                let fault = fault(&doing, error);
                if fault.is_transient() {
                    return Err(fault.into());
                }
                let help = format!("make the parameter, or give the value: --input {name}=…");
                return Err(refuse(Code::InputNotFound, fault.message, help));
            }
        };
        found.ok_or_else(|| {
            refuse(Code::InputNotFound, format!("could not {doing}: it has no value"), "give the parameter a value")
        })
    }
}

fn missing(plan: &Plan, name: &str, input: &Input) -> Stop {
    let about = input.description.as_ref().map_or_else(String::new, |text| format!(" ({text})"));
    let what = format!("the plan `{}` needs the input `{name}`{about}", plan.name);
    refuse(Code::MissingInput, what, format!("give it: --input {name}=…, or {{\"inputs\": {{\"{name}\": …}}}}"))
}

/// A value in the form that the plan says. What comes as a text (command line, Parameter Store) is read as that form.
fn typed(name: &str, kind: InputType, value: Value) -> Result<Value, Stop> {
    let read = match (kind, &value) {
        (InputType::String, Value::String(_))
        | (InputType::Number, Value::Number(_))
        | (InputType::Boolean, Value::Bool(_)) => Some(value.clone()),
        (InputType::Number, Value::String(text)) => serde_json::from_str(text).ok().filter(Value::is_number),
        (InputType::Boolean, Value::String(text)) => text.parse().ok().map(Value::Bool),
        (InputType::String, Value::Number(number)) => Some(Value::String(number.to_string())),
        _ => None,
    };
    read.ok_or_else(|| {
        let form = match kind {
            InputType::String => "a text",
            InputType::Number => "a number",
            InputType::Boolean => "`true` or `false`",
        };
        refuse(
            Code::WrongRequest,
            format!("the input `{name}` is {form}, not {value}"),
            format!("give it like: --input {name}=…"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_read_as_the_form_that_the_plan_says() {
        let read = |kind, value: Value| typed("x", kind, value).ok();
        assert_eq!(read(InputType::Number, json!("5")), Some(json!(5)));
        assert_eq!(read(InputType::Boolean, json!("true")), Some(json!(true)));
        assert_eq!(read(InputType::String, json!(5)), Some(json!("5")));
        assert_eq!(read(InputType::Number, json!("five")), None);
        assert_eq!(read(InputType::String, json!({"a": 1})), None);
    }
}
