//! `lambda/environment`: some variables of a function's environment; the others are none of its business.

use aws_sdk_lambda::{
    Client,
    operation::get_function_configuration::GetFunctionConfigurationOutput,
    types::{Environment as NewEnvironment, LastUpdateStatus, State as FunctionState},
};
use backout_aws::{Cloud, fault_without, in_time, lookup_fault, modified_after};
use backout_catalogue::{Aliases, LambdaEnvironment, LambdaEnvironmentWith, Variable};
use backout_engine::{
    action::{At, Change, Reading},
    duration::Duration,
    fault::Fault,
    sensitive::Sensitive,
};
use serde::{Deserialize, Serialize};

mod variables;

use variables::{Variables, merged, named, without_values};

/// The action, with its clients.
#[derive(Debug)]
pub(crate) struct Environment {
    reads: Client,
    writes: Client,
}

/// The variables that the plan names; `None` is one that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    variables: Variables,
}

/// What else is known of the function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    function_arn: String,
    /// Lambda's revision of the function, which changes with every update.
    revision_id: String,
    /// For the report: why the function's last update, somebody else's, did not work.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notes: Vec<String>,
}

impl Environment {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { reads: Client::new(cloud.reads()), writes: Client::new(cloud.writes()) }
    }

    async fn configuration(&self, function: &str) -> Result<GetFunctionConfigurationOutput, Fault> {
        self.reads.get_function_configuration().function_name(function).send().await.map_err(|error| {
            let if_missing = "check the function's name and the region";
            lookup_fault(&format!("read the configuration of {function}"), error, if_missing)
        })
    }

    async fn refuse_aliased(&self, function: &str) -> Result<(), Fault> {
        let Some(elsewhere) = backout_aliases::elsewhere(&self.reads, function).await? else { return Ok(()) };
        Err(Fault::refused(format!(
            "{function} has aliases that would go on with the variables of their published versions: {elsewhere}"
        ))
        .with_advice(
            "whoever invokes the function through an alias would not get the new variables: point the alias to a version \
             that has them; if nobody uses it, say `aliases: leave`",
        ))
    }
}

impl Change for Environment {
    type Kind = LambdaEnvironment;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, LambdaEnvironmentWith>) -> Result<Reading<State, Facts>, Fault> {
        let function = &at.with.function;
        let configuration = self.configuration(function).await?;
        let failed = match unsettled(&configuration) {
            Some(Unsettled::Waiting(why)) => {
                return Ok(Reading::Settling { why: format!("{function} {why}"), again_in: Duration::seconds(2) });
            }
            Some(Unsettled::Gone(why)) => return Ok(Reading::Broken { why: format!("{function} {why}") }),
            // An update from before ours that failed may be what this run mends, also when our write was deferred. One
            // of ours is not as wanted, whatever the configuration shows: invocations still get the one before.
            Some(Unsettled::Failed(why)) if modified_after(configuration.last_modified(), at.started_at) => {
                return Ok(Reading::Broken { why: format!("the last update of {function} failed: {why}") });
            }
            Some(Unsettled::Failed(why)) => Some(why),
            None => None,
        };
        let all = readable(function, &configuration)?;
        let names = at.with.set.keys().chain(&at.with.remove);
        let facts = Facts {
            function_arn: configuration.function_arn().unwrap_or_default().to_owned(),
            revision_id: configuration.revision_id().unwrap_or_default().to_owned(),
            notes: failed.map(|why| format!("an earlier update of {function} failed: {why}")).into_iter().collect(),
        };
        Ok(Reading::Settled { state: State { variables: named(&all, names) }, facts })
    }

    async fn desired(&self, at: &At<'_, LambdaEnvironmentWith>, _now: &State) -> Result<State, Fault> {
        if at.with.aliases == Aliases::Refuse {
            self.refuse_aliased(&at.with.function).await?;
        }
        Ok(desired(at.with))
    }

    async fn write(
        &self,
        at: &At<'_, LambdaEnvironmentWith>,
        (now, _): (&State, &Facts),
        to: &State,
    ) -> Result<(), Fault> {
        let function = &at.with.function;
        // The call replaces the whole environment: it is read afresh, and written with the revision of that reading.
        let configuration = self.configuration(function).await?;
        let all = readable(function, &configuration)?;
        if named(&all, to.variables.keys()) != now.variables {
            return Err(Fault::passing(format!(
                "the environment of {function} was changed by somebody else a moment ago"
            )));
        }
        let wanted = merged(&all, &to.variables);
        in_time(at.deadline)?;
        self.writes
            .update_function_configuration()
            .function_name(function)
            .environment(NewEnvironment::builder().set_variables(Some(wanted.clone())).build())
            .set_revision_id(configuration.revision_id().map(str::to_owned))
            .send()
            .await
            .map(drop)
            .map_err(|error| {
                // Lambda quotes the whole environment when it is too large.
                let hide = |told: &str| without_values(told, &wanted);
                fault_without(&format!("update the environment of {function}"), error, hide)
            })
    }
}

fn desired(with: &LambdaEnvironmentWith) -> State {
    let set = with.set.iter().map(|(name, value)| (name.clone(), Some(sensitive(value))));
    let remove = with.remove.iter().map(|name| (name.clone(), None));
    State { variables: set.chain(remove).collect() }
}

fn sensitive(value: &Variable) -> Sensitive<String> {
    Sensitive::new(value.as_str().to_owned())
}

/// Why a function's configuration is not what invocations get.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unsettled {
    /// It will be, soon.
    Waiting(String),
    /// The last update did not work; the next one may.
    Failed(String),
    /// It is going away.
    Gone(String),
}

fn unsettled(configuration: &GetFunctionConfigurationOutput) -> Option<Unsettled> {
    match configuration.state() {
        Some(FunctionState::Pending) => return Some(Unsettled::Waiting("is being created".into())),
        Some(FunctionState::Deleting) => return Some(Unsettled::Gone("is being deleted".into())),
        _ => {}
    }
    match configuration.last_update_status() {
        Some(LastUpdateStatus::InProgress) => Some(Unsettled::Waiting("is being updated".into())),
        Some(LastUpdateStatus::Failed) => {
            let why = configuration.last_update_status_reason().unwrap_or("Lambda gives no reason");
            Some(Unsettled::Failed(why.to_owned()))
        }
        _ => None,
    }
}

/// All variables, or a fault where Lambda could not read them itself: merging into nothing would wipe them.
fn readable(function: &str, configuration: &GetFunctionConfigurationOutput) -> Result<variables::All, Fault> {
    let Some(environment) = configuration.environment() else { return Ok(variables::All::new()) };
    if let Some(error) = environment.error() {
        let code = error.error_code().unwrap_or("no code");
        return Err(Fault::refused(format!("Lambda cannot read the environment of {function} itself: {code}"))
            .with_code(code)
            .with_advice(
                "nothing was written, because a write replaces all variables and would have wiped them. Let the \
                 endpoint function's role decrypt with the function's KMS key (the parameter KmsKeyArns)",
            ));
    }
    Ok(environment.variables().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests;
