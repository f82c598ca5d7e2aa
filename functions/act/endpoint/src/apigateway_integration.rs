//! `apigateway/integration`: live integrations, the stage's deployment and the invoke permission, as one change.
//!
//! The way there: permit, edit the live integrations, deploy. The way back: set the stage to the deployment that this
//! step's own replaced, which takes effect at once; then restore the live integrations; then take the permission away.

use std::collections::BTreeMap;

use aws_sdk_apigateway::{
    Client,
    types::{Op, PatchOperation},
};
use backout_aws::{Cloud, SameLook, in_time, scarce_fault};
use backout_catalogue::{ApigatewayIntegration, ApigatewayIntegrationWith, Route};
use backout_engine::{
    action::{At, Change, Reading},
    fault::Fault,
    plan::nearest,
};
use serde::{Deserialize, Serialize};

mod beside;
mod look;
mod methods;
mod permission;
mod target;

use beside::{Begun, Beside};
use look::Look;
use methods::Methods;
use permission::{Permission, Permissions, Policy};
use target::Target;

/// The action, with its clients.
#[derive(Debug)]
pub(crate) struct Integration {
    reads: Client,
    writes: Client,
    permissions: Permissions,
    region: Option<String>,
    found: SameLook<Found>,
}

/// What one look at the stage and the functions found.
#[derive(Debug)]
struct Found {
    look: Look,
    /// The function that the plan names for each method, and what its policy says.
    behind: BTreeMap<String, (Target, Policy)>,
}

/// The methods that the plan names, by `POST /query`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    routes: BTreeMap<String, RouteState>,
}

/// One method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RouteState {
    /// The URI of the integration as it is edited: what the next deployment will publish.
    live: Option<String>,
    /// The URI that the stage serves.
    served: Option<String>,
    /// Whether API Gateway may invoke the function that the plan names.
    permission: Permission,
}

/// What else is known of the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The deployment that the stage serves.
    deployment_id: String,
    /// The deployment that it replaced, if it is this step's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    earlier_deployment_id: Option<String>,
    /// For the report: edits of the API that the stage does not serve.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    notes: Vec<String>,
}

