//! A plan as it is written. The JSON Schema for editors is generated from these types.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{
    duration::Duration,
    ids::{PlanName, SystemName},
    written,
};

/// A backout procedure for one system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The name it is started by.
    pub name: PlanName,
    /// What it acts on; at most one run at a time works on a system.
    pub system: SystemName,
    /// What it does and when to use it, in a sentence or two.
    pub description: String,
    /// The promised recovery time; reported against, never enforced.
    #[serde(default)]
    pub deadline: Option<Duration>,
    /// What a failed step means for the run, where the step does not say.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// The alarms that start it.
    #[serde(default)]
    pub triggers: Vec<Trigger>,
    /// What a run needs to know. Referred to as `{{ inputs.<name> }}`.
    #[serde(default)]
    pub inputs: BTreeMap<String, Input>,
    /// Checks, side by side, before the first change. If one does not pass, the run ends `not_ready` and has changed nothing.
    #[serde(default)]
    pub preflight: Vec<StepSpec>,
    /// What is done, one stage after another.
    #[serde(default)]
    pub stages: Vec<StageSpec>,
    /// Sentences for the report. They may refer to inputs and to what steps found out.
    #[serde(default)]
    pub report: Vec<String>,
    /// What the system's users see before the first stage has done anything.
    #[serde(default)]
    pub users_see: Option<String>,
}

/// What a failed step means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Stop here; what was done stands.
    #[default]
    Halt,
    /// Stop here, and take back what the run has done, last change first.
    Unwind,
    /// Warn and go on.
    Continue,
}

// The schema, and so editors, show this sentence.
/// An alarm that starts the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "WrittenTrigger", into = "WrittenTrigger")]
pub enum Trigger {
    /// An alarm of that name; `*` and `?` stand for any characters and any one character.
    Alarm(String),
}

/// A trigger as it is written. Its keys lie side by side, so that what is wrong is said of the key.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trigger")]
struct WrittenTrigger {
    /// The alarm's name; `*` and `?` stand for any characters and any one character.
    alarm: String,
}

impl From<WrittenTrigger> for Trigger {
    fn from(WrittenTrigger { alarm }: WrittenTrigger) -> Self {
        Self::Alarm(alarm)
    }
}

impl From<Trigger> for WrittenTrigger {
    fn from(Trigger::Alarm(alarm): Trigger) -> Self {
        Self { alarm }
    }
}

/// Something that a run needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it is, for whoever has to give it.
    #[serde(default)]
    pub description: Option<String>,
    /// The form of its value.
    #[serde(default, rename = "type")]
    pub kind: InputType,
    /// Its value where the request gives none.
    #[serde(default)]
    pub default: Option<Value>,
    /// Where it is looked up when the request gives none: `ssm:/a/parameter/name`.
    #[serde(default)]
    #[schemars(regex(pattern = r"^ssm:."))]
    pub from: Option<String>,
}

/// The form of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputType {
    /// A text.
    #[default]
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl InputType {
    /// Whether a value is of that form, or can be read as such.
    pub fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::String, value) => !value.is_array() && !value.is_object(),
            (Self::Number, Value::Number(_)) | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Number | Self::Boolean, _) => false,
        }
    }

    /// The value of that form that a text without quotes writes, if it can be kept.
    pub(crate) fn of(self, text: &str) -> Option<Value> {
        match self {
            Self::String => Some(text.into()),
            Self::Number => written::number(text).map(Value::Number),
            Self::Boolean => written::truth(text).map(Value::Bool),
        }
    }

    /// As people say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
        }
    }
}

/// A named group of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageSpec {
    /// Its name, as people read it and as `only` selects it.
    pub name: String,
    /// What the system's users see once this stage is done; the report says it when a run stops after it.
    #[serde(default)]
    pub users_see: Option<String>,
    /// Steps that are done side by side. No two of them share a resource.
    #[serde(default)]
    pub steps: Vec<StepSpec>,
    /// One change that is made rung by rung, instead of steps.
    #[serde(default)]
    pub ramp: Option<Ramp>,
}

