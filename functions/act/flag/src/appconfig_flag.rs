//! `appconfig/flag`: edits flags in the deployed version of a profile and deploys the result.

use aws_sdk_appconfig::{
    Client,
    operation::{get_deployment::GetDeploymentOutput, start_deployment::StartDeploymentOutput},
    primitives::Blob,
    types::Monitor,
};
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use backout_aws::{Cloud, fault, in_time};
use backout_catalogue::{AppconfigFlag, AppconfigFlagWith};
use backout_engine::{
    action::{At, Change, Claim, Reading},
    duration::Duration,
    fault::Fault,
};
use serde::{Deserialize, Serialize};

mod document;
mod history;
mod places;
mod splice;

use document::{Document, Switches};
use history::{Current, History, is_ready};
use places::{Place, place, strategy};

/// The action, with its clients.
#[derive(Debug)]
pub(crate) struct Flags {
    reads: Client,
    writes: Client,
    alarms: aws_sdk_cloudwatch::Client,
}

/// The named flags of the deployed version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    flags: Switches,
}

/// Where they were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    #[serde(flatten)]
    place: Place,
    /// The version of the profile that is deployed.
    version: i32,
    /// The newest version of the profile, deployed or not.
    latest_version: i32,
    /// The environment's latest deployment, of whichever profile.
    deployment: i32,
    /// The deployment whose version is in force.
    #[serde(default)]
    in_force: i32,
    /// For the report: the environment's monitors that could take back a deployment while it takes time or bakes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notes: Vec<String>,
}

impl Flags {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self {
            reads: Client::new(cloud.reads()),
            writes: Client::new(cloud.writes()),
            alarms: aws_sdk_cloudwatch::Client::new(cloud.reads()),
        }
    }

    async fn history(&self, place: &Place) -> Result<History, Fault> {
        let mut deployments = self
            .reads
            .list_deployments()
            .application_id(&place.application_id)
            .environment_id(&place.environment_id)
            .into_paginator()
            .items()
            .send();
        let mut history = History::default();
        while let Some(deployment) =
            deployments.try_next().await.map_err(|error| fault("list the deployments of the environment", error))?
        {
            if !history.older(&deployment, &place.profile_id) {
                break;
            }
        }
        Ok(history)
    }

    async fn content(&self, place: &Place, version: i32) -> Result<Document, Fault> {
        let found = self
            .reads
            .get_hosted_configuration_version()
            .application_id(&place.application_id)
            .configuration_profile_id(&place.profile_id)
            .version_number(version)
            .send()
            .await
            .map_err(|error| fault(&format!("read version {version} of the flags"), error))?;
        Document::parse(found.content().map(Blob::as_ref).unwrap_or_default())
    }

    async fn deployment(&self, place: &Place, number: i32) -> Result<GetDeploymentOutput, Fault> {
        self.reads
            .get_deployment()
            .application_id(&place.application_id)
            .environment_id(&place.environment_id)
            .deployment_number(number)
            .send()
            .await
            .map_err(|error| fault(&format!("read deployment {number}"), error))
    }

    async fn latest_version(&self, place: &Place) -> Result<i32, Fault> {
        let versions = self
            .reads
            .list_hosted_configuration_versions()
            .application_id(&place.application_id)
            .configuration_profile_id(&place.profile_id)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| fault("list the versions of the flags", error))?;
        Ok(versions.iter().map(|version| version.version_number()).max().unwrap_or_default())
    }

    /// What is to be said of these alarms, if one could take back a deployment by that strategy. A refused look says
    /// nothing.
    async fn in_alarm(&self, wanted: &str, monitors: &[Monitor]) -> Vec<String> {
        let names: Vec<_> =
            monitors.iter().filter_map(|monitor| Some(monitor.alarm_arn().split_once(":alarm:")?.1)).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let Ok(strategy) = strategy(&self.reads, wanted).await else { return Vec::new() };
        let Some(meanwhile) = strategy.meanwhile() else { return Vec::new() };
        // Without the types, only metric alarms are described.
        let types = AlarmType::values().iter().map(|&kind| kind.into()).collect();
        let asked = self.alarms.describe_alarms().set_alarm_types(Some(types));
        let found = match names.into_iter().fold(asked, |ask, name| ask.alarm_names(name)).send().await {
            Ok(found) => found,
            Err(error) => {
                let _ = fault("look at the environment's monitors", error);
                return Vec::new();
            }
        };
        let metric = found.metric_alarms().iter().map(|alarm| (alarm.alarm_name(), alarm.state_value()));
        let composite = found.composite_alarms().iter().map(|alarm| (alarm.alarm_name(), alarm.state_value()));
        let log = found.log_alarms().iter().map(|alarm| (alarm.alarm_name(), alarm.state_value()));
        metric.chain(composite).chain(log).filter_map(|(name, state)| noted(&meanwhile, name?, state?)).collect()
    }

    /// How long clients that poll have to be waited for, if `current` is this step's own deployment.
    async fn settles_in(
        &self,
        at: &At<'_, AppconfigFlagWith>,
        place: &Place,
        current: &Current,
    ) -> Result<Option<Duration>, Fault> {
        let (Some(_), Some(completed)) = (at.started_at, current.completed_at) else { return Ok(None) };
        let left = Duration::between(at.now, completed.saturating_add(at.with.settle.signed()).unwrap_or(completed));
        if left == Duration::ZERO {
            return Ok(None);
        }
        let deployment = self.deployment(place, current.number).await?;
        Ok((deployment.description() == Some(&described(at.claim))).then_some(left))
    }

    /// The version to deploy: one that an earlier attempt of this step has left behind, or a new one.
    async fn version(&self, at: &At<'_, AppconfigFlagWith>, facts: &Facts, wanted: &Document) -> Result<i32, Fault> {
        let (place, latest) = (&facts.place, facts.latest_version);
        if latest > facts.version
            && self.content(place, latest).await.is_ok_and(|left_behind| left_behind.says_the_same(wanted))
        {
            return Ok(latest);
        }
        in_time(at.deadline)?;
        let created = self
            .writes
            .create_hosted_configuration_version()
            .application_id(&place.application_id)
            .configuration_profile_id(&place.profile_id)
            .content(Blob::new(wanted.content()))
            .content_type("application/json")
            .latest_version_number(latest)
            .description(described(at.claim))
            .send()
            .await
            .map_err(|error| fault(&format!("write a new version of the flags of {}", at.with.profile), error))?;
        Ok(created.version_number())
    }
}

