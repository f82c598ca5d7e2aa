//! `ssm/parameter`: sets a parameter's value, and leaves everything else of it as it is.

use aws_sdk_ssm::{
    Client,
    types::{Parameter as Found, ParameterMetadata, ParameterStringFilter, ParameterTier, ParameterType},
};
use backout_aws::{Cloud, fault_without, hidden, in_time, lookup_fault};
use backout_catalogue::{SsmParameter, SsmParameterWith};
use backout_engine::{
    action::{At, Change, Reading},
    fault::Fault,
    sensitive::Sensitive,
};
use serde::{Deserialize, Serialize};

/// The action, with its clients.
#[derive(Debug)]
pub(crate) struct Parameter {
    reads: Client,
    writes: Client,
}

/// The parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    value: Sensitive<String>,
}

/// What else is known of the parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    arn: String,
    /// SSM counts the values.
    version: i64,
}

impl Parameter {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { reads: Client::new(cloud.reads()), writes: Client::new(cloud.writes()) }
    }

    async fn found(&self, name: &str) -> Result<Found, Fault> {
        let found = self.reads.get_parameter().name(name).send().await.map_err(|error| {
            let if_missing = "check the parameter's name and the region: this action sets one that is there";
            lookup_fault(&format!("read the parameter {name}"), error, if_missing)
        })?;
        let parameter =
            found.parameter.ok_or_else(|| Fault::passing(format!("SSM answered without the parameter {name}")))?;
        if parameter.r#type() == Some(&ParameterType::SecureString) {
            return Err(Fault::refused(format!("the parameter {name} is a SecureString"))
                .with_advice("a plan holds no secrets: this action sets a String or a StringList"));
        }
        Ok(parameter)
    }

    /// What a `GetParameter` does not tell, and an overwriting `PutParameter` may not keep.
    async fn metadata(&self, name: &str) -> Result<ParameterMetadata, Fault> {
        let is_it = ParameterStringFilter::builder().key("Name").option("Equals").values(name).build();
        let doing = format!("read what else there is of the parameter {name}");
        let is_it = is_it.map_err(|error| Fault::refused(format!("could not {doing}: {error}")))?;
        let described = self.reads.describe_parameters().parameter_filters(is_it).send().await;
        let described = described.map_err(|error| lookup_fault(&doing, error, "check the parameter's name"))?;
        let mut described = described.parameters.unwrap_or_default().into_iter();
        described.next().ok_or_else(|| Fault::passing(format!("could not {doing}: SSM does not list it yet")))
    }
}

impl Change for Parameter {
    type Kind = SsmParameter;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, SsmParameterWith>) -> Result<Reading<State, Facts>, Fault> {
        let found = self.found(&at.with.name).await?;
        let facts = Facts { arn: found.arn().unwrap_or_default().to_owned(), version: found.version() };
        Ok(Reading::Settled { state: State { value: Sensitive::new(found.value.unwrap_or_default()) }, facts })
    }

    async fn desired(&self, at: &At<'_, SsmParameterWith>, _now: &State) -> Result<State, Fault> {
        Ok(State { value: Sensitive::new(at.with.value.clone()) })
    }

    async fn write(&self, at: &At<'_, SsmParameterWith>, _: (&State, &Facts), to: &State) -> Result<(), Fault> {
        let (name, value) = (&at.with.name, to.value.expose());
        let kept = self.metadata(name).await?;
        let policies = policies(&kept);
        in_time(at.deadline)?;
        self.writes
            .put_parameter()
            .name(name)
            .value(value)
            .overwrite(true)
            .set_type(kept.r#type)
            .set_description(kept.description)
            .set_allowed_pattern(kept.allowed_pattern)
            // A standard parameter is not named one: the account may have another tier by default.
            .set_tier(kept.tier.filter(|tier| *tier != ParameterTier::Standard))
            .set_data_type(kept.data_type)
            .set_policies(policies)
            .send()
            .await
            .map(drop)
            .map_err(|error| {
                // SSM quotes a value that does not match the parameter's pattern.
                fault_without(&format!("set the parameter {name}"), error, |told| hidden(told, &[value]))
            })
    }
}

/// The policies of an advanced parameter, as `PutParameter` takes them: a list of JSON.
fn policies(of: &ParameterMetadata) -> Option<String> {
    let texts: Vec<_> = of.policies().iter().filter_map(|policy| policy.policy_text()).collect();
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(",")))
}

#[cfg(test)]
#[path = "ssm_parameter/tests.rs"]
mod tests;
