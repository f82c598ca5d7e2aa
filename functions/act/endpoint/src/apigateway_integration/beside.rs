//! Deploying to one stage of an API whose other stages serve something else.
//!
//! A deployment publishes the whole draft. Where another stage was pointed elsewhere before, by an earlier step or by
//! people who deploy stage by stage, the draft holds what that stage serves, and a deployment to this one would publish
//! it here too. So those methods are lent: set to what this stage serves, deployed, and given back. The stage is set to
//! the deployment last of all: until then the step is not done, and whoever goes on after a crash gives back first.
//! What is lent is noted before in the description of a deployment that no stage serves, and the note is deleted when it
//! is given back: the draft could not tell it.

use std::collections::BTreeMap;

use aws_sdk_apigateway::{
    error::ProvideErrorMetadata as _,
    types::{Deployment, Op, PatchOperation},
};
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

    fn noted(&self) -> String {
        let each: Vec<_> = self.0.iter().map(|(name, lent)| format!("{name} of {}", lent.stage)).collect();
        each.join("; ")
    }
}

/// When the step began to write. A step that is done again, after an undo of its undo, has the same claim.
fn begun(at: &At<'_, ApigatewayIntegrationWith>) -> String {
    at.started_at.unwrap_or(at.issued_at).to_string()
}

/// How the description of a deployment begins that no stage serves, made before a step lends methods. What takes the
/// step back has its claim, and so finds what was never given back.
fn note(at: &At<'_, ApigatewayIntegrationWith>) -> String {
    format!("backout {} has lent: ", at.claim)
}

/// The description of the deployment that the step makes.
fn described(at: &At<'_, ApigatewayIntegrationWith>, look: &Look) -> String {
    format!("{}, begun {}", look::described(at.claim, &look.deployment_id), begun(at))
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
        mut begun: Begun,
    ) -> Result<(), Fault> {
        let (api, stage) = (&at.with.api, &at.with.stage);
        let deployed = match begun.deployed.take() {
            Some(id) => id,
            None => {
                if begun.note.is_none() {
                    let note = self.deploy(at, None, &format!("{}{}", note(at), begun.beside.noted())).await?;
                    begun.note = Some(note);
                }
                // First what is compared: a step that stops from here on is seen to stand half-way.
                self.edit(at, look, to, |route| route.served.as_deref()).await?;
                let made = self.deploy_lent(at, look, &begun.beside).await;
                if made.as_ref().is_err_and(|fault| !fault.is_transient()) {
                    // As well as it can be done; whoever goes on or takes back does it again.
                    let _ = self.give_back(at, look, &begun).await;
                }
                made?
            }
        };
        self.give_back(at, look, &begun).await?;
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

    async fn deploy_lent(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &mut Look,
        beside: &Beside,
    ) -> Result<String, Fault> {
        for name in beside.names() {
            let uri = look.served.uri(&name).map(str::to_owned);
            self.point(at, look, &name, uri.as_deref()).await?;
        }
        // A deployment cannot be looked into until a stage serves it.
        let now = self.live(&at.with.api).await?;
        if let Some(name) = beside.names().find(|name| now.uri(name) != look.served.uri(name)) {
            // Or the reading is an old one.
            let says = format!("{name} of API {} does not point where it was set to a moment ago", at.with.api);
            return Err(Fault::passing(says).with_advice("agree with whoever else edits the API"));
        }
        self.deploy(at, None, &described(at, look)).await
    }

    /// Sets what is lent to what the other stages serve, and deletes the note: then nothing is lent any more.
    pub(super) async fn give_back(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &mut Look,
        begun: &Begun,
    ) -> Result<(), Fault> {
        let Some(note) = &begun.note else { return Ok(()) };
        for (name, lent) in &begun.beside.0 {
            // Whatever is not as this stage serves it is lent no more: it was given back, or somebody edited it.
            if look.live.uri(name) == look.served.uri(name) {
                self.point(at, look, name, Some(&lent.uri)).await?;
            }
        }
        in_time(at.deadline)?;
        let api = &at.with.api;
        match self.writes.delete_deployment().rest_api_id(api).deployment_id(note).send().await {
            Err(error) if error.code() == Some("NotFoundException") => Ok(()),
            other => other
                .map(drop)
                .map_err(|error| scarce_fault(&format!("delete the deployment {note} of API {api}"), error)),
        }
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
        let (prefix, ours) = (note(at), described(at, look));
        let by = |it: &Deployment, begins: &str| Some(it.description()?.strip_prefix(begins)?.to_owned());
        let id = |it: &Deployment| it.id().unwrap_or_default().to_owned();
        let noted = deployments.iter().find_map(|it| Some((id(it), by(it, &prefix)?)));
        let deployed = deployments.iter().find(|it| it.description() == Some(&ours)).map(id);
        if noted.is_none() && deployed.is_none() {
            return Ok(None);
        }
        let mut beside = Beside::default();
        let (note, noted) = noted.unzip();
        for (name, stage) in read_note(noted.as_deref().unwrap_or_default()) {
            if let Some(uri) = self.served(with, stage).await?.uri(name) {
                beside.0.insert(name.to_owned(), Lent { stage: stage.to_owned(), uri: uri.to_owned() });
            }
        }
        Ok(Some(Begun { beside, note, deployed }))
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
    /// The deployment whose description says so. It is there as long as something may be lent.
    note: Option<String>,
    /// The deployment, if it is made already.
    deployed: Option<String>,
}

impl Begun {
    /// Nothing is done yet.
    pub(super) fn not_yet(beside: Beside) -> Self {
        Self { beside, ..Self::default() }
    }

    /// Whether the deployment is made already.
    pub(super) fn is_deployed(&self) -> bool {
        self.deployed.is_some()
    }

    /// Whether anything is to be lent or given back, or has been.
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
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
