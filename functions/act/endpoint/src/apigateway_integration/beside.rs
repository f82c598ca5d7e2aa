//! Deploying to one stage of an API whose other stages serve something else.
//!
//! A deployment publishes the whole draft. Where another stage was pointed elsewhere before, by an earlier step or by
//! people who deploy stage by stage, the draft holds what that stage serves, and a deployment to this one would publish
//! it here too. So those methods are lent: set to what this stage serves, deployed, and given back. The stage is set to
//! the deployment last of all: until then the step is not done, and whoever goes on after a crash gives back first.
//! What is lent is noted before in the description of a deployment that no stage serves, and the note is deleted when it
//! is given back: the draft could not tell it.

use std::collections::BTreeMap;

use aws_sdk_apigateway::{error::ProvideErrorMetadata as _, types::Deployment};
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

/// How the description of a deployment begins that no stage serves, made before a step lends methods to its stage.
fn note(at: &At<'_, ApigatewayIntegrationWith>) -> String {
    format!("backout {}{}", at.claim, has_lent(&at.with.stage))
}

/// Whatever comes to this stage next, of whichever run, finds by this what was never given back.
fn has_lent(stage: &str) -> String {
    format!(" has lent to {stage}: ")
}

/// Whose note it is, and what it says is lent to the stage.
fn noted<'a>(description: &'a str, stage: &str) -> Option<(&'a str, &'a str)> {
    description.strip_prefix("backout ")?.split_once(&has_lent(stage))
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
        let deployed = match begun.deployed.take() {
            Some(id) => id,
            None => {
                if begun.note.is_none() {
                    let lent = begun.beside.noted();
                    let deployment_id = self.deploy(at, None, &format!("{}{lent}", note(at))).await?;
                    begun.note = Some(Note { deployment_id, by: at.claim.to_string(), lent });
                }
                // First what is compared: a step that stops from here on is seen to stand half-way.
                self.edit(at, look, to, |route| route.served.as_deref()).await?;
                let made = self.deploy_lent(at, look, &begun.beside).await;
                // As well as it can be done; whoever goes on or takes back does it again. A deployment that was throttled,
                // as a second one within seconds is, is tried again soon: the note stays, what is lent does not.
                match &made {
                    Err(fault) if fault.is_transient() => drop(self.point_back(at, look, &begun).await),
                    Err(_) => drop(self.give_back(at, look, &begun).await),
                    Ok(_) => {}
                }
                made?
            }
        };
        self.give_back(at, look, &begun).await?;
        self.have_serve(at, &deployed).await
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
        self.point_back(at, look, begun).await?;
        in_time(at.deadline)?;
        let api = &at.with.api;
        match self.writes.delete_deployment().rest_api_id(api).deployment_id(&note.deployment_id).send().await {
            Err(error) if error.code() == Some("NotFoundException") => Ok(()),
            other => other.map(drop).map_err(|error| {
                scarce_fault(&format!("delete the deployment {} of API {api}", note.deployment_id), error)
            }),
        }
    }

    /// Sets what is lent to what the other stages serve.
    async fn point_back(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &mut Look,
        begun: &Begun,
    ) -> Result<(), Fault> {
        for (name, lent) in &begun.beside.0 {
            // Whatever is not as this stage serves it is lent no more: it was given back, or somebody edited it.
            if look.live.uri(name) == look.served.uri(name) {
                self.point(at, look, name, Some(&lent.uri)).await?;
            }
        }
        Ok(())
    }

    /// How far an earlier invocation of this step has come with [`serve_beside`](Self::serve_beside), if one has begun; or
    /// what another step has left lent to this stage.
    pub(super) async fn begun_beside(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &Look,
    ) -> Result<Option<Begun>, Fault> {
        let with = at.with;
        let others = self.other_stages(with).await?;
        if others.is_empty() {
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
        let ours = described(at, look);
        let id = |it: &Deployment| it.id().unwrap_or_default().to_owned();
        let note_of = |it: &Deployment| {
            let (by, lent) = noted(it.description()?, &with.stage)?;
            Some(Note { deployment_id: id(it), by: by.to_owned(), lent: lent.to_owned() })
        };
        let note = deployments.iter().find_map(note_of);
        let deployed = deployments.iter().find(|it| it.description() == Some(&ours)).map(id);
        if note.is_none() && deployed.is_none() {
            return Ok(None);
        }
        let mut beside = Beside::default();
        for (name, stage) in note.iter().flat_map(|note| read_note(&note.lent)) {
            // A stage that was deleted meanwhile has nothing to be given back to.
            if !others.iter().any(|other| other == stage) {
                continue;
            }
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

/// The deployment whose description says what is lent. It is there as long as something may be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    deployment_id: String,
    /// The claim of the step that has lent.
    by: String,
    lent: String,
}

/// Where a deployment beside other stages stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Begun {
    /// What is lent for it.
    pub(super) beside: Beside,
    /// What says so.
    note: Option<Note>,
    /// The deployment, if it is made already.
    deployed: Option<String>,
}

impl Begun {
    /// Nothing is done yet.
    pub(super) fn not_yet(beside: Beside) -> Self {
        Self { beside, ..Self::default() }
    }

    /// Whether it is this step's own, or of the step that this one takes back.
    pub(super) fn is_of(&self, at: &At<'_, ApigatewayIntegrationWith>) -> bool {
        self.note.as_ref().is_none_or(|note| note.by == at.claim.to_string())
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

    #[test]
    fn a_note_is_found_by_its_stage_whosever_it_is() {
        let note = format!("backout run-1/point-prod{}POST /a of beta", has_lent("prod"));
        assert_eq!(noted(&note, "prod"), Some(("run-1/point-prod", "POST /a of beta")));
        assert_eq!(noted(&note, "beta"), None);
        assert_eq!(noted("backout run-1/point-prod, instead of abc", "prod"), None);
        assert_eq!(noted("the release of Tuesday has lent to prod: nothing", "prod"), None);
    }
}
