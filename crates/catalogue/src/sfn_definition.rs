//! `sfn/definition`: which definition a state machine runs.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On, Under},
    plan::nearest,
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    aliases::Aliases,
    names::{BUCKET, STATE_MACHINE, misnamed},
    reach::{
        DECRYPT_ARTIFACTS, ENCRYPT_EVIDENCE, EXECUTION_ROLES, FIND_EVIDENCE, KEEP_EVIDENCE, READ_ARTIFACTS,
        READ_ARTIFACTS_FULLY, STATE_MACHINES, keys,
    },
    s3_object::S3Object,
};

/// Gives a state machine another definition.
#[derive(Debug)]
pub struct SfnDefinition;

/// The parameters of `sfn/definition`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SfnDefinitionWith {
    /// The state machine, by name or ARN, e.g. `ons-data-pipeline`.
    pub state_machine: String,
    /// The definition, a JSON object in Amazon States Language in S3, e.g. `s3://deployments/rollback/pipeline.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Object>,
    /// The version of that object; the current one if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The definition itself, instead of `s3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Map<String, Value>>,
    /// What an alias of the state machine means: whoever starts executions through it keeps getting the version that it
    /// points to.
    #[serde(default)]
    pub aliases: Aliases,
}

impl SfnDefinition {
    /// Why no state machine could run a definition, as far as it is told without Step Functions.
    pub fn unfit(definition: &Map<String, Value>) -> Vec<String> {
        let missing: Vec<_> = ["StartAt", "States"].into_iter().filter(|key| !definition.contains_key(*key)).collect();
        if !missing.is_empty() {
            return vec![format!("{} missing", missing.join(" and "))];
        }
        states(definition)
    }
}

/// What is wrong with the states of a machine, or of a branch or an iteration in one: where it goes on to a state that is
/// not there.
fn states(machine: &Map<String, Value>) -> Vec<String> {
    let Some(Value::Object(states)) = machine.get("States") else { return vec!["`States` is no object".into()] };
    let mut wrong = Vec::new();
    let mut leads_to = |from: &str, key: &str, name: Option<&Value>| {
        if let Some(Value::String(name)) = name
            && !states.contains_key(name)
        {
            let near = nearest(name, states.keys().map(String::as_str));
            let meant = near.map(|near| format!("; is it `{near}`?")).unwrap_or_default();
            wrong.push(format!("{from}`{key}` names the state `{name}`, which is not there{meant}"));
        }
    };
    leads_to("", "StartAt", machine.get("StartAt"));
    for (name, state) in states {
        let from = format!("`{name}`: ");
        leads_to(&from, "Next", state.get("Next"));
        leads_to(&from, "Default", state.get("Default"));
        for key in ["Choices", "Catch"] {
            for branch in state.get(key).and_then(Value::as_array).into_iter().flatten() {
                leads_to(&from, "Next", branch.get("Next"));
            }
        }
    }
    for state in states.values() {
        let inner = ["ItemProcessor", "Iterator"].into_iter().filter_map(|key| state.get(key)?.as_object());
        let branches =
            state.get("Branches").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        wrong.extend(inner.chain(branches).flat_map(self::states));
    }
    wrong
}

impl Kind for SfnDefinition {
    const USES: &'static str = "sfn/definition";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Version;
    const ABOUT: &'static str =
        "Gives a Step Functions state machine another definition; running executions keep the one they began with.";
    const RESOURCE: &'static str = "the state machine";
    const SERIALISED: &'static str =
        "the state machine: an update replaces the definition, and has no revision that would refuse a second one";
    const CALLS: &'static [Calls] = &[
        Calls::of(
            "FindStateMachines",
            "SFN",
            &["ListStateMachines"],
            On::Everything("the list of state machines has no resource"),
        ),
        Calls::of(
            "ReplaceDefinitions",
            "SFN",
            &["DescribeStateMachine", "ListStateMachineAliases", "UpdateStateMachine"],
            On::Listed(&STATE_MACHINES),
        ),
        Calls::of("HandRoleOfStateMachineOver", "IAM", &["PassRole"], On::Listed(&EXECUTION_ROLES))
            .under(Under::PassedTo("states.amazonaws.com"))
            .by_aws("Step Functions wants the state machine's role handed over again"),
        keys(
            "UseKeysOfDefinitions",
            &["Decrypt", "GenerateDataKey*"],
            "states",
            "a definition is encrypted with a key of yours",
        ),
        READ_ARTIFACTS,
        READ_ARTIFACTS_FULLY,
        DECRYPT_ARTIFACTS,
        KEEP_EVIDENCE,
        FIND_EVIDENCE,
        ENCRYPT_EVIDENCE,
    ];
    type With = SfnDefinitionWith;

    fn resource(with: &SfnDefinitionWith) -> Resource {
        Resource::new("states", "state-machine", [machine_name(&with.state_machine)])
    }

    fn summary(with: &SfnDefinitionWith) -> String {
        let machine = machine_name(&with.state_machine);
        match &with.s3 {
            Some(object) => format!("run {} in {machine}", object.file_name()),
            None => format!("run the definition in the plan in {machine}"),
        }
    }

    fn faults(with: &SfnDefinitionWith) -> Vec<String> {
        let mut faults = misnamed([(&STATE_MACHINE, "state_machine", with.state_machine.as_str())]);
        faults.extend(with.s3.as_ref().and_then(|object| BUCKET.fault("s3", object.bucket())));
        match (&with.s3, &with.definition) {
            (None, None) => faults.push("say where the definition is: `s3`, or the `definition` itself".into()),
            (Some(_), Some(_)) => faults.push("`s3` and `definition` are both there: give one of them".into()),
            _ => {}
        }
        if with.version.is_some() && with.s3.is_none() {
            faults.push("`version` is the version of the object in `s3`, which is not there".into());
        }
        if let Some(definition) = &with.definition {
            let wrong = SfnDefinition::unfit(definition).into_iter();
            faults.extend(wrong.map(|why| format!("`definition` is not in Amazon States Language: {why}")));
        }
        if with.state_machine.split(':').nth(7).is_some() {
            faults.push(format!("`{}` is a version or alias, whose definition cannot be changed", with.state_machine));
        }
        faults
    }
}

