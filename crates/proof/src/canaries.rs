//! Plans full of canaries: secrets wherever an action takes or meets one, once so that every action works and once so
//! that every one fails.

use std::collections::{BTreeMap, BTreeSet};

use backout_engine::action::{Entry, Nature};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Proof, filled};

/// What an action's folder says of canaries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canaries {
    /// The secrets that the action takes or meets, by name. Actions that meet the same one name it alike.
    pub secrets: BTreeMap<String, Form>,
    /// Inputs of the plans that its steps refer to.
    #[serde(default)]
    pub inputs: Map<String, Value>,
    /// Its steps that work, without their `uses`. `«name»` stands for a secret, `«server»` for the URL of a server that
    /// answers well at `/works` and with an error elsewhere, `«api»` for the example platform's API.
    pub works: Vec<Map<String, Value>>,
    /// Its steps that fail: with every refusal that may quote what it refuses.
    pub fails: Vec<Map<String, Value>>,
}

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// With quotes, a backslash, an accent and a line break.
    Any,
    /// With letters and digits only.
    Plain,
}

impl Form {
    /// The secret of a name.
    pub fn value(self, name: &str) -> String {
        match self {
            Self::Any => format!("{}\"\\/é\n", core(name)),
            Self::Plain => core(name),
        }
    }
}

/// The part of a secret that every way of writing text leaves as it is, base64 excepted.
pub fn core(name: &str) -> String {
    format!("Canary{name}9")
}

/// Every secret that an action takes or meets, by its name.
pub fn secrets(proofs: &[Proof]) -> BTreeMap<String, String> {
    let all = proofs.iter().flat_map(|proof| &proof.canaries.secrets);
    all.map(|(name, form)| (name.clone(), form.value(name))).collect()
}

/// What the steps of a plan are to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every one works.
    Works,
    /// None does.
    Fails,
}

/// A plan that uses every action, as JSON, with this in place of what stands for something.
///
/// What looks comes first, commands come last: where one may have been carried out the run stops. Changes stand in the
/// first stage in which nothing is serialised with them.
///
/// # Errors
/// When parameters are not of their action's form.
pub fn plan(proofs: &[Proof], outcome: Outcome, by: &BTreeMap<String, String>) -> Result<Value, String> {
    let (mut checks, mut changes, mut commands) = (Vec::new(), Vec::<Stage>::new(), Vec::<Stage>::new());
    for proof in proofs {
        let steps = match outcome {
            Outcome::Works => &proof.canaries.works,
            Outcome::Fails => &proof.canaries.fails,
        };
        for step in steps {
            let mut step = filled(&Value::Object(step.clone()), by);
            step["uses"] = json!(proof.entry.uses);
            match proof.entry.nature {
                Nature::Check => checks.push(step),
                Nature::Change => put(&mut changes, proof.entry, step)?,
                Nature::Command => put(&mut commands, proof.entry, step)?,
            }
        }
    }
    let (name, description, on_failure) = match outcome {
        Outcome::Works => ("canaries", "Meets a secret in every action.", "halt"),
        Outcome::Fails => ("canaries-fail", "Meets a secret in every action, and fails at each.", "continue"),
    };
    let mut plan = json!({"name": name, "system": "canary", "description": description, "on_failure": on_failure});
    let inputs: Map<_, _> = proofs.iter().flat_map(|proof| proof.canaries.inputs.clone()).collect();
    plan["inputs"] = Value::Object(inputs);
    let stage = |(index, steps)| json!({"name": format!("Stage {index}"), "steps": steps});
    let acting = changes.into_iter().chain(commands).map(|stage| stage.steps);
    plan["stages"] = match outcome {
        Outcome::Works => {
            plan["preflight"] = Value::Array(checks);
            acting.enumerate().map(stage).collect()
        }
        // A run whose preflight fails does nothing else.
        Outcome::Fails => [checks].into_iter().chain(acting).enumerate().map(stage).collect(),
    };
    Ok(plan)
}

/// Steps side by side.
#[derive(Default)]
struct Stage {
    steps: Vec<Value>,
    serialised: BTreeSet<String>,
}

fn put(stages: &mut Vec<Stage>, entry: &Entry, step: Value) -> Result<(), String> {
    let looked = entry.look(&step["with"]).map_err(|wrong| format!("{}: {step}: {wrong}", entry.uses))?;
    let serialised: BTreeSet<_> = looked.serialised_by.iter().map(ToString::to_string).collect();
    let at = stages.iter().position(|stage| stage.serialised.is_disjoint(&serialised)).unwrap_or_else(|| {
        stages.push(Stage::default());
        stages.len() - 1
    });
    if let Some(stage) = stages.get_mut(at) {
        stage.serialised.extend(serialised);
        stage.steps.push(step);
    }
    Ok(())
}
