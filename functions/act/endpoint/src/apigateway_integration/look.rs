//! One look at the API and its stage: what is edited, what is served, and by which deployment.

use std::collections::BTreeMap;

use aws_sdk_apigateway::{error::ProvideErrorMetadata, primitives::Blob, types::Resource};
use backout_aws::{lookup_fault, scarce, scarce_fault};
use backout_catalogue::{ApigatewayIntegrationWith, Route};
use backout_engine::{action::Claim, fault::Fault};
use serde_json::Value;

use super::{Integration, beside::Beside, methods::Methods};

/// What one look found.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    /// The deployment that the stage serves.
    pub(super) deployment_id: String,
    /// The description of that deployment.
    pub(super) description: String,
    /// Whether the stage has a canary.
    pub(super) canary: bool,
    /// The methods as they are edited.
    pub(super) live: Methods,
    /// The methods as the stage serves them.
    pub(super) served: Methods,
    /// The ids of the API's resources by path.
    pub(super) resources: BTreeMap<String, String>,
}

impl Look {
    /// The deployment that the stage's replaced, if the stage's was made by this step.
    pub(super) fn replaced_by(&self, claim: &Claim) -> Option<String> {
        let rest = self.description.strip_prefix(&described(claim, ""))?;
        rest.split(',').next().filter(|id| !id.is_empty()).map(str::to_owned)
    }

    /// Edits that the stage does not serve, but for where the plan's own methods point to, and those that other stages
    /// serve.
    pub(super) fn unpublished(&self, with: &ApigatewayIntegrationWith, beside: &Beside) -> Vec<String> {
        let published: Vec<_> = with.integrations.iter().map(Route::name).chain(beside.names()).collect();
        self.live.differences(&self.served, &published)
    }

    /// The methods, but for the plan's own, that invoke another function than the stage has them invoke.
    pub(super) fn pointing_elsewhere(&self, with: &ApigatewayIntegrationWith) -> Vec<String> {
        let is_own = |name: &str| with.integrations.iter().any(|route| route.name() == name);
        let elsewhere = |name: &&str| {
            self.live.is_lambda(name) && self.served.is_lambda(name) && self.live.uri(name) != self.served.uri(name)
        };
        self.live.names().filter(elsewhere).filter(|name| !is_own(name)).map(str::to_owned).collect()
    }

    /// The id of the resource of a path.
    pub(super) fn resource_id(&self, with: &ApigatewayIntegrationWith, path: &str) -> Result<&str, Fault> {
        self.resources
            .get(path)
            .map(String::as_str)
            .ok_or_else(|| Fault::refused(format!("API {} has no resource {path}", with.api)))
    }
}

/// The description of a deployment that a step makes. It says which deployment to go back to, which nobody could find
/// out later: API Gateway keeps no history of a stage.
pub(super) fn described(claim: &Claim, instead_of: &str) -> String {
    format!("backout {claim}, instead of {instead_of}")
}

/// Whether a deployment was made by a step.
fn is_described(description: &str) -> bool {
    description.strip_prefix("backout ").is_some_and(|rest| rest.contains(", instead of "))
}

/// A deployment that a stage served before.
#[derive(Debug)]
pub(super) struct Earlier {
    pub(super) id: String,
    /// Whether it was made by a step too: then several may be taken back at once, and it is not what the first of them
    /// found.
    pub(super) is_ours: bool,
}

impl Integration {
    /// Looks at the stage, its deployment, its export, and the API's resources.
    pub(super) async fn look(&self, with: &ApigatewayIntegrationWith) -> Result<Look, Fault> {
        let of = format!("{} of API {}", with.stage, with.api);
        let stage = self.reads.get_stage().rest_api_id(&with.api).stage_name(&with.stage).send().await;
        let stage = stage.map_err(|error| {
            let if_missing = "check the API's id (not its name), the stage and the region";
            scarce(lookup_fault(&format!("read the stage {of}"), error, if_missing))
        })?;
        let deployment_id = stage.deployment_id().unwrap_or_default().to_owned();
        let deployment = self
            .reads
            .get_deployment()
            .rest_api_id(&with.api)
            .deployment_id(&deployment_id)
            .embed("apisummary")
            .send()
            .await
            .map_err(|error| scarce_fault(&format!("read the deployment of {of}"), error))?;
        let export = self.export(&with.api, &with.stage).await?;
        let resources = self.resources(&with.api).await?;
        Ok(Look {
            description: deployment.description().unwrap_or_default().to_owned(),
            canary: stage.canary_settings().is_some(),
            live: Methods::live(&resources),
            served: Methods::served(&export, deployment.api_summary()),
            resources: resources
                .iter()
                .filter_map(|resource| Some((resource.path()?.to_owned(), resource.id()?.to_owned())))
                .collect(),
            deployment_id,
        })
    }

    async fn resources(&self, api: &str) -> Result<Vec<Resource>, Fault> {
        let resources = self.reads.get_resources().rest_api_id(api).embed("methods").limit(500);
        let resources = resources.into_paginator().items().send().try_collect().await;
        resources.map_err(|error| scarce_fault(&format!("list the resources of API {api}"), error))
    }

    /// The methods as they are edited now.
    pub(super) async fn live(&self, api: &str) -> Result<Methods, Fault> {
        Ok(Methods::live(&self.resources(api).await?))
    }

    /// What a stage of the API serves, but for what an export does not say.
    pub(super) async fn served(&self, with: &ApigatewayIntegrationWith, stage: &str) -> Result<Methods, Fault> {
        Ok(Methods::served(&self.export(&with.api, stage).await?, None))
    }

    async fn export(&self, api: &str, stage: &str) -> Result<Value, Fault> {
        let of = format!("{stage} of API {api}");
        let export = self
            .reads
            .get_export()
            .rest_api_id(api)
            .stage_name(stage)
            .export_type("oas30")
            .parameters("extensions", "integrations")
            .accepts("application/json")
            .send()
            .await
            .map_err(|error| scarce_fault(&format!("export {of}"), error))?;
        serde_json::from_slice(export.body().map(Blob::as_ref).unwrap_or_default())
            .map_err(|error| Fault::passing(format!("the export of {of} could not be read: {error}")))
    }

    /// The deployment, if it has not been deleted meanwhile.
    pub(super) async fn still_there(
        &self,
        with: &ApigatewayIntegrationWith,
        deployment_id: Option<String>,
    ) -> Result<Option<Earlier>, Fault> {
        let Some(id) = deployment_id else { return Ok(None) };
        match self.reads.get_deployment().rest_api_id(&with.api).deployment_id(&id).send().await {
            Ok(found) => Ok(Some(Earlier { id, is_ours: found.description().is_some_and(is_described) })),
            Err(error) if error.code() == Some("NotFoundException") => Ok(None),
            Err(error) => Err(scarce_fault(&format!("read the deployment {id} of API {}", with.api), error)),
        }
    }
}
