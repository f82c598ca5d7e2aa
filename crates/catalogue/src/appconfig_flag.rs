//! `appconfig/flag`: switches feature flags of one AppConfig profile on or off.

use std::collections::BTreeMap;

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    duration::Duration,
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    names::{self, PROFILE, misnamed},
    reach::{APP_CONFIG, keys},
};

/// Switches feature flags of one AppConfig profile on or off, all in one deployment.
#[derive(Debug, Clone, Copy)]
pub struct AppconfigFlag;

/// The parameters of `appconfig/flag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppconfigFlagWith {
    /// The AppConfig application, by name or id.
    #[schemars(example = &"ons-platform")]
    pub application: String,
    /// The environment that the flags are deployed to, by name or id.
    #[schemars(example = &"production")]
    pub environment: String,
    /// The configuration profile, of type `AWS.AppConfig.FeatureFlags`, by name or id.
    #[schemars(example = &"feature-flags")]
    pub profile: String,
    /// The flags to switch, by key: `true` is on, `false` is off. All others stay as they are.
    #[schemars(extend("minProperties" = 1))]
    pub flags: BTreeMap<String, bool>,
    /// The deployment strategy, by name or id. Its bake time should be zero: with a longer one the step takes as long,
    /// and an alarm may take the switch back meanwhile.
    #[serde(default = "immediate")]
    pub strategy: String,
    /// How long the step waits after the deployment completed, for clients that poll. The AppConfig agent polls every 45 s
    /// unless it is told otherwise; `check` warns of less.
    #[serde(default = "until_clients_polled")]
    pub settle: Duration,
}

fn immediate() -> String {
    AppconfigFlag::IMMEDIATE.into()
}

/// How often the AppConfig agent polls unless it is told otherwise (`POLL_INTERVAL`):
/// <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-integration-lambda-extensions-config.html>
const AGENT_POLLS: Duration = Duration::seconds(45);

const fn until_clients_polled() -> Duration {
    // The poll, and the time to fetch and apply what it finds.
    Duration::seconds(60)
}

/// How the names of AWS's own strategies begin. Each of them takes time, bakes, or both:
/// <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-creating-deployment-strategy-predefined.html>
const PREDEFINED: &str = "AppConfig.";

impl AppconfigFlag {
    /// The strategy that is used where a plan names none.
    pub const IMMEDIATE: &'static str = "backout-immediate";
}

