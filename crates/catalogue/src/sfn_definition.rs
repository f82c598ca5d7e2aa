//! `sfn/definition`: which definition a state machine runs.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On, Under},
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

mod language;

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
        language::wrong(definition).iter().map(|wrong| wrong.under("")).collect()
    }
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
            faults.extend(language::wrong(definition).iter().map(|wrong| wrong.under("definition")));
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
            ["`definition` needs `StartAt`"]
        );
    }

    #[test]
    fn what_is_wrong_in_a_definition_is_told_where_it_stands() {
        let plan = |next: &str| {
            format!(
                "name: p\nsystem: s\ndescription: d\nstages:\n  - name: one\n    steps:\n      - id: a\n        \
                 uses: sfn/definition\n        with:\n          state_machine: m\n          definition:\n            \
                 StartAt: Load\n            States:\n              Load:\n                Type: Choice\n                \
                 Choices:\n                  - Variable: $.x\n                    IsPresent: true\n                    \
                 Next: {next}\n              Done: {{ Type: Succeed }}\n"
            )
        };
        backout_engine::plan::check("p.yaml", &plan("Done"), &crate::CATALOGUE).expect("a plan");
        let problems = backout_engine::plan::check("p.yaml", &plan("Doen"), &crate::CATALOGUE).expect_err("refused");
        let said = "p.yaml:19:27: `sfn/definition`: `definition.States.Load.Choices.0.Next` names the state `Doen`, which \
                    is not there; is it `Done`?";
        assert!(problems.to_string().starts_with(said), "{problems}");
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
