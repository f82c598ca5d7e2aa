//! `lambda/environment`: sets and removes environment variables of a function.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    resource::Resource,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    aliases::Aliases,
    names::function_fault,
    reach::{FUNCTIONS, keys},
};

/// Sets and removes environment variables of a function.
#[derive(Debug, Clone, Copy)]
pub struct LambdaEnvironment;

/// The parameters of `lambda/environment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LambdaEnvironmentWith {
    /// The function, by name or ARN, without alias or version: only the latest configuration can be changed.
    #[schemars(example = &"influxdb_loader")]
    pub function: String,
    /// The variables to set, by name. Numbers and `true` or `false` without quotes are the text that is written: `3.10`,
    /// `012345678901`. All that are not named here or in `remove` stay as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Variable>,
    /// The names of variables to remove.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove: BTreeSet<String>,
    /// What an alias of the function means: whoever invokes through it keeps getting the variables of the version that
    /// it points to.
    #[serde(default)]
    pub aliases: Aliases,
}

/// The value of an environment variable: a text; numbers and `true` or `false` are the text that the plan writes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variable(String);

impl Variable {
    /// The value as the function will see it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A plan's values are no secrets by themselves, but a rendered template may have brought one in.
impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(value)")
    }
}

impl JsonSchema for Variable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Variable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The value of an environment variable. Numbers and booleans are the text that stands here.",
            "type": ["string", "number", "boolean"],
        })
    }
}

impl Kind for LambdaEnvironment {
    const USES: &'static str = "lambda/environment";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Endpoint;
    const ABOUT: &'static str = "Sets and removes environment variables of a function; all others stay.";
    const RESOURCE: &'static str = "the function";
    const SERIALISED: &'static str =
        "the function: while one update of its code or its configuration is under way, Lambda refuses the next";
    const CALLS: &'static [Calls] = &[
        Calls::of("ReadFunctions", "Lambda", &["GetFunctionConfiguration", "ListAliases"], On::Listed(&FUNCTIONS)),
        Calls::of("ConfigureFunctions", "Lambda", &["UpdateFunctionConfiguration"], On::Listed(&FUNCTIONS)),
        keys(
            "UseKeysOfEnvironments",
            &["CreateGrant", "Decrypt", "Encrypt"],
            "lambda",
            "the environment is encrypted with a key of yours",
        ),
    ];
    type With = LambdaEnvironmentWith;

    fn resource(with: &LambdaEnvironmentWith) -> Resource {
        Resource::function(&with.function)
    }

    fn summary(with: &LambdaEnvironmentWith) -> String {
        // Names only: values may be nobody's business.
        let set: Vec<_> = with.set.keys().map(String::as_str).collect();
        let remove: Vec<_> = with.remove.iter().map(String::as_str).collect();
        let parts: Vec<_> = [("set", set), ("remove", remove)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(verb, names)| format!("{verb} {}", names.join(", ")))
            .collect();
        let function = with.function.rsplit(':').next().unwrap_or(&with.function);
        format!("{} in the environment of {function}", parts.join(" and "))
    }

    fn faults(with: &LambdaEnvironmentWith) -> Vec<String> {
        let mut faults: Vec<_> = function_fault("function", &with.function).into_iter().collect();
        if with.set.is_empty() && with.remove.is_empty() {
            faults.push("there is nothing to `set` and nothing to `remove`".into());
        }
        for name in with.remove.iter().filter(|name| with.set.contains_key(*name)) {
            faults.push(format!("`{name}` is to be set and removed at once"));
        }
        for (name, _) in with.set.iter().filter(|(_, value)| value.as_str().contains('\0')) {
            faults.push(format!(
                "the value of `{name}` has a zero byte in it, which ends a variable's value: leave it out"
            ));
        }
        for name in with.set.keys().chain(&with.remove) {
            if !is_variable_name(name) {
                faults.push(format!(
                    "`{name}` is not a variable name: letters, digits and `_`, at least two, a letter first"
                ));
            } else if RESERVED.contains(&name.as_str()) {
                faults.push(format!(
                    "`{name}` is Lambda's own, which sets it in every function and refuses to be told: leave it out"
                ));
            }
        }
        let size: usize = with.set.iter().map(|(name, value)| name.len() + value.as_str().len()).sum();
        if size > LARGEST {
            faults.push(format!(
                "what is to be `set` takes {size} bytes, and a function's whole environment has {LARGEST}: keep what is \
                 long in a parameter or a secret, and set its name"
            ));
        }
        if is_qualified(&with.function) {
            faults.push(format!(
                "`{}` names an alias or a version, whose configuration cannot be changed: name the function alone",
                with.function
            ));
        }
        faults
    }
}

