//! `lambda/state`: are functions ready to be invoked?

use aws_sdk_lambda::{
    Client,
    operation::get_function_configuration::GetFunctionConfigurationOutput,
    types::{LastUpdateStatus, State},
};
use backout_aws::{Cloud, lookup_fault};
use backout_catalogue::{LambdaState, LambdaStateWith};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    fault::Fault,
};
use serde_json::{Map, Value, json};

/// Looks whether functions are ready.
pub(crate) struct Functions {
    client: Client,
}

impl Functions {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { client: Client::new(cloud.reads()) }
    }
}

impl Check for Functions {
    type Kind = LambdaState;

    async fn judge(&self, at: &At<'_, LambdaStateWith>) -> Result<Verdict, Fault> {
        let mut seen = Vec::new();
        for name in &at.with.functions {
            let doing = format!("read the configuration of function {name}");
            let found = self.client.get_function_configuration().function_name(name).send().await.map_err(|error| {
                lookup_fault(&doing, error, format!("there is no function {name} in this account and region"))
            })?;
            seen.push((name.as_str(), found));
        }
        Ok(verdict(&seen))
    }
}

/// What keeps a function from being ready.
#[derive(Debug, PartialEq, Eq)]
enum Obstacle {
    /// It may pass.
    Passing(String),
    /// Only another update mends it.
    Lasting(String),
}

fn obstacle(found: &GetFunctionConfigurationOutput) -> Option<Obstacle> {
    let because = |reason: Option<&str>| reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    match found.state() {
        None | Some(State::Active) => {}
        Some(State::Failed) => return Some(Obstacle::Lasting(format!("is Failed{}", because(found.state_reason())))),
        Some(other) => {
            return Some(Obstacle::Passing(format!("is {}{}", other.as_str(), because(found.state_reason()))));
        }
    }
    match found.last_update_status() {
        None | Some(LastUpdateStatus::Successful) => None,
        Some(LastUpdateStatus::Failed) => {
            Some(Obstacle::Lasting(format!("could not be updated{}", because(found.last_update_status_reason()))))
        }
        Some(_) => Some(Obstacle::Passing("is being updated".into())),
    }
}

fn verdict(seen: &[(&str, GetFunctionConfigurationOutput)]) -> Verdict {
    let mut finding = Finding::Pass;
    let mut wrong = Vec::new();
    let mut functions = Map::new();
    for (name, found) in seen {
        match obstacle(found) {
            None => {}
            Some(Obstacle::Passing(why)) => {
                if finding == Finding::Pass {
                    finding = Finding::Fail;
                }
                wrong.push(format!("{name} {why}"));
            }
            Some(Obstacle::Lasting(why)) => {
                finding = Finding::FailForGood;
                wrong.push(format!("{name} {why}"));
            }
        }
        functions.insert((*name).to_owned(), observed(found));
    }
    let says = match (wrong.as_slice(), seen) {
        ([], [(name, _)]) => format!("{name} is active"),
        ([], several) => format!("{} functions are active", several.len()),
        (wrong, _) => wrong.join("; "),
    };
    Verdict::new(finding, says).observing("functions", functions)
}

fn observed(found: &GetFunctionConfigurationOutput) -> Value {
    json!({
        "version": found.version(),
        "code_sha256": found.code_sha256(),
        "runtime": found.runtime().map(|runtime| runtime.as_str()),
        "last_modified": found.last_modified(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::operation::get_function_configuration::builders::GetFunctionConfigurationOutputBuilder;

    fn function() -> GetFunctionConfigurationOutputBuilder {
        GetFunctionConfigurationOutput::builder()
            .state(State::Active)
            .last_update_status(LastUpdateStatus::Successful)
            .version("$LATEST")
            .code_sha256("sha")
    }

    #[test]
    fn active_functions_pass_and_their_versions_are_observed() {
        let verdict = verdict(&[("a", function().build()), ("b", function().build())]);
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "2 functions are active"));
        assert_eq!(verdict.observed["functions"]["a"]["version"], "$LATEST");
        assert_eq!(verdict.observed["functions"]["b"]["code_sha256"], "sha");
    }

    #[test]
    fn what_passes_may_be_waited_for() {
        for state in [State::Pending, State::Inactive, State::ActiveNonInvocable, State::from("SomethingNew")] {
            assert_eq!(verdict(&[("a", function().state(state).build())]).finding, Finding::Fail);
        }
        let updating = function().last_update_status(LastUpdateStatus::InProgress).build();
        let verdict = verdict(&[("a", updating)]);
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Fail, "a is being updated"));
    }

    #[test]
    fn a_failed_update_does_not_mend_itself() {
        let failed =
            function().last_update_status(LastUpdateStatus::Failed).last_update_status_reason("no key").build();
        let updating = function().last_update_status(LastUpdateStatus::InProgress).build();
        let verdict = verdict(&[("a", failed), ("b", updating)]);
        assert_eq!(verdict.finding, Finding::FailForGood);
        assert_eq!(verdict.says, "a could not be updated (no key); b is being updated");
    }
}
