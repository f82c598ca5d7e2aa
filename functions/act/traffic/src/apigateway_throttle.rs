//! `apigateway/throttle`: rate and burst of a stage, at its method settings for all methods.

use aws_sdk_apigateway::{Client, operation::get_stage::GetStageOutput};
use backout_aws::{Cloud, fault, in_time, lookup_fault};
use backout_catalogue::{ApigatewayThrottle, ApigatewayThrottleWith};
use backout_engine::{
    action::{At, Change, Reading},
    fault::Fault,
};
use serde::{Deserialize, Serialize};
use serde_json::Number;

mod settings;

use settings::{ALL_METHODS, overrides, patches, rate};

/// The action, with its clients.
#[derive(Debug)]
pub(crate) struct Throttle {
    reads: Client,
    writes: Client,
}

/// The throttle for all methods of the stage; both are `None` where the stage has no settings for all methods, and the
/// account's throttle applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Requests per second; -1 is no limit but the account's.
    rate: Option<Number>,
    /// Requests at once.
    burst: Option<i32>,
}

/// What else is known of the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// For the report: methods with a throttle of their own, which counts more than the one for all methods.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notes: Vec<String>,
}

impl Throttle {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { reads: Client::new(cloud.reads()), writes: Client::new(cloud.writes()) }
    }

    async fn stage(&self, with: &ApigatewayThrottleWith) -> Result<GetStageOutput, Fault> {
        self.reads.get_stage().rest_api_id(&with.api).stage_name(&with.stage).send().await.map_err(|error| {
            let if_missing = "check the API's id (not its name), the stage and the region";
            lookup_fault(&format!("read the stage {} of API {}", with.stage, with.api), error, if_missing)
        })
    }
}

impl Change for Throttle {
    type Kind = ApigatewayThrottle;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, ApigatewayThrottleWith>) -> Result<Reading<State, Facts>, Fault> {
        let stage = self.stage(at.with).await?;
        let settings = stage.method_settings();
        let all = settings.and_then(|settings| settings.get(ALL_METHODS));
        let state = State {
            rate: all.and_then(|all| rate(all.throttling_rate_limit())),
            burst: all.map(|all| all.throttling_burst_limit()),
        };
        let facts = Facts { notes: settings.map(overrides).unwrap_or_default() };
        Ok(Reading::Settled { state, facts })
    }

    async fn desired(&self, at: &At<'_, ApigatewayThrottleWith>, _now: &State) -> Result<State, Fault> {
        let burst = i32::try_from(at.with.burst())
            .map_err(|_| Fault::refused(format!("a burst of {} is more than API Gateway can take", at.with.burst())))?;
        let rate = rate(at.with.rate)
            .ok_or_else(|| Fault::refused(format!("{} is no rate: it has to be finite", at.with.rate)))?;
        Ok(State { rate: Some(rate), burst: Some(burst) })
    }

    async fn write(
        &self,
        at: &At<'_, ApigatewayThrottleWith>,
        _now: (&State, &Facts),
        to: &State,
    ) -> Result<(), Fault> {
        // Read afresh: what is rebuilt has to be what is there, and stages have no revision to guard it.
        let stage = self.stage(at.with).await?;
        let all = stage.method_settings().and_then(|settings| settings.get(ALL_METHODS));
        let patches = patches(all, to);
        if patches.is_empty() {
            return Ok(());
        }
        in_time(at.deadline)?;
        self.writes
            .update_stage()
            .rest_api_id(&at.with.api)
            .stage_name(&at.with.stage)
            .set_patch_operations(Some(patches))
            .send()
            .await
            .map(drop)
            .map_err(|error| {
                fault(&format!("set the throttle of stage {} of API {}", at.with.stage, at.with.api), error)
            })
    }
}
