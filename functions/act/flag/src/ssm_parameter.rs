//! `ssm/parameter`: sets a parameter's value, and leaves everything else of it as it is.

use aws_sdk_ssm::{
    Client,
    types::{Parameter as Found, ParameterMetadata, ParameterStringFilter, ParameterTier, ParameterType},
};
use backout_aws::{Cloud, fault, fault_without, hidden, in_time, lookup_fault};
use backout_catalogue::{SsmParameter, SsmParameterWith};
use backout_engine::{
    action::{At, Change, Reading},
    fault::Fault,
    sensitive::Sensitive,
};
use regex_lite::Regex;
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
        refuse_secret(name, parameter.r#type())?;
        Ok(parameter)
    }

    /// What a `GetParameter` does not tell, and an overwriting `PutParameter` may not keep.
    async fn metadata(&self, name: &str) -> Result<ParameterMetadata, Fault> {
        let is_it = ParameterStringFilter::builder().key("Name").option("Equals").values(name).build();
        let doing = format!("read what else there is of the parameter {name}");
        let is_it = is_it.map_err(|error| Fault::refused(format!("could not {doing}: {error}")))?;
        // A page may be empty and yet not the last one.
        let mut pages = self.reads.describe_parameters().parameter_filters(is_it).into_paginator().send();
        while let Some(page) = pages.try_next().await.map_err(|error| fault(&doing, error))? {
            if let Some(found) = page.parameters.into_iter().flatten().next() {
                return Ok(found);
            }
        }
        Err(Fault::passing(format!("could not {doing}: SSM does not list it yet")))
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
        let SsmParameterWith { name, value } = at.with;
        // Asked here too, so that a rehearsal shows what would be refused, and whether the role may ask.
        let kept = self.metadata(name).await?;
        refuse_too_large(name, value, &tier(&kept))?;
        refuse_excluded(name, value, &kept)?;
        Ok(State { value: Sensitive::new(value.clone()) })
    }

    async fn write(&self, at: &At<'_, SsmParameterWith>, (_, read): (&State, &Facts), to: &State) -> Result<(), Fault> {
        let (name, value) = (&at.with.name, to.value.expose());
        let kept = self.metadata(name).await?;
        refuse_secret(name, kept.r#type())?;
        if kept.version() != read.version {
            return Err(Fault::passing(format!("the parameter {name} was set by somebody else a moment ago")));
        }
        let (tier, policies) = (tier(&kept), policies(&kept));
        in_time(at.deadline)?;
        self.writes
            .put_parameter()
            .name(name)
            .value(value)
            .overwrite(true)
            .set_type(kept.r#type)
            .set_description(kept.description)
            .set_allowed_pattern(kept.allowed_pattern)
            // Said also of a standard one: of what is not said the account's default decides, which may make an advanced
            // parameter of it, and no advanced one becomes standard again.
            .tier(tier)
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

/// A plan holds no secrets.
fn refuse_secret(name: &str, of: Option<&ParameterType>) -> Result<(), Fault> {
    if of != Some(&ParameterType::SecureString) {
        return Ok(());
    }
    Err(Fault::refused(format!("the parameter {name} is a SecureString"))
        .with_advice("a plan holds no secrets: this action sets a String or a StringList"))
}

/// The tier that the parameter has.
fn tier(of: &ParameterMetadata) -> ParameterTier {
    of.tier().cloned().unwrap_or(ParameterTier::Standard)
}

/// The most bytes that the value of a standard parameter may have.
const LARGEST_STANDARD: usize = 4096;

fn refuse_too_large(name: &str, value: &str, tier: &ParameterTier) -> Result<(), Fault> {
    if *tier != ParameterTier::Standard || value.len() <= LARGEST_STANDARD {
        return Ok(());
    }
    let bytes = value.len();
    Err(Fault::refused(format!(
        "the value has {bytes} bytes, and {name} is a standard parameter, which holds at most {LARGEST_STANDARD}"
    ))
    .with_advice(
        "shorten the value, or make an advanced parameter of it first: that costs something and cannot be undone, so \
         this action does not do it",
    ))
}

/// Whether the pattern takes the value is for SSM to say. Refused is only what it cannot take: nothing in the value fits
/// the pattern, as far as that is one here too.
fn refuse_excluded(name: &str, value: &str, of: &ParameterMetadata) -> Result<(), Fault> {
    let pattern = of.allowed_pattern().filter(|_| of.r#type() == Some(&ParameterType::String));
    let Some(pattern) = pattern.and_then(|pattern| Regex::new(pattern).ok()) else { return Ok(()) };
    // To some engines the end of a text is also in front of its last line break, and which one SSM has is not known.
    if [value, value.trim_end_matches(['\r', '\n'])].iter().any(|value| pattern.is_match(value)) {
        return Ok(());
    }
    Err(Fault::refused(format!("the value does not match the pattern of the parameter {name}: {pattern}"))
        .with_advice("correct the value in the plan, or the parameter's allowed pattern"))
}

/// The policies of an advanced parameter, as `PutParameter` takes them: a list of JSON.
fn policies(of: &ParameterMetadata) -> Option<String> {
    let texts: Vec<_> = of.policies().iter().filter_map(|policy| policy.policy_text()).collect();
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(",")))
}

#[cfg(test)]
#[path = "ssm_parameter/tests.rs"]
mod tests;
