//! `logs/count`: how often a pattern occurs in a log.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    names::{LOG_GROUP, misnamed},
    reach::LOG_GROUPS,
};

mod pattern;

/// How many characters of a pattern a summary shows.
const LONGEST_SHOWN: usize = 48;

/// Counts the events of a log group that match a pattern.
#[derive(Debug)]
pub struct LogsCount;

/// The parameters of `logs/count`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogsCountWith {
    /// The log group, e.g. `API-Gateway-Execution-Logs_a1b2c3/prod`, of the class Standard: one of the class Infrequent
    /// Access cannot be searched.
    pub group: String,
    /// What is counted, a CloudWatch Logs filter pattern, e.g. `?"status: 500" ?"status: 502"` or `{ $.status = 5* }`.
    /// Terms are case-sensitive; API Gateway's execution logs never say `ERROR`.
    pub pattern: String,
    /// How many are well. The window begins with the rung that the check guards, otherwise with the step itself.
    pub at_most: u64,
    /// How many events there have to be for a verdict: silence is no proof of health. `0` takes silence for health.
    #[serde(default = "one")]
    pub traffic_at_least: u64,
    /// Which events are traffic; all of them if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_pattern: Option<String>,
}

fn one() -> u64 {
    1
}

impl Kind for LogsCount {
    const USES: &'static str = "logs/count";
    const NATURE: Nature = Nature::Check;
    const HOST: Host = Host::Validate;
    const ABOUT: &'static str =
        "Counts the log events that match a pattern since the rung or step began; without traffic there is no verdict.";
    const RESOURCE: &'static str = "the log group";
    const CALLS: &'static [Calls] =
        &[Calls::of("SearchLogs", "CloudWatch Logs", &["FilterLogEvents"], On::Listed(&LOG_GROUPS))];
    type With = LogsCountWith;

    fn resource(with: &LogsCountWith) -> Resource {
        Resource::new("logs", "log-group", [with.group.as_str()])
    }

    fn summary(with: &LogsCountWith) -> String {
        // A pattern of many terms is told by its beginning.
        let shown: String = with.pattern.chars().take(LONGEST_SHOWN).collect();
        let more = if shown.len() < with.pattern.len() { "…" } else { "" };
        format!("at most {} events like `{shown}{more}` in {}", with.at_most, with.group)
    }

    fn faults(with: &LogsCountWith) -> Vec<String> {
        let mut faults = misnamed([(&LOG_GROUP, "group", with.group.as_str())]);
        if with.pattern.trim().is_empty() {
            faults.push("`pattern` is empty, which every event matches".into());
        }
        let given = [("pattern", Some(&with.pattern)), ("traffic_pattern", with.traffic_pattern.as_ref())];
        let wrong = given.into_iter().filter_map(|(name, given)| Some(format!("`{name}` {}", pattern::fault(given?)?)));
        faults.extend(wrong);
        if with.traffic_at_least == 0 && with.traffic_pattern.is_some() {
            faults.push("`traffic_pattern` has no use while `traffic_at_least` is 0".into());
        }
        faults
    }

    fn warnings(with: &LogsCountWith) -> Vec<String> {
        let given = [("pattern", Some(&with.pattern)), ("traffic_pattern", with.traffic_pattern.as_ref())];
        let idle =
            given.into_iter().filter_map(|(name, given)| Some(format!("`{name}` {}", pattern::warning(given?)?)));
        let mut warnings: Vec<_> = idle.collect();
        if with.traffic_at_least == 0 {
            warnings.push("with `traffic_at_least: 0` a log that has gone silent counts as healthy".into());
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn with(with: Value) -> LogsCountWith {
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn needs_traffic_unless_told_otherwise() {
        let plain = with(json!({"group": "g/prod", "pattern": "ERROR", "at_most": 5}));
        assert_eq!(plain.traffic_at_least, 1);
        assert_eq!(LogsCount::summary(&plain), "at most 5 events like `ERROR` in g/prod");
        assert!(LogsCount::faults(&plain).is_empty() && LogsCount::warnings(&plain).is_empty());
        let silent = with(json!({"group": "g", "pattern": "ERROR", "at_most": 5, "traffic_at_least": 0}));
        assert_eq!(LogsCount::warnings(&silent).len(), 1);
    }

    #[test]
    fn what_counts_nothing_sensible_is_refused() {
        for given in [
            json!({"group": "g", "pattern": " ", "at_most": 5}),
            json!({"group": "g", "pattern": "E", "at_most": 5, "traffic_at_least": 0, "traffic_pattern": "x"}),
        ] {
            assert_eq!(LogsCount::faults(&with(given.clone())).len(), 1, "{given}");
        }
    }
}
