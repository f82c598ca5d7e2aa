//! The inputs of a run: from the request, from Parameter Store, or by default.

use std::collections::BTreeMap;

use aws_sdk_ssm::{Client, types::ParameterType};
use backout_aws::{Cloud, fault};
use backout_engine::{
    code::Code,
    plan::{InputType, Plan, given},
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
        let mut values = given::inputs(plan, given)?;
        for (name, input) in &plan.inputs {
            let value = match (&input.from, &input.default) {
                _ if values.contains_key(name) => continue,
                (Some(from), _) => {
                    let found = Value::String(self.look_up(name, from).await?);
                    given::typed(input.kind, &found).ok_or_else(|| not_as_found(name, input.kind, from))?
                }
                (None, Some(default)) => default.clone(),
                (None, None) => continue,
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

/// The name of a parameter, from `ssm:/name`.
fn parameter(from: &str) -> &str {
    from.strip_prefix("ssm:").unwrap_or(from)
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
