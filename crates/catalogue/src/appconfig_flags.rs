//! `appconfig/flags`: are feature flags, as clients are given them, as they should be?

use std::collections::BTreeMap;

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    names::{self, PROFILE, misnamed},
    reach::{APP_CONFIG, keys},
};

/// Retrieves feature flags as a client would and compares them.
#[derive(Debug)]
pub struct AppconfigFlags;

/// The parameters of `appconfig/flags`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppconfigFlagsWith {
    /// The application, by name or id.
    pub application: String,
    /// The environment, by name or id.
    pub environment: String,
    /// The profile of type feature flags, by name or id.
    pub profile: String,
    /// Whether each of these flags has to be on, e.g. `{ enable_maintenance_mode: false }`.
    #[schemars(extend("minProperties" = 1))]
    pub flags: BTreeMap<String, bool>,
}

impl Kind for AppconfigFlags {
    const USES: &'static str = "appconfig/flags";
    const NATURE: Nature = Nature::Check;
    const HOST: Host = Host::Validate;
    const ABOUT: &'static str = "Retrieves the deployed feature flags as a client would and compares them.";
    const RESOURCE: &'static str = "the flags of the profile in the environment";
    const CALLS: &'static [Calls] = &[
        Calls::of(
            "RetrieveFlags",
            "AppConfigData",
            &["GetLatestConfiguration", "StartConfigurationSession"],
            On::Listed(&APP_CONFIG),
        ),
        keys("DecryptFlags", &["Decrypt"], "appconfig", "flags are encrypted with a key of yours"),
    ];
    type With = AppconfigFlagsWith;

    fn resource(with: &AppconfigFlagsWith) -> Resource {
        let AppconfigFlagsWith { application, environment, profile, .. } = with;
        Resource::new("appconfig", "flags", [application.as_str(), environment.as_str(), profile.as_str()])
    }

    fn summary(with: &AppconfigFlagsWith) -> String {
        let flags: Vec<_> =
            with.flags.iter().map(|(flag, on)| format!("{flag} is {}", if *on { "on" } else { "off" })).collect();
        flags.join(", ")
    }

    fn faults(with: &AppconfigFlagsWith) -> Vec<String> {
        let mut faults = misnamed([
            (&names::APP_CONFIG, "application", with.application.as_str()),
            (&names::APP_CONFIG, "environment", &with.environment),
            (&PROFILE, "profile", &with.profile),
        ]);
        if with.flags.is_empty() {
            faults.push("`flags` names none, so there is nothing to compare".into());
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_which_flags_have_to_be_how() {
        let with: AppconfigFlagsWith = serde_json::from_value(json!({
            "application": "ons-platform", "environment": "production", "profile": "feature-flags",
            "flags": {"use_influxdb": false, "new_search": true},
        }))
        .expect("reads");
        assert_eq!(AppconfigFlags::summary(&with), "new_search is on, use_influxdb is off");
        assert_eq!(AppconfigFlags::resource(&with).as_str(), "appconfig:flags/ons-platform/production/feature-flags");
        assert!(AppconfigFlags::faults(&with).is_empty());
        assert_eq!(AppconfigFlags::faults(&AppconfigFlagsWith { flags: BTreeMap::new(), ..with }).len(), 1);
    }
}
