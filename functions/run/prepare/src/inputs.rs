//! The inputs of a run: from the request, from Parameter Store, or by default.

use std::collections::BTreeMap;

use aws_sdk_ssm::{Client, types::ParameterType};
use backout_aws::{Cloud, fault};
use backout_engine::{
    code::Code,
    plan::{Input, InputType, Plan, nearest},
};
use serde_json::Value;

use crate::stop::{Stop, refuse};

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
                (Some(value), ..) => typed(input.kind, value).ok_or_else(|| not_as_given(name, input.kind, value))?,
                (None, Some(from), _) => {
                    let found = Value::String(self.look_up(name, from).await?);
                    typed(input.kind, &found).ok_or_else(|| not_as_found(name, input.kind, from))?
                }
                (None, None, Some(default)) => default.clone(),
                (None, None, None) => return Err(missing(plan, name, input)),
            };
            values.insert(name.clone(), value);
        }
        Ok(values)
    }

    async fn look_up(&self, name: &str, from: &str) -> Result<String, Stop> {
        let parameter = parameter(from);
        let doing = format!("read the parameter {parameter} for the input `{name}`");
        let answer = self.ssm.get_parameter().name(parameter).send().await;
        let found = match answer {
            // Asked for without decryption, so its value is ciphertext here.
            Ok(found) if found.parameter().and_then(|found| found.r#type()) == Some(&ParameterType::SecureString) => {
                let what = format!(
                    "the input `{name}` cannot come from {parameter}, which is a SecureString: inputs are written into \
                     the journal, the report and the steps, so they are not for secrets"
                );
                let help = "name a parameter of the type String; let whatever needs the secret read it itself";
                return Err(refuse(Code::InputNotFound, what, help));
            }
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

/// The name of a parameter, from `ssm:/name`.
fn parameter(from: &str) -> &str {
    from.strip_prefix("ssm:").unwrap_or(from)
}

/// A value in the form that the plan says. What comes as a text (command line, Parameter Store) is read as that form.
fn typed(kind: InputType, value: &Value) -> Option<Value> {
    match (kind, value) {
        (InputType::String, Value::String(_))
        | (InputType::Number, Value::Number(_))
        | (InputType::Boolean, Value::Bool(_)) => Some(value.clone()),
        (InputType::Number, Value::String(text)) => serde_json::from_str(text).ok().filter(Value::is_number),
        (InputType::Boolean, Value::String(text)) => text.parse().ok().map(Value::Bool),
        (InputType::String, Value::Number(number)) => Some(Value::String(number.to_string())),
        _ => None,
    }
}

fn not_as_given(name: &str, kind: InputType, value: &Value) -> Stop {
    let what = format!("the input `{name}` is {}, not {value}", kind.as_str());
    refuse(Code::WrongRequest, what, format!("give it like: --input {name}=…"))
}

/// Without the value: whoever may read the report need not be one who may read the parameter.
fn not_as_found(name: &str, kind: InputType, from: &str) -> Stop {
    let parameter = parameter(from);
    let what = format!("the input `{name}` is {}, which the value of the parameter {parameter} is not", kind.as_str());
    refuse(Code::InputNotFound, what, format!("correct the parameter, or give the value: --input {name}=…"))
}

#[cfg(test)]
#[path = "inputs/tests.rs"]
mod tests;