/// The state machine's name, of a name or ARN.
fn machine_name(name_or_arn: &str) -> &str {
    name_or_arn.split_once(":stateMachine:").map_or(name_or_arn, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(with: Value) -> Vec<String> {
        SfnDefinition::faults(&serde_json::from_value(with).expect("reads"))
    }

    #[test]
    fn by_name_and_by_arn_it_is_one_resource() {
        for machine in ["pipeline", "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline"] {
            let with: SfnDefinitionWith =
                serde_json::from_value(json!({"state_machine": machine, "s3": "s3://b/k.json"})).expect("reads");
            assert_eq!(SfnDefinition::resource(&with).as_str(), "states:state-machine/pipeline");
            assert_eq!(SfnDefinition::summary(&with), "run k.json in pipeline");
            assert!(SfnDefinition::faults(&with).is_empty());
        }
    }

    #[test]
    fn one_source_is_needed_and_no_more() {
        assert_eq!(
            faults(json!({"state_machine": "m"})),
            ["say where the definition is: `s3`, or the `definition` itself"]
        );
        let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}});
        assert!(faults(json!({"state_machine": "m", "definition": definition})).is_empty());
        assert_eq!(faults(json!({"state_machine": "m", "s3": "s3://b/k", "definition": definition})).len(), 1);
        assert_eq!(faults(json!({"state_machine": "m", "version": "1", "definition": definition})).len(), 1);
        assert_eq!(
            faults(json!({"state_machine": "m", "definition": {"States": {}}})),
            ["`definition` is not in Amazon States Language: StartAt missing"]
        );
    }

    #[test]
    fn a_definition_that_leads_nowhere_is_refused_with_the_nearest_name() {
        let branch = |next: &str| json!({"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": next}}});
        for (states, said) in [
            (
                json!({"Laod": {"Type": "Succeed"}}),
                "`StartAt` names the state `Load`, which is not there; is it `Laod`?",
            ),
            (json!({"Load": {"Type": "Pass", "Next": "X"}}), "`Load`: `Next` names the state `X`, which is not there"),
            (
                json!({"Load": {"Type": "Choice", "Choices": [{"Next": "X"}], "Default": "Load"}}),
                "`Load`: `Next` names",
            ),
            (
                json!({"Load": {"Type": "Map", "End": true, "ItemProcessor": branch("X")}}),
                "`B`: `Next` names the state `X`",
            ),
            (json!({"Load": {"Type": "Parallel", "End": true, "Branches": [branch("Load")]}}), "`B`: `Next` names"),
        ] {
            let given = json!({"state_machine": "m", "definition": {"StartAt": "Load", "States": states}});
            let faults = faults(given);
            let whole = format!("`definition` is not in Amazon States Language: {said}");
            assert!(matches!(faults.as_slice(), [one] if one.starts_with(&whole)), "{faults:?}");
        }
        let fine =
            json!({"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [branch("B")]}}});
        assert!(faults(json!({"state_machine": "m", "definition": fine})).is_empty());
    }

    #[test]
    fn only_a_state_machine_itself_can_be_changed() {
        for arn in [
            "arn:aws:states:us-east-1:123456789012:activity:a",
            "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline:live",
        ] {
            assert_eq!(faults(json!({"state_machine": arn, "s3": "s3://b/k"})).len(), 1, "{arn}");
        }
    }
}