/// Bytes of a whole environment, which cannot be raised: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST: usize = 4096;

/// Names that Lambda refuses in a function's configuration, those that no variable may be called anyway left out:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const RESERVED: [&str; 16] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Lambda's rule for names of environment variables: `[a-zA-Z]([a-zA-Z0-9_])+`.
fn is_variable_name(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a function is named with an alias or a version.
fn is_qualified(function: &str) -> bool {
    let name = function
        .split_once(":function:")
        .or_else(|| function.split_once("function:"))
        .map_or(function, |(_, name)| name);
    name.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_engine::action::read_with;
    use serde_json::{Value, json};

    fn with(with: Value) -> LambdaEnvironmentWith {
        read_with(&with).expect("reads")
    }

    #[test]
    fn values_are_kept_as_yaml_shows_them() {
        let with =
            with(json!({"function": "loader", "set": {"PORT": 8086, "USE_INFLUXDB": false, "RATE": 0.5, "NAME": "x"}}));
        let values: Vec<_> = with.set.values().map(Variable::as_str).collect();
        assert_eq!(values, ["x", "8086", "0.5", "false"]);
        let again: LambdaEnvironmentWith =
            serde_json::from_value(serde_json::to_value(&with).expect("writes")).expect("reads");
        assert_eq!(again, with);
        assert!(read_with::<Variable>(&json!(["a"])).is_err());
    }

    #[test]
    fn the_summary_names_variables_and_shows_no_value() {
        let with = with(
            json!({"function": "loader", "set": {"TOKEN": "hunter2", "DATABASE": "ons"}, "remove": ["INFLUXDB_URL"]}),
        );
        assert_eq!(
            LambdaEnvironment::summary(&with),
            "set DATABASE, TOKEN and remove INFLUXDB_URL in the environment of loader"
        );
        assert!(!format!("{with:?}").contains("hunter2"));
        assert_eq!(LambdaEnvironment::resource(&with).as_str(), "lambda:function/loader");
    }

    #[test]
    fn what_lambda_sets_itself_is_refused_and_what_may_be_set_is_not() {
        let reserved =
            with(json!({"function": "f", "set": {"AWS_REGION": "eu-west-2"}, "remove": ["LAMBDA_TASK_ROOT"]}));
        let faults = LambdaEnvironment::faults(&reserved);
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults[0].starts_with("`AWS_REGION` is Lambda's own"), "{faults:#?}");
        let free = with(json!({"function": "f", "set": {"TZ": "UTC", "PATH": "/opt", "AWS_ENDPOINT_URL": "http://x"}}));
        assert!(LambdaEnvironment::faults(&free).is_empty());
    }

    #[test]
    fn a_zero_byte_in_a_value_is_refused_and_the_value_not_told() {
        let faults = LambdaEnvironment::faults(&with(json!({"function": "f", "set": {"AA": "hunter2\0b"}})));
        assert!(matches!(faults.as_slice(), [one] if one.contains("`AA` has a zero byte")), "{faults:?}");
        assert!(!faults[0].contains("hunter2"), "{faults:?}");
    }

    #[test]
    fn more_than_any_environment_holds_is_refused() {
        let set = |length: usize| with(json!({"function": "f", "set": {"LONG": "x".repeat(length)}}));
        assert!(LambdaEnvironment::faults(&set(4092)).is_empty());
        let faults = LambdaEnvironment::faults(&set(4093));
        assert!(faults[0].contains("takes 4097 bytes"), "{faults:?}");
        assert!(!faults[0].contains("xxx"), "{faults:?}");
    }

    #[test]
    fn what_lambda_would_refuse_is_refused_first() {
        let wrong = with(json!({"function": "loader:live", "set": {"A": "1", "BOTH": "1"}, "remove": ["BOTH"]}));
        let faults = LambdaEnvironment::faults(&wrong);
        assert_eq!(faults.len(), 3, "{faults:#?}");
        assert_eq!(LambdaEnvironment::faults(&with(json!({"function": "loader"}))).len(), 1);
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:loader";
        assert!(LambdaEnvironment::faults(&with(json!({"function": arn, "set": {"AB": 1}}))).is_empty());
    }
}