impl Integration {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self {
            reads: Client::new(&cloud.scarce_reads()),
            writes: Client::new(cloud.writes()),
            permissions: Permissions::new(cloud),
            region: cloud.reads().region().map(ToString::to_string),
            found: SameLook::default(),
        }
    }

    async fn find(&self, at: &At<'_, ApigatewayIntegrationWith>) -> Result<Found, Fault> {
        let look = self.look(at.with).await?;
        let mut behind = BTreeMap::new();
        for route in &at.with.integrations {
            let target = self.target(route).await?;
            let ours = permission::statement_id(at.claim, at.with, route);
            let policy = self.permissions.read(route, &target.source(at.with, route), &ours).await?;
            behind.insert(route.name(), (target, policy));
        }
        Ok(Found { look, behind })
    }

    async fn target(&self, route: &Route) -> Result<Target, Fault> {
        let arn = self.permissions.function_arn(&route.function).await?;
        Target::new(arn, self.region.as_deref())
    }

    /// Allows API Gateway to invoke the functions that `to` says this step allows it.
    async fn permit(&self, at: &At<'_, ApigatewayIntegrationWith>, now: &State, to: &State) -> Result<(), Fault> {
        for route in changed(at.with, now, to, Permission::Absent, Permission::Ours) {
            let source = self.target(route).await?.source(at.with, route);
            in_time(at.deadline)?;
            self.permissions.add(route, &source, &permission::statement_id(at.claim, at.with, route)).await?;
        }
        Ok(())
    }

    /// Takes away what `permit` gave.
    async fn revoke(&self, at: &At<'_, ApigatewayIntegrationWith>, now: &State, to: &State) -> Result<(), Fault> {
        for route in changed(at.with, now, to, Permission::Ours, Permission::Absent) {
            in_time(at.deadline)?;
            self.permissions.remove(route, &permission::statement_id(at.claim, at.with, route)).await?;
        }
        Ok(())
    }

    /// Has the stage serve what `to` says.
    async fn serve(&self, at: &At<'_, ApigatewayIntegrationWith>, look: &mut Look, to: &State) -> Result<(), Fault> {
        let with = at.with;
        let serves =
            |served: &Methods| to.routes.iter().all(|(name, route)| served.uri(name) == route.served.as_deref());
        if serves(&look.served) {
            let begun = self.begun_beside(at, look).await?.unwrap_or_default();
            return self.give_back(at, look, &begun).await;
        }
        if let Some(earlier) = self.still_there(with, look.replaced_by(at.claim)).await? {
            self.have_serve(at, &earlier.id).await?;
            if !earlier.is_ours || serves(&self.served(with, &with.stage).await?) {
                return Ok(());
            }
            // Several steps are taken back at once, and this one's deployment replaced another of theirs: what the first
            // of them found is deployed.
            *look = self.look(with).await?;
        }
        let begun = match self.begun_beside(at, look).await? {
            Some(begun) if begun.is_of(at) => begun,
            // What an earlier step has left lent to this stage is given back before anything else.
            Some(others) => {
                self.give_back(at, look, &others).await?;
                Begun::not_yet(self.beside(with, look).await?)
            }
            None => Begun::not_yet(self.beside(with, look).await?),
        };
        if !begun.is_deployed() {
            refuse_unpublished(with, look, &begun.beside)?;
        }
        if !begun.is_nothing() {
            return self.serve_beside(at, look, to, begun).await;
        }
        self.edit(at, look, to, |route| route.served.as_deref()).await?;
        self.deploy(at, Some(&with.stage), &look::described(at.claim, &look.deployment_id)).await.map(drop)
    }

    /// Sets the stage to a deployment.
    async fn have_serve(&self, at: &At<'_, ApigatewayIntegrationWith>, deployment: &str) -> Result<(), Fault> {
        let (api, stage) = (&at.with.api, &at.with.stage);
        in_time(at.deadline)?;
        self.writes
            .update_stage()
            .rest_api_id(api)
            .stage_name(stage)
            .patch_operations(PatchOperation::builder().op(Op::Replace).path("/deploymentId").value(deployment).build())
            .send()
            .await
            .map(drop)
            .map_err(|error| scarce_fault(&format!("set {stage} of API {api} to deployment {deployment}"), error))
    }

    /// Makes a deployment, and has a stage serve it if one is named. Returns its id.
    async fn deploy(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        stage: Option<&String>,
        description: &str,
    ) -> Result<String, Fault> {
        in_time(at.deadline)?;
        let api = &at.with.api;
        let sent = self
            .writes
            .create_deployment()
            .rest_api_id(api)
            .set_stage_name(stage.cloned())
            .description(description)
            .send()
            .await;
        let to = stage.map(|stage| format!(" to {stage}")).unwrap_or_default();
        let made = sent.map_err(|error| scarce_fault(&format!("deploy API {api}{to}"), error))?;
        Ok(made.id().unwrap_or_default().to_owned())
    }

    /// Sets the live integrations to what `uri` picks of `to`, where they are not so already.
    async fn edit(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &mut Look,
        to: &State,
        uri: fn(&RouteState) -> Option<&str>,
    ) -> Result<(), Fault> {
        for route in &at.with.integrations {
            let name = route.name();
            self.point(at, look, &name, to.routes.get(&name).and_then(uri)).await?;
        }
        Ok(())
    }

    /// Sets the live integration of a method, unless it is so already or nothing is said of it.
    async fn point(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        look: &mut Look,
        name: &str,
        uri: Option<&str>,
    ) -> Result<(), Fault> {
        let (Some(uri), Some((method, path))) = (uri, name.split_once(' ')) else { return Ok(()) };
        if look.live.uri(name) == Some(uri) {
            return Ok(());
        }
        in_time(at.deadline)?;
        self.writes
            .update_integration()
            .rest_api_id(&at.with.api)
            .resource_id(look.resource_id(at.with, path)?)
            .http_method(method)
            .patch_operations(PatchOperation::builder().op(Op::Replace).path("/uri").value(uri).build())
            .send()
            .await
            .map_err(|error| scarce_fault(&format!("point {name} of API {} elsewhere", at.with.api), error))?;
        look.live.set_uri(name, uri);
        Ok(())
    }
}

