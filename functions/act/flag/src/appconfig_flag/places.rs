//! Names and ids of AppConfig: plans may give either.

use aws_sdk_appconfig::{Client, types::DeploymentStrategy};
use backout_aws::fault;
use backout_catalogue::{AppconfigFlag, AppconfigFlagWith};
use backout_engine::{fault::Fault, plan::nearest};
use serde::{Deserialize, Serialize};

/// The type of a profile that holds feature flags.
const FEATURE_FLAGS: &str = "AWS.AppConfig.FeatureFlags";

/// Where flags live, by ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) application_id: String,
    pub(super) environment_id: String,
    pub(super) profile_id: String,
}

/// Finds application, environment and profile.
pub(super) async fn place(client: &Client, with: &AppconfigFlagWith) -> Result<Place, Fault> {
    let applications = client
        .list_applications()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(|error| fault("list the AppConfig applications", error))?;
    let applications = applications.iter().map(|found| named(found.id(), found.name()));
    let application_id = pick("AppConfig application", &with.application, applications)?.id;

    let environments = client
        .list_environments()
        .application_id(&application_id)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(|error| fault(&format!("list the environments of {}", with.application), error))?;
    let environments = environments.iter().map(|found| named(found.id(), found.name()));
    let what = format!("environment of {}", with.application);
    let environment_id = pick(&what, &with.environment, environments)?.id;

    let profiles = client
        .list_configuration_profiles()
        .application_id(&application_id)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(|error| fault(&format!("list the configuration profiles of {}", with.application), error))?;
    let candidates = profiles.iter().map(|found| named(found.id(), found.name()));
    let what = format!("configuration profile of {}", with.application);
    let profile_id = pick(&what, &with.profile, candidates)?.id;
    let kind = profiles.iter().find(|found| found.id() == Some(&profile_id)).and_then(|found| found.r#type());
    if kind != Some(FEATURE_FLAGS) {
        let kind = kind.unwrap_or("AWS.Freeform");
        return Err(Fault::refused(format!("the profile {} holds no feature flags: its type is {kind}", with.profile))
            .with_advice(format!("name a profile of type {FEATURE_FLAGS}")));
    }
    Ok(Place { application_id, environment_id, profile_id })
}

/// A deployment strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strategy {
    /// Its id.
    pub(super) id: String,
    /// How long a deployment takes to reach everybody, in minutes.
    pub(super) takes: i32,
    /// How long it is watched after that, in minutes.
    pub(super) bakes: i32,
}

impl Strategy {
    /// What a deployment does meanwhile, if an alarm has time to take it back.
    pub(super) fn meanwhile(&self) -> Option<String> {
        match (self.takes, self.bakes) {
            (..=0, ..=0) => None,
            (..=0, bakes) => Some(format!("bakes {bakes} min")),
            (takes, ..=0) => Some(format!("takes {takes} min")),
            (takes, bakes) => Some(format!("takes {takes} min and bakes {bakes} min")),
        }
    }
}

/// Finds the deployment strategy.
pub(super) async fn strategy(client: &Client, wanted: &str) -> Result<Strategy, Fault> {
    let strategies: Vec<DeploymentStrategy> = client
        .list_deployment_strategies()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(|error| fault("list the deployment strategies", error))?;
    let candidates = strategies.iter().map(|found| named(found.id(), found.name()));
    let id = pick("deployment strategy", wanted, candidates).map(|found| found.id).map_err(|missing| {
        let name = AppconfigFlag::IMMEDIATE;
        if wanted != name {
            return missing;
        }
        missing.with_advice(format!(
            "a switch for emergencies needs a strategy without bake time. Make it once: aws appconfig \
             create-deployment-strategy --name {name} --deployment-duration-in-minutes 0 --final-bake-time-in-minutes 0 \
             --growth-factor 100 --replicate-to NONE"
        ))
    })?;
    let found = strategies.iter().find(|found| found.id() == Some(&id));
    let (takes, bakes) = found
        .map(|found| (found.deployment_duration_in_minutes(), found.final_bake_time_in_minutes()))
        .unwrap_or_default();
    Ok(Strategy { id, takes, bakes })
}

/// Something with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    id: String,
    name: String,
}

fn named(id: Option<&str>, name: Option<&str>) -> Named {
    Named { id: id.unwrap_or_default().to_owned(), name: name.unwrap_or_default().to_owned() }
}

/// The one that is meant: by id, else by name. AppConfig allows two of one name; then only the id will do.
fn pick(what: &str, wanted: &str, candidates: impl Iterator<Item = Named>) -> Result<Named, Fault> {
    let candidates: Vec<Named> = candidates.collect();
    if let Some(found) = candidates.iter().find(|candidate| candidate.id == wanted) {
        return Ok(found.clone());
    }
    let same: Vec<&Named> = candidates.iter().filter(|candidate| candidate.name == wanted).collect();
    match same.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names = || candidates.iter().map(|candidate| candidate.name.as_str());
            let meant = nearest(wanted, names()).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            let known: Vec<_> = names().collect();
            let known = if known.is_empty() {
                "there is none at all".into()
            } else {
                format!("there are: {}", known.join(", "))
            };
            Err(Fault::refused(format!("there is no {what} `{wanted}`.{meant}")).with_advice(known))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|candidate| candidate.id.as_str()).collect();
            Err(Fault::refused(format!("there are {} of the name `{wanted}` ({what})", several.len()))
                .with_advice(format!("give the id instead: one of {}", ids.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> impl Iterator<Item = Named> {
        [("abc1234", "production"), ("def5678", "staging"), ("ghi9012", "twice"), ("jkl3456", "twice")]
            .into_iter()
            .map(|(id, name)| named(Some(id), Some(name)))
    }

    #[test]
    fn by_id_or_by_name() {
        assert_eq!(pick("environment", "production", candidates()).expect("found").id, "abc1234");
        assert_eq!(pick("environment", "def5678", candidates()).expect("found").name, "staging");
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let fault = pick("environment", "prodution", candidates()).expect_err("misspelt");
        assert!(fault.message.ends_with("Did you mean `production`?"), "{fault}");
        assert!(fault.advice.expect("advice").contains("staging"));
        let none = pick("environment", "x", std::iter::empty()).expect_err("none");
        assert_eq!(none.advice.as_deref(), Some("there is none at all"));
    }

    #[test]
    fn an_alarm_has_time_while_a_deployment_takes_or_bakes() {
        let meanwhile = |takes, bakes| Strategy { id: "s".into(), takes, bakes }.meanwhile();
        assert_eq!(meanwhile(0, 0), None);
        assert_eq!(meanwhile(0, 10).as_deref(), Some("bakes 10 min"));
        assert_eq!(meanwhile(5, 0).as_deref(), Some("takes 5 min"));
        assert_eq!(meanwhile(20, 10).as_deref(), Some("takes 20 min and bakes 10 min"));
    }

    #[test]
    fn a_name_that_two_have_needs_the_id() {
        let fault = pick("environment", "twice", candidates()).expect_err("ambiguous");
        assert!(fault.advice.expect("advice").contains("ghi9012, jkl3456"));
    }
}