/// One use of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// Its name, unique in the plan. With `for_each` it has to contain a template.
    pub id: String,
    /// The action.
    pub uses: String,
    /// The action's parameters.
    #[serde(default, serialize_with = "written::serialize_shown")]
    pub with: Value,
    /// Makes the step once for each item, which templates call `item`.
    #[serde(default, serialize_with = "written::serialize_shown")]
    pub for_each: Option<Vec<Value>>,
    /// What its failure means for the run.
    #[serde(default)]
    pub on_failure: Option<OnFailure>,
    /// For a check: how long it may wait to pass.
    #[serde(default)]
    pub within: Option<Templated<Duration>>,
    /// For a check that waits: how often it looks.
    #[serde(default)]
    pub every: Option<Templated<Duration>>,
    /// How long the step may wait until its resource is ready, and then again how long the change may take to show, before
    /// it counts as failed; 15 minutes if nothing is said. It means nothing to a check, which has `within`.
    #[serde(default)]
    pub timeout: Option<Templated<Duration>>,
}

/// One change, made rung by rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// What its steps are called, followed by the number of the rung.
    pub id: String,
    /// The change.
    pub uses: String,
    /// The parameters that all rungs share.
    #[serde(default, serialize_with = "written::serialize_shown")]
    pub with: Value,
    /// The parameters that each rung adds; `original` goes back to what the run found before it first changed this.
    #[serde(serialize_with = "written::serialize_shown")]
    pub through: Vec<Rung>,
    /// How long each rung is held before its guards judge it.
    #[serde(default)]
    pub hold: Option<Templated<Duration>>,
    /// Checks of each rung, over the time since it was reached.
    #[serde(default)]
    pub guard: Vec<Guard>,
    /// What is done when a guard does not pass.
    #[serde(default)]
    pub on_guard: OnGuard,
}

/// One rung of a ramp.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Rung {
    /// `original`.
    Word(RungWord),
    /// Parameters of the action.
    With(serde_json::Map<String, Value>),
}

impl<'de> Deserialize<'de> for Rung {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        match Value::deserialize(from)? {
            Value::Object(with) if !with.contains_key(written::MARKER) => Ok(Self::With(with)),
            Value::String(word) if word == "original" => Ok(Self::Word(RungWord::Original)),
            other => Err(D::Error::custom(format!(
                "{} is no rung; write parameters such as `{{ rate: 10 }}`, or `original`",
                written::shown(&other)
            ))),
        }
    }
}

/// The rungs that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RungWord {
    /// What the run found before it first changed this.
    Original,
}

/// A check of each rung of a ramp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The check.
    pub uses: String,
    /// Its parameters.
    #[serde(default, serialize_with = "written::serialize_shown")]
    pub with: Value,
    /// How long it may wait to pass.
    #[serde(default)]
    pub within: Option<Templated<Duration>>,
    /// How often it looks while it waits.
    #[serde(default)]
    pub every: Option<Templated<Duration>>,
}

/// What is done when a guard of a ramp does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnGuard {
    /// Stay on this rung, warn, and go on with the next stage.
    #[default]
    Hold,
    /// Stop the run here.
    Halt,
}

/// A value that may be given as a template over the inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Templated<T> {
    /// The value.
    Set(T),
    /// A template that gives it.
    Template(String),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Templated<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::{Error as _, IntoDeserializer};
        let value = Value::deserialize(from)?;
        match value {
            Value::String(text) if text.contains("{{") => Ok(Self::Template(text)),
            Value::String(text) => T::deserialize(text.into_deserializer()).map(Self::Set),
            Value::Number(number) => T::deserialize(number.to_string().into_deserializer()).map(Self::Set),
            ref other if let Some(text) = written::marked(other) => {
                T::deserialize(text.into_deserializer()).map(Self::Set)
            }
            _ => Err(D::Error::custom("invalid type: expected a text such as `30s`")),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Templated<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Templated{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({"anyOf": [value, {"type": "string", "pattern": "\\{\\{.*\\}\\}"}]})
    }
}