impl Change for Flags {
    type Kind = AppconfigFlag;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, AppconfigFlagWith>) -> Result<Reading<State, Facts>, Fault> {
        let place = place(&self.reads, at.with).await?;
        let environment = self
            .reads
            .get_environment()
            .application_id(&place.application_id)
            .environment_id(&place.environment_id)
            .send()
            .await
            .map_err(|error| fault(&format!("read the environment {}", at.with.environment), error))?;
        let history = self.history(&place).await?;
        if let Some(under_way) = history.under_way {
            return Ok(Reading::Settling { why: under_way.says, again_in: under_way.again_in });
        }
        if !is_ready(environment.state()) {
            let state = environment.state().map_or("in no known state", |state| state.as_str());
            let why = format!("the environment {} is {state}", at.with.environment);
            return Ok(Reading::Settling { why, again_in: Duration::seconds(5) });
        }
        let Some(current) = history.current else {
            return Err(Fault::refused(format!(
                "no version of {} is deployed to {}",
                at.with.profile, at.with.environment
            ))
            .with_advice("deploy a first version by hand: a plan switches flags, it does not introduce them"));
        };
        let version = current.version.parse().map_err(|_| {
            Fault::refused(format!(
                "deployment {} is of `{}`, which is no hosted version",
                current.number, current.version
            ))
        })?;
        let flags = self.content(&place, version).await?.switches(at.with.flags.keys())?;
        if let Some(left) = self.settles_in(at, &place, &current).await? {
            let why = format!("deployment {} is complete; clients that poll have {left} to see it", current.number);
            return Ok(Reading::Settling { why, again_in: left });
        }
        let facts = Facts {
            version,
            latest_version: self.latest_version(&place).await?,
            deployment: history.latest.max(current.number),
            in_force: current.number,
            notes: self.in_alarm(&at.with.strategy, environment.monitors()).await,
            place,
        };
        Ok(Reading::Settled { state: State { flags }, facts })
    }

    async fn desired(&self, at: &At<'_, AppconfigFlagWith>, now: &State) -> Result<State, Fault> {
        let wanted: Switches = at.with.flags.iter().map(|(name, on)| (name.clone(), Some(*on))).collect();
        if wanted != now.flags {
            // Better known before the first change of the run than in its middle.
            strategy(&self.reads, &at.with.strategy).await?;
        }
        Ok(State { flags: wanted })
    }

    async fn write(
        &self,
        at: &At<'_, AppconfigFlagWith>,
        (_, facts): (&State, &Facts),
        to: &State,
    ) -> Result<(), Fault> {
        let place = &facts.place;
        let strategy = strategy(&self.reads, &at.with.strategy).await?;
        let wanted = self.content(place, facts.version).await?.switched(&to.flags)?;
        // A deployment that names no key is encrypted with none of the customer's.
        let key = self.deployment(place, facts.in_force).await?.kms_key_identifier;
        let version = self.version(at, facts, &wanted).await?;
        in_time(at.deadline)?;
        let _: StartDeploymentOutput = self
            .writes
            .start_deployment()
            .application_id(&place.application_id)
            .environment_id(&place.environment_id)
            .configuration_profile_id(&place.profile_id)
            .configuration_version(version.to_string())
            .deployment_strategy_id(strategy.id)
            .description(described(at.claim))
            .set_kms_key_identifier(key)
            .latest_deployment_number(facts.deployment)
            .send()
            .await
            .map_err(|error| {
                fault(&format!("deploy version {version} of the flags to {}", at.with.environment), error)
            })?;
        Ok(())
    }
}

/// What is to be said of an alarm in that state: AppConfig takes back for lack of data, too.
fn noted(meanwhile: &str, alarm: &str, state: &StateValue) -> Option<String> {
    (*state != StateValue::Ok).then(|| {
        let state = state.as_str();
        format!("a deployment {meanwhile}; the alarm {alarm} of a monitor is in {state} and can take it back meanwhile")
    })
}

/// The description by which a step knows its own versions and deployments.
fn described(claim: &Claim) -> String {
    format!("backout {claim}")
}

#[cfg(test)]
#[path = "appconfig_flag/tests.rs"]
mod tests;