impl Change for Integration {
    type Kind = ApigatewayIntegration;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, ApigatewayIntegrationWith>) -> Result<Reading<State, Facts>, Fault> {
        let found = self.find(at).await?;
        let look = &found.look;
        let uri = |uri: Option<&str>| uri.map(str::to_owned);
        let of = |(name, (_, policy)): (&String, &(Target, Policy))| {
            let (live, served) = (uri(look.live.uri(name)), uri(look.served.uri(name)));
            (name.clone(), RouteState { live, served, permission: policy.permission })
        };
        let state = State { routes: found.behind.iter().map(of).collect() };
        let beside = self.beside(at.with, look).await?;
        let facts = Facts {
            notes: look.unpublished(at.with, &beside).iter().map(|edit| format!("not deployed: {edit}")).collect(),
            earlier_deployment_id: look.replaced_by(at.claim),
            deployment_id: look.deployment_id.clone(),
        };
        self.found.keep(at, found);
        Ok(Reading::Settled { state, facts })
    }

    async fn desired(&self, at: &At<'_, ApigatewayIntegrationWith>, now: &State) -> Result<State, Fault> {
        let Found { look, behind } = match self.found.take(at) {
            Some(found) => found,
            None => self.find(at).await?,
        };
        let wanted = wanted(&look, &behind, now);
        if wanted != *now {
            for route in &at.with.integrations {
                refuse_what_is_not_lambda(at.with, route, &look)?;
            }
            refuse_canary(at.with, &look)?;
            refuse_unpublished(at.with, &look, &self.beside(at.with, &look).await?)?;
        }
        Ok(wanted)
    }

    async fn write(
        &self,
        at: &At<'_, ApigatewayIntegrationWith>,
        (now, _): (&State, &Facts),
        to: &State,
    ) -> Result<(), Fault> {
        let mut look = self.look(at.with).await?;
        self.permit(at, now, to).await?;
        self.serve(at, &mut look, to).await?;
        self.edit(at, &mut look, to, |route| route.live.as_deref()).await?;
        self.revoke(at, now, to).await
    }
}

/// Each method pointed to its function, which API Gateway may invoke. A statement of this step is added only where nobody
/// else's allows it.
fn wanted(look: &Look, behind: &BTreeMap<String, (Target, Policy)>, now: &State) -> State {
    let of = |(name, (target, policy)): (&String, &(Target, Policy))| {
        let uri = target.uri(look.live.uri(name));
        let is_ours = now.routes.get(name).is_some_and(|now| now.permission == Permission::Ours);
        let permission = if is_ours || !policy.allows { Permission::Ours } else { Permission::Absent };
        (name.clone(), RouteState { live: Some(uri.clone()), served: Some(uri), permission })
    };
    State { routes: behind.iter().map(of).collect() }
}

/// The routes whose permission goes from one to the other.
fn changed<'a>(
    with: &'a ApigatewayIntegrationWith,
    now: &State,
    to: &State,
    from: Permission,
    into: Permission,
) -> impl Iterator<Item = &'a Route> {
    let permission = |state: &State, route: &Route| state.routes.get(&route.name()).map(|route| route.permission);
    let found: Vec<_> = with
        .integrations
        .iter()
        .filter(|route| permission(now, route) == Some(from) && permission(to, route) == Some(into))
        .collect();
    found.into_iter()
}

fn refuse_unpublished(with: &ApigatewayIntegrationWith, look: &Look, beside: &Beside) -> Result<(), Fault> {
    let unpublished = look.unpublished(with, beside);
    if unpublished.is_empty() {
        return Ok(());
    }
    Err(Fault::refused(format!(
        "API {} has edits that {} does not serve, and a deployment would publish them too: {}",
        with.api,
        with.stage,
        unpublished.join("; ")
    ))
    .with_advice("deploy these edits or take them back first"))
}

fn refuse_canary(with: &ApigatewayIntegrationWith, look: &Look) -> Result<(), Fault> {
    if !look.canary {
        return Ok(());
    }
    Err(Fault::refused(format!("{} of API {} has a canary, which a deployment would disturb", with.stage, with.api))
        .with_advice("promote the canary or delete it first"))
}

fn refuse_what_is_not_lambda(with: &ApigatewayIntegrationWith, route: &Route, look: &Look) -> Result<(), Fault> {
    let name = route.name();
    if !look.live.contains(&name) {
        let meant = nearest(&name, look.live.names()).map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        let known: Vec<_> = look.live.names().collect();
        return Err(Fault::refused(format!("API {} has no {name}.{meant}", with.api))
            .with_advice(format!("the API has: {}", known.join(", "))));
    }
    if look.live.is_lambda(&name) {
        return Ok(());
    }
    Err(Fault::refused(format!("{name} of API {} is not integrated with a Lambda function", with.api)).with_advice(
        "this action changes which function a method invokes; it does not change what kind of integration it has",
    ))
}

#[cfg(test)]
#[path = "apigateway_integration/tests.rs"]
mod tests;
