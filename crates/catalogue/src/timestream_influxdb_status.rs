//! `timestream-influxdb/status`: how an InfluxDB instance is.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    plan::nearest,
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::{INFLUXDB, misnamed};

/// The status that stands for an instance that does not exist. Ours; the service has no such status.
pub const INSTANCE_NOT_FOUND: &str = "NOT_FOUND";

/// The statuses of the service model of November 2026.
const KNOWN: [&str; 15] = [
    "CREATING",
    "AVAILABLE",
    "DELETING",
    "MODIFYING",
    "UPDATING",
    "DELETED",
    "FAILED",
    "UPDATING_DEPLOYMENT_TYPE",
    "UPDATING_INSTANCE_TYPE",
    "MAINTENANCE",
    "REBOOTING",
    "REBOOT_FAILED",
    "RESTORING",
    "RESTORE_FAILED",
    INSTANCE_NOT_FOUND,
];

/// Looks up the status of a Timestream for InfluxDB instance.
#[derive(Debug)]
pub struct TimestreamInfluxdbStatus;

/// The parameters of `timestream-influxdb/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimestreamInfluxdbStatusWith {
    /// The instance, by name or id, e.g. `ons-influxdb-prod`.
    pub instance: String,
    /// The statuses that are well, e.g. `[FAILED, NOT_FOUND]` in a plan that is for a database that is gone.
    /// `NOT_FOUND` stands for an instance that does not exist.
    #[serde(default = "available")]
    #[schemars(length(min = 1))]
    pub expect: Vec<String>,
}

fn available() -> Vec<String> {
    vec!["AVAILABLE".into()]
}

impl Kind for TimestreamInfluxdbStatus {
    const USES: &'static str = "timestream-influxdb/status";
    const NATURE: Nature = Nature::Check;
    const HOST: Host = Host::Validate;
    const ABOUT: &'static str = "Looks up the status of a Timestream for InfluxDB instance.";
    const RESOURCE: &'static str = "the instance";
    const CALLS: &'static [Calls] = &[Calls::of(
        "ReadInfluxDb",
        "Timestream InfluxDB",
        &["ListDbInstances"],
        On::Everything("the list tells the status too, and has no resource"),
    )];
    type With = TimestreamInfluxdbStatusWith;

    fn resource(with: &TimestreamInfluxdbStatusWith) -> Resource {
        Resource::new("timestream-influxdb", "db-instance", [with.instance.as_str()])
    }

    fn summary(with: &TimestreamInfluxdbStatusWith) -> String {
        format!("InfluxDB instance {} is {}", with.instance, with.expect.join(" or "))
    }

    fn faults(with: &TimestreamInfluxdbStatusWith) -> Vec<String> {
        let mut faults = misnamed([(&INFLUXDB, "instance", with.instance.as_str())]);
        if with.expect.is_empty() {
            faults.push("`expect` lists no status, so none could pass".into());
        }
        for status in with.expect.iter().filter(|status| status.chars().any(|c| c.is_ascii_lowercase())) {
            faults.push(format!("`{status}` is not a status: they are written like `{}`", status.to_ascii_uppercase()));
        }
        faults
    }

    fn warnings(with: &TimestreamInfluxdbStatusWith) -> Vec<String> {
        with.expect
            .iter()
            .filter(|status| !KNOWN.contains(&status.as_str()))
            .map(|status| match nearest(status, KNOWN) {
                Some(known) => format!("no status `{status}` is known; is it `{known}`?"),
                None => format!("no status `{status}` is known; known are {}", KNOWN.join(", ")),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn with(with: Value) -> TimestreamInfluxdbStatusWith {
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn available_is_what_is_well_if_nothing_is_said() {
        let with = with(json!({"instance": "ons-influxdb-prod"}));
        assert_eq!(TimestreamInfluxdbStatus::summary(&with), "InfluxDB instance ons-influxdb-prod is AVAILABLE");
        assert!(TimestreamInfluxdbStatus::faults(&with).is_empty());
        assert!(TimestreamInfluxdbStatus::warnings(&with).is_empty());
    }

    #[test]
    fn misspelt_statuses_are_noticed() {
        assert_eq!(
            TimestreamInfluxdbStatus::faults(&with(json!({"instance": "i", "expect": ["failed"]}))),
            ["`failed` is not a status: they are written like `FAILED`"]
        );
        assert_eq!(
            TimestreamInfluxdbStatus::warnings(&with(json!({"instance": "i", "expect": ["AVAILIBLE"]}))),
            ["no status `AVAILIBLE` is known; is it `AVAILABLE`?"]
        );
        assert_eq!(TimestreamInfluxdbStatus::faults(&with(json!({"instance": "i", "expect": []}))).len(), 1);
    }
}
