//! `apigateway/throttle`: how much traffic a stage of a REST API lets through.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    names::{REST_API, STAGE, misnamed},
    reach::REST_APIS,
};

/// Sets the throttle of a stage of a REST API.
#[derive(Debug, Clone, Copy)]
pub struct ApigatewayThrottle;

/// The parameters of `apigateway/throttle`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApigatewayThrottleWith {
    /// The REST API's id.
    #[schemars(example = &"a1b2c3d4e5")]
    pub api: String,
    /// The stage's name.
    #[schemars(example = &"prod")]
    pub stage: String,
    /// Requests per second in the long run. 0 lets nothing through.
    #[schemars(range(min = 0), example = 10)]
    pub rate: f64,
    /// Requests at once: the size of the token bucket. The rate, rounded up, and at least 1 if nothing is said; 0 if
    /// the rate is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub burst: Option<u32>,
}

/// The largest burst, which API Gateway's model has as a signed 32-bit integer.
const MOST: u32 = i32::MAX as u32;

impl ApigatewayThrottleWith {
    /// The burst: as given, or as it follows from the rate.
    pub fn burst(&self) -> u32 {
        self.burst.unwrap_or_else(|| {
            if self.rate == 0.0 {
                return 0;
            }
            // A float-to-integer cast saturates, so it cannot wrap; `faults` refuses what is not a rate.
            (self.rate.ceil() as u32).clamp(1, MOST)
        })
    }
}

impl Kind for ApigatewayThrottle {
    const USES: &'static str = "apigateway/throttle";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Traffic;
    const ABOUT: &'static str = "Sets how many requests a stage of a REST API lets through: rate and burst.";
    const RESOURCE: &'static str = "the stage";
    const SERIALISED: &'static str = "the stage: its settings have no revision that would refuse a second change";
    const CALLS: &'static [Calls] = &[
        // What a stage without a throttle of its own has.
        Calls::of(
            "ReadAccountThrottle",
            "API Gateway",
            &["GetAccount"],
            On::Arn("arn:${AWS::Partition}:apigateway:${AWS::Region}::/account"),
        ),
        Calls::of(
            "ThrottleStages",
            "API Gateway",
            &["GetStage", "UpdateStage"],
            On::Part(&REST_APIS, "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/*/stages/*"),
        ),
    ];
    type With = ApigatewayThrottleWith;

    fn resource(with: &ApigatewayThrottleWith) -> Resource {
        stage(&with.api, &with.stage)
    }

    fn summary(with: &ApigatewayThrottleWith) -> String {
        format!("throttle {} of API {} to {}/s, burst {}", with.stage, with.api, with.rate, with.burst())
    }

    fn faults(with: &ApigatewayThrottleWith) -> Vec<String> {
        let mut faults = misnamed([(&REST_API, "api", with.api.as_str()), (&STAGE, "stage", &with.stage)]);
        if !with.rate.is_finite() || with.rate < 0.0 {
            faults.push(format!("`rate` is {}: it has to be a number of requests per second, 0 or more", with.rate));
        }
        if with.burst.is_some_and(|burst| burst > MOST) {
            faults.push(format!("`burst` is more than API Gateway can take ({MOST})"));
        }
        if with.burst == Some(0) && with.rate > 0.0 {
            faults.push(
                "`burst` is 0, which lets nothing through whatever the rate: leave it out, or give at least 1".into(),
            );
        }
        faults
    }
}

/// The resource that every action on a stage of a REST API shares.
pub(crate) fn stage(api: &str, stage: &str) -> Resource {
    Resource::new("apigateway", "stage", [api, stage])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(extra: serde_json::Value) -> ApigatewayThrottleWith {
        let mut with = json!({"api": "abc", "stage": "prod"});
        with.as_object_mut().expect("map").extend(extra.as_object().expect("map").clone());
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn the_burst_follows_from_the_rate() {
        for (rate, burst) in [(0.0, 0), (0.2, 1), (1.0, 1), (10.5, 11), (500.0, 500), (1e20, i32::MAX as u32)] {
            assert_eq!(with(json!({"rate": rate})).burst(), burst, "{rate}");
        }
        assert_eq!(with(json!({"rate": 10, "burst": 3})).burst(), 3);
    }

    #[test]
    fn says_what_it_will_do() {
        assert_eq!(
            ApigatewayThrottle::summary(&with(json!({"rate": 10}))),
            "throttle prod of API abc to 10/s, burst 10"
        );
        assert_eq!(ApigatewayThrottle::resource(&with(json!({"rate": 10}))).as_str(), "apigateway:stage/abc/prod");
    }

    #[test]
    fn what_cannot_be_a_throttle_is_refused() {
        assert_eq!(ApigatewayThrottle::faults(&with(json!({"rate": -1}))).len(), 1);
        assert_eq!(ApigatewayThrottle::faults(&with(json!({"rate": 5, "burst": 0}))).len(), 1);
        assert_eq!(ApigatewayThrottle::faults(&with(json!({"rate": 5, "burst": 4_000_000_000_u32}))).len(), 1);
        assert!(ApigatewayThrottle::faults(&with(json!({"rate": 0, "burst": 0}))).is_empty());
    }
}
