//! `/model_group/*`: model groups, as a user of the gateway wants to know them; and those that everybody may see.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::info::dollars;
use super::parameters;
use crate::auth::permissions::Authority;
use crate::catalogue::{Model, Unit};
use crate::clock::{self, Moment};
use crate::condition::View;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::models::public;
use crate::shapes::{ErrorBody, JsonBody, QueryOf};
use crate::snapshot::{Deployment, Group};

/// A model group. What its deployments differ in is told of the one that has most; rates are told together.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelGroup {
    pub model_group: String,
    pub providers: BTreeSet<String>,
    pub max_input_tokens: Option<u64>,
    pub max_output_tokens: Option<u64>,
    /// Dollars.
    pub input_cost_per_token: Option<f64>,
    pub output_cost_per_token: Option<f64>,
    pub input_cost_per_pixel: Option<f64>,
    pub mode: String,
    pub tpm: Option<u64>,
    pub rpm: Option<u64>,
    pub supports_parallel_function_calling: bool,
    pub supports_vision: bool,
    pub supports_web_search: bool,
    pub supports_url_context: bool,
    pub supports_reasoning: bool,
    pub supports_function_calling: bool,
    /// What at least one of its deployments takes of a chat request.
    pub supported_openai_params: BTreeSet<&'static str>,
    /// Callers give no addresses or credentials of their own here.
    pub configurable_clientside_auth_params: Option<Vec<String>>,
    pub is_public_model_group: bool,
    /// `healthy`, `unhealthy`, or `unknown` while nobody has asked it.
    pub health_status: &'static str,
    /// Milliseconds to the first token, of its fastest.
    pub health_response_time: Option<f64>,
    /// When it was asked last.
    pub health_checked_at: Option<String>,
}

impl ModelGroup {
    fn of(group: &Group, public: &[String]) -> Self {
        let deployments = &group.deployments;
        let known: Vec<Model> = deployments.iter().filter_map(|deployment| deployment.known()).collect();
        let can = |capability: &str| known.iter().any(|model| model.capabilities.has(capability));
        let price = |unit: Unit| {
            let price = |deployment: &Deployment| deployment.prices.as_ref()?.prices.get(unit);
            deployments.iter().filter_map(|deployment| price(deployment)).max().map(dollars)
        };
        let mode = deployments.iter().find_map(|deployment| deployment.mode.clone());
        let mode = mode.or_else(|| known.first().map(|model| model.mode.to_owned()));
        let sum = |rate: fn(&Deployment) -> Option<u64>| {
            deployments.iter().filter_map(|known| rate(known)).reduce(u64::saturating_add)
        };
        let health = Health::of(group);
        Self {
            model_group: group.name.clone(),
            providers: deployments.iter().map(|deployment| deployment.spec.id.clone()).collect(),
            max_input_tokens: deployments.iter().filter_map(|deployment| deployment.context).max(),
            max_output_tokens: deployments.iter().filter_map(|deployment| deployment.max_output).max(),
            input_cost_per_token: price(Unit::Input),
            output_cost_per_token: price(Unit::Output),
            input_cost_per_pixel: price(Unit::PerInputPixel),
            mode: mode.unwrap_or_else(|| "chat".to_owned()),
            tpm: sum(|deployment| deployment.tpm),
            rpm: sum(|deployment| deployment.rpm),
            supports_parallel_function_calling: can("parallel_tools"),
            supports_vision: can("vision"),
            supports_web_search: can("web_search"),
            supports_url_context: can("url_context"),
            supports_reasoning: can("reasoning"),
            supports_function_calling: can("tools"),
            supported_openai_params: deployments
                .iter()
                .flat_map(|deployment| parameters::supported(deployment))
                .collect(),
            configurable_clientside_auth_params: None,
            is_public_model_group: group.team.is_none() && public.contains(&group.name),
            health_status: health.status,
            health_response_time: health.response_time,
            health_checked_at: health.checked_at,
        }
    }
}

struct Health {
    status: &'static str,
    response_time: Option<f64>,
    checked_at: Option<String>,
}

impl Health {
    /// A group is healthy while one of its deployments may be asked.
    fn of(group: &Group) -> Self {
        let now = Moment::now();
        let views: Vec<View> = group.deployments.iter().map(|known| known.condition.view(now)).collect();
        let last = |view: &View| view.last_success_at.max(view.last_failure.as_ref().map(|last| last.at));
        let asked = views.iter().filter_map(last).max();
        let may_be_asked = views.iter().any(|view| view.availability.may_be_asked());
        let fastest = views.iter().filter_map(|view| view.first_token).min();
        let milliseconds = |duration: Duration| duration.as_micros() as f64 / 1000.0;
        Self {
            status: match (asked, may_be_asked) {
                (None, _) => "unknown",
                (Some(_), true) => "healthy",
                (Some(_), false) => "unhealthy",
            },
            response_time: fastest.map(milliseconds),
            checked_at: asked.map(clock::text),
        }
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupQuery {
    /// Only this one.
    model_group: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelGroupList {
    pub data: Vec<ModelGroup>,
}

/// The model groups that the key may use
#[utoipa::path(
    get, path = "/model_group/info", tag = "Models", params(GroupQuery),
    responses((status = 200, body = ModelGroupList), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<GroupQuery>,
) -> Result<Json<ModelGroupList>, Failure> {
    let public = engine.read(public::read).await?;
    let snapshot = engine.snapshot.load_full();
    let caller = &authority.caller;
    let whose = caller.namespace();
    let groups = snapshot.groups_for(whose).chain(snapshot.wildcard_groups_for(whose));
    let data = groups
        .filter(|group| caller.may_use_group(group, &[&group.name]))
        .filter(|group| query.model_group.as_ref().is_none_or(|wanted| group.name == *wanted))
        .map(|group| ModelGroup::of(group, &public))
        .collect();
    Ok(Json(ModelGroupList { data }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct PublicGroups {
    /// All that are to be shown; those that are not named are shown no more.
    model_groups: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct PublicGroupsSet {
    pub message: String,
    pub public_model_groups: Vec<String>,
    pub updated_by: String,
}

/// Show model groups to everybody, at `/public/model_hub`
#[utoipa::path(
    post, path = "/model_group/make_public", tag = "Models", request_body = PublicGroups,
    responses(
        (status = 200, body = PublicGroupsSet), (status = 400, description = "No such model group", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn make_public(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<PublicGroups>,
) -> Result<Json<PublicGroupsSet>, Failure> {
    let groups = public::set(&engine, Actor::of(&authority), body.model_groups).await?;
    Ok(Json(PublicGroupsSet {
        message: "Successfully updated public model groups".to_owned(),
        public_model_groups: groups,
        updated_by: authority.changed_by.clone().unwrap_or_else(|| authority.name()),
    }))
}

/// The model groups that everybody may see, with or without a key
#[utoipa::path(
    get, path = "/public/model_hub", tag = "Models", security(()),
    responses((status = 200, body = Vec<ModelGroup>))
)]
pub async fn hub(State(engine): State<Shared>) -> Result<Json<Vec<ModelGroup>>, Failure> {
    let public = engine.read(public::read).await?;
    let snapshot = engine.snapshot.load_full();
    let groups = snapshot.groups.values().chain(snapshot.wildcard_groups());
    let shown = groups.filter(|group| public.contains(&group.name));
    Ok(Json(shown.map(|group| ModelGroup::of(group, &public)).collect()))
}
