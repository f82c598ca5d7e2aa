//! `apigateway/throttle`: rate and burst of a stage, at its method settings for all methods.
//!
//! As soon as anybody gives a stage settings for all methods, if only for its logs, they show a throttle too: the account's,
//! which they inherit. So a throttle that is the account's and one that was never set are one and the same state.

use aws_sdk_apigateway::{Client, operation::get_stage::GetStageOutput};
use backout_aws::{Cloud, SameLook, in_time, lookup_fault, scarce, scarce_fault};
use backout_catalogue::{ApigatewayThrottle, ApigatewayThrottleWith};
use backout_engine::{
    action::{At, Change, Reading},
    fault::Fault,
};
use serde::{Deserialize, Serialize};
use serde_json::Number;

mod settings;

use settings::{ALL_METHODS, Throttle as Both, overrides, patches};

/// The action, with its clients.
#[derive(Debug)]
pub(crate) struct Throttle {
    reads: Client,
    writes: Client,
    account: SameLook<Both>,
}

/// The throttle for all methods of the stage; `None` where it is the account's, for lack of one or because it is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Requests per second.
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
        let reads = Client::new(&cloud.scarce_reads());
        Self { reads, writes: Client::new(cloud.writes()), account: SameLook::default() }
    }

    async fn stage(&self, with: &ApigatewayThrottleWith) -> Result<GetStageOutput, Fault> {
        self.reads.get_stage().rest_api_id(&with.api).stage_name(&with.stage).send().await.map_err(|error| {
            let if_missing = "check the API's id (not its name), the stage and the region";
            scarce(lookup_fault(&format!("read the stage {} of API {}", with.stage, with.api), error, if_missing))
        })
    }

    /// The throttle that the account has in this region, which is what settings without one of their own show.
    async fn account(&self) -> Result<Both, Fault> {
        let found = self.reads.get_account().send().await;
        let found = found.map_err(|error| scarce_fault("read the account's throttle", error))?;
        let settings = found.throttle_settings();
        let both = settings.map(|settings| Both { rate: settings.rate_limit(), burst: settings.burst_limit() });
        Ok(both.unwrap_or(Both::INHERITED))
    }
}

impl Change for Throttle {
    type Kind = ApigatewayThrottle;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, ApigatewayThrottleWith>) -> Result<Reading<State, Facts>, Fault> {
        let stage = self.stage(at.with).await?;
        let settings = stage.method_settings().filter(|settings| !settings.is_empty());
        let (mut state, mut facts) = (State { rate: None, burst: None }, Facts { notes: Vec::new() });
        if let Some(settings) = settings {
            let account = self.account().await?;
            if let Some(all) = settings.get(ALL_METHODS) {
                state = Both::of(all).beside(account);
            }
            facts.notes = overrides(settings, account);
            self.account.keep(at, account);
        }
        Ok(Reading::Settled { state, facts })
    }

    async fn desired(&self, at: &At<'_, ApigatewayThrottleWith>, _now: &State) -> Result<State, Fault> {
        let burst = i32::try_from(at.with.burst())
            .map_err(|_| Fault::refused(format!("a burst of {} is more than API Gateway can take", at.with.burst())))?;
        if !at.with.rate.is_finite() {
            return Err(Fault::refused(format!("{} is no rate: it has to be finite", at.with.rate)));
        }
        let account = match self.account.take(at) {
            Some(account) => account,
            None => self.account().await?,
        };
        Ok(Both { rate: at.with.rate, burst }.beside(account))
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
                scarce_fault(&format!("set the throttle of stage {} of API {}", at.with.stage, at.with.api), error)
            })
    }
}

#[cfg(test)]
mod tests;
