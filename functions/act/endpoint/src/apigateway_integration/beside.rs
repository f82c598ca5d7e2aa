//! Deploying to one stage of an API whose other stages serve something else.
//!
//! A deployment publishes the whole draft. Where another stage was pointed elsewhere before, by an earlier step or by
//! people who deploy stage by stage, the draft holds what that stage serves, and a deployment to this one would publish
//! it here too. So those methods are lent: set to what this stage serves, deployed, and given back. The stage is set to
//! the deployment last of all: until then the step is not done, and whoever goes on after a crash gives back first.
//! What is lent is noted before in the description of a deployment that no stage serves: the draft could not tell it.

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Deployment, Op, PatchOperation};
use backout_aws::{in_time, scarce_fault};
use backout_catalogue::ApigatewayIntegrationWith;
use backout_engine::{action::At, fault::Fault};

use super::{
    Integration, State,
    look::{self, Look},
};

/// The methods that the draft has as other stages serve them, by `POST /query`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Beside(BTreeMap<String, Lent>);

/// What another stage serves.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lent {
    stage: String,
    uri: String,
}

impl Beside {
    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.keys().cloned()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn noted(&self) -> String {
        let each: Vec<_> = self.0.iter().map(|(name, lent)| format!("{name} of {}", lent.stage)).collect();
        each.join("; ")
    }
}

/// The methods of a note, each with its stage.
fn read_note(note: &str) -> Vec<(&str, &str)> {
    note.split("; ").filter_map(|each| each.rsplit_once(" of ")).collect()
}

impl Integration {
    /// What the draft has as other stages serve it. What nobody serves is somebody's edit, and not among them.
    pub(super) async fn beside(&self, with: &ApigatewayIntegrationWith, look: &Look) -> Result<Beside, Fault> {
        let mut left = look.pointing_elsewhere(with);
        let mut found = Beside::default();
        if left.is_empty() {
            return Ok(found);
        }
        for stage in self.other_stages(with).await? {
            let served = self.served(with, &stage).await?;
            left.retain(|name| match look.live.uri(name) {
                Some(uri) if served.uri(name) == Some(uri) => {
                    found.0.insert(name.clone(), Lent { stage: stage.clone(), uri: uri.to_owned() });
                    false
                }
                _ => true,
            });
        }
        Ok(found)
    }

    /// Deploys with what is lent, gives it back, and has the stage serve the deployment.
    pub(super) async fn serve_beside(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &mut Look,
        to: &State,
        begun: Begun,
    ) -> Result<(), Fault> {
        let (with, deployed) = (at.with, begun.deployed);
        let (api, stage) = (&with.api, &with.stage);
        let deployed = match deployed {
            Some(id) => id,
            None => {
                if !begun.is_noted {
                    let note = look::noted(at.claim, &look.deployment_id, &begun.beside.noted());
                    self.deploy(at, None, &note).await?;
                }
                for name in begun.beside.names() {
                    let uri = look.served.uri(&name).map(str::to_owned);
                    self.point(at, look, &name, uri.as_deref()).await?;
                }
                self.edit(at, look, to, |route| route.served.as_deref()).await?;
                self.deploy(at, None, &look::described(at.claim, &look.deployment_id)).await?
            }
        };
        for (name, lent) in &begun.beside.0 {
            self.point(at, look, name, Some(&lent.uri)).await?;
        }
        in_time(at.deadline)?;
        self.writes
            .update_stage()
            .rest_api_id(api)
            .stage_name(stage)
            .patch_operations(PatchOperation::builder().op(Op::Replace).path("/deploymentId").value(&deployed).build())
            .send()
            .await
            .map(drop)
            .map_err(|error| scarce_fault(&format!("set {stage} of API {api} to deployment {deployed}"), error))
    }

    /// How far an earlier invocation of this step has come with [`serve_beside`](Self::serve_beside), if one has begun.
    pub(super) async fn begun_beside(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &Look,
    ) -> Result<Option<Begun>, Fault> {
        let with = at.with;
        if self.other_stages(with).await?.is_empty() {
            return Ok(None);
        }
        let deployments = self
            .reads
            .get_deployments()
            .rest_api_id(&with.api)
            .limit(500)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(|error| scarce_fault(&format!("list the deployments of API {}", with.api), error))?;
        let described = |it: &Deployment| it.description().unwrap_or_default().to_owned();
        let note = look::noted(at.claim, &look.deployment_id, "");
        let Some(noted) = deployments.iter().find_map(|it| described(it).strip_prefix(&note).map(str::to_owned)) else {
            return Ok(None);
        };
        let mut beside = Beside::default();
        for (name, stage) in read_note(&noted) {
            if let Some(uri) = self.served(with, stage).await?.uri(name) {
                beside.0.insert(name.to_owned(), Lent { stage: stage.to_owned(), uri: uri.to_owned() });
            }
        }
        let ours = look::described(at.claim, &look.deployment_id);
        let deployed = deployments.iter().find(|it| described(it) == ours);
        let deployed = deployed.and_then(|it| it.id()).map(str::to_owned);
        Ok(Some(Begun { beside, is_noted: true, deployed }))
    }

    async fn other_stages(&self, with: &ApigatewayIntegrationWith) -> Result<Vec<String>, Fault> {
        let stages = self.reads.get_stages().rest_api_id(&with.api).send().await;
        let stages = stages.map_err(|error| scarce_fault(&format!("list the stages of API {}", with.api), error))?;
        let names = stages.item().iter().filter_map(|stage| stage.stage_name());
        Ok(names.filter(|name| *name != with.stage).map(str::to_owned).collect())
    }
}

/// Where a deployment beside other stages stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Begun {
    /// What is lent for it.
    pub(super) beside: Beside,
    /// Whether that is noted already.
    is_noted: bool,
    /// The deployment, if it is made already.
    deployed: Option<String>,
}

impl Begun {
    /// Nothing is done yet.
    pub(super) fn not_yet(beside: Beside) -> Self {
        Self { beside, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back_as_it_was_written() {
        let lent = |stage: &str| Lent { stage: stage.into(), uri: "arn:x".into() };
        let beside =
            Beside([("ANY /{proxy+}".to_owned(), lent("beta")), ("POST /a of b".to_owned(), lent("prod"))].into());
        assert_eq!(read_note(&beside.noted()), [("ANY /{proxy+}", "beta"), ("POST /a of b", "prod")]);
        assert!(read_note("").is_empty());
    }
}