impl Kind for AppconfigFlag {
    const USES: &'static str = "appconfig/flag";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Flag;
    const ABOUT: &'static str = "Switches feature flags of one AppConfig profile on or off, all in one deployment.";
    const RESOURCE: &'static str = "the flags of the profile in the environment";
    const SERIALISED: &'static str =
        "the environment: AppConfig runs one deployment at a time in it, whichever profile it is of";
    const CALLS: &'static [Calls] = &[
        Calls::of(
            "FindAppConfig",
            "AppConfig",
            &["ListApplications", "ListDeploymentStrategies"],
            On::Everything("the lists of applications and strategies have no resource"),
        ),
        Calls::of(
            "ReadFlags",
            "AppConfig",
            &[
                "GetDeployment",
                "GetEnvironment",
                "GetHostedConfigurationVersion",
                "ListConfigurationProfiles",
                "ListDeployments",
                "ListEnvironments",
                "ListHostedConfigurationVersions",
            ],
            On::Listed(&APP_CONFIG),
        ),
        Calls::of(
            "WriteFlags",
            "AppConfig",
            &["CreateHostedConfigurationVersion", "StartDeployment"],
            On::Listed(&APP_CONFIG),
        ),
        Calls::of(
            "DeployByStrategy",
            "AppConfig",
            &["StartDeployment"],
            On::Arn("arn:${AWS::Partition}:appconfig:${AWS::Region}:${AWS::AccountId}:deploymentstrategy/*"),
        ),
        keys(
            "UseKeysOfFlags",
            &["Decrypt", "GenerateDataKey*"],
            "appconfig",
            "flags are encrypted with a key of yours",
        ),
        Calls::of(
            "ReadMonitors",
            "CloudWatch",
            &["DescribeAlarms"],
            On::Everything("composite alarms are only shown to who may describe all alarms"),
        ),
    ];
    type With = AppconfigFlagWith;

    fn resource(with: &AppconfigFlagWith) -> Resource {
        let AppconfigFlagWith { application, environment, profile, .. } = with;
        Resource::new("appconfig", "flags", [application.as_str(), environment.as_str(), profile.as_str()])
    }

    fn serialised_by(with: &AppconfigFlagWith) -> Vec<Resource> {
        // One deployment at a time in an environment, whichever profile it deploys.
        vec![Resource::new("appconfig", "environment", [with.application.as_str(), with.environment.as_str()])]
    }

    fn summary(with: &AppconfigFlagWith) -> String {
        let named = |on: bool| -> Vec<&str> {
            with.flags.iter().filter(|(_, is)| **is == on).map(|(flag, _)| flag.as_str()).collect()
        };
        let mut parts = Vec::new();
        for (word, flags) in [("on", named(true)), ("off", named(false))] {
            if !flags.is_empty() {
                parts.push(format!("{} {word}", flags.join(", ")));
            }
        }
        format!("switch {} in {}/{}", parts.join(" and "), with.application, with.environment)
    }

    fn faults(with: &AppconfigFlagWith) -> Vec<String> {
        let mut faults = misnamed([
            (&names::APP_CONFIG, "application", with.application.as_str()),
            (&names::APP_CONFIG, "environment", &with.environment),
            (&PROFILE, "profile", &with.profile),
            (&names::APP_CONFIG, "strategy", &with.strategy),
        ]);
        if with.flags.is_empty() {
            faults.push(
                "`flags` is empty: name at least one flag, like `flags: { enable_maintenance_mode: true }`".into(),
            );
        }
        faults
    }

    fn warnings(with: &AppconfigFlagWith) -> Vec<String> {
        let mut warnings = Vec::new();
        if with.strategy.starts_with(PREDEFINED) {
            warnings.push(format!(
                "the `strategy` {} takes minutes or bakes for some, in which a monitor's alarm can take the flags back; \
                 use one that takes and bakes none, like {}",
                with.strategy,
                Self::IMMEDIATE
            ));
        }
        if with.settle < AGENT_POLLS {
            warnings.push(format!(
                "`settle` is {}, and the AppConfig agent polls every {AGENT_POLLS} unless it is told otherwise: the next \
                 stage may begin before clients have seen the flags",
                with.settle
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(extra: serde_json::Value) -> AppconfigFlagWith {
        let mut with = json!({"application": "ons-platform", "environment": "production", "profile": "feature-flags"});
        with.as_object_mut().expect("map").extend(extra.as_object().expect("map").clone());
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn the_summary_says_which_go_on_and_which_off() {
        let with = with(json!({"flags": {"use_influxdb": false, "enable_flux": false, "maintenance": true}}));
        assert_eq!(
            AppconfigFlag::summary(&with),
            "switch maintenance on and enable_flux, use_influxdb off in ons-platform/production"
        );
        assert_eq!(AppconfigFlag::resource(&with).as_str(), "appconfig:flags/ons-platform/production/feature-flags");
        assert_eq!((with.strategy.as_str(), with.settle), ("backout-immediate", Duration::seconds(60)));
    }

    #[test]
    fn no_flags_are_a_fault() {
        assert_eq!(AppconfigFlag::faults(&with(json!({"flags": {}}))).len(), 1);
    }

    #[test]
    fn every_predefined_strategy_is_worth_a_word() {
        for slow in [
            "AppConfig.AllAtOnce",
            "AppConfig.Linear50PercentEvery30Seconds",
            "AppConfig.Linear20PercentEvery6Minutes",
            "AppConfig.Canary10Percent20Minutes",
        ] {
            let warnings = AppconfigFlag::warnings(&with(json!({"flags": {"a": true}, "strategy": slow})));
            assert!(warnings[0].starts_with(&format!("the `strategy` {slow} takes")), "{warnings:?}");
        }
        assert!(AppconfigFlag::warnings(&with(json!({"flags": {"a": true}}))).is_empty());
        let own = with(json!({"flags": {"a": true}, "strategy": "own-AppConfig.AllAtOnce"}));
        assert!(AppconfigFlag::warnings(&own).is_empty());
    }

    #[test]
    fn a_settle_that_is_shorter_than_the_agents_poll_is_worth_a_word() {
        let warnings =
            |settle: &str| AppconfigFlag::warnings(&with(json!({"flags": {"a": true}, "settle": settle}))).len();
        assert_eq!((warnings("15s"), warnings("44s"), warnings("45s"), warnings("2m")), (1, 1, 0, 0));
    }

    #[test]
    fn a_flag_is_on_or_off_and_nothing_between() {
        let wrong = json!({"application": "a", "environment": "e", "profile": "p", "flags": {"x": "yes"}});
        assert!(serde_json::from_value::<AppconfigFlagWith>(wrong).is_err());
    }
}
