//! `/access_group/*`: names that model groups have in common, by which keys and teams are given them.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use crate::auth::permissions::Authority;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::models::access::{self, AccessGroup, Members};
use crate::shapes::{ErrorBody, JsonBody};

#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewAccessGroup {
    #[schema(example = "beta")]
    access_group: String,
    /// Model groups: all of their stored deployments get the name.
    #[serde(default)]
    model_names: Option<Vec<String>>,
    /// Single deployments, by their ids.
    #[serde(default)]
    model_ids: Option<Vec<String>>,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct AccessGroupChange {
    /// The model groups that it is to have, and no others.
    #[serde(default)]
    model_names: Option<Vec<String>>,
    /// Single deployments, by their ids.
    #[serde(default)]
    model_ids: Option<Vec<String>>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AccessGroupWritten {
    pub access_group: String,
    pub model_names: Vec<String>,
    pub model_ids: Vec<String>,
    /// Deployments that were changed.
    pub models_updated: usize,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AccessGroupInfo {
    pub access_group: String,
    pub model_names: BTreeSet<String>,
    pub deployment_count: usize,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AccessGroupList {
    pub access_groups: Vec<AccessGroupInfo>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AccessGroupDeleted {
    pub access_group: String,
    /// Deployments from which the name was taken.
    pub models_updated: usize,
    pub message: String,
}

fn members(names: Option<Vec<String>>, ids: Option<Vec<String>>) -> Members {
    Members { model_names: names.unwrap_or_default(), model_ids: ids.unwrap_or_default() }
}

/// Make an access group of model groups
#[utoipa::path(
    post, path = "/access_group/new", tag = "Models", request_body = NewAccessGroup,
    responses(
        (status = 200, body = AccessGroupWritten), (status = 400, description = "No such model group, or none was named", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "There is one of that name, or a model stands in the configuration file", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<NewAccessGroup>,
) -> Result<Json<AccessGroupWritten>, Failure> {
    let members = members(body.model_names, body.model_ids);
    let (model_names, model_ids) = (members.model_names.clone(), members.model_ids.clone());
    let changed = access::create(&engine, Actor::of(&authority), &body.access_group, members).await?;
    Ok(Json(AccessGroupWritten {
        access_group: body.access_group,
        model_names,
        model_ids,
        models_updated: changed,
    }))
}

/// What the caller sees of an access group: the model groups that they may use.
fn seen(engine: &Engine, authority: &Authority, name: String, group: AccessGroup) -> Option<AccessGroupInfo> {
    let AccessGroup { mut model_names, deployments, .. } = group;
    if !authority.is_administrator() {
        let snapshot = engine.snapshot.load();
        let caller = &authority.caller;
        model_names.retain(|model| {
            let found = snapshot.group_for(caller.namespace(), model);
            found.map_or_else(|| caller.may_use(&[model]), |group| caller.may_use_group(group, &[model]))
        });
    }
    (!model_names.is_empty()).then_some(AccessGroupInfo {
        access_group: name,
        model_names,
        deployment_count: deployments,
    })
}

/// The access groups of the models that the key may use
#[utoipa::path(
    get, path = "/access_group/list", tag = "Models",
    responses((status = 200, body = AccessGroupList), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn list(
    State(engine): State<Shared>,
    authority: Authority,
) -> Result<Json<AccessGroupList>, Failure> {
    let all = access::all(&engine).await?.into_iter();
    let access_groups = all.filter_map(|(name, group)| seen(&engine, &authority, name, group)).collect();
    Ok(Json(AccessGroupList { access_groups }))
}

/// One access group
#[utoipa::path(
    get, path = "/access_group/{access_group}/info", tag = "Models", params(("access_group" = String, Path)),
    responses((status = 200, body = AccessGroupInfo), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    Path(name): Path<String>,
) -> Result<Json<AccessGroupInfo>, Failure> {
    let found = access::all(&engine).await?.remove(&name);
    let shown = found.and_then(|group| seen(&engine, &authority, name.clone(), group));
    shown.map(Json).ok_or_else(|| access::unknown(&name))
}

/// Give an access group other model groups
#[utoipa::path(
    put, path = "/access_group/{access_group}/update", tag = "Models", request_body = AccessGroupChange,
    params(("access_group" = String, Path)),
    responses(
        (status = 200, body = AccessGroupWritten), (status = 400, description = "No such model group, or none was named", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "A model stands in the configuration file", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<AccessGroupChange>,
) -> Result<Json<AccessGroupWritten>, Failure> {
    let members = members(body.model_names, body.model_ids);
    let (model_names, model_ids) = (members.model_names.clone(), members.model_ids.clone());
    let changed = access::update(&engine, Actor::of(&authority), &name, members).await?;
    Ok(Json(AccessGroupWritten { access_group: name, model_names, model_ids, models_updated: changed }))
}

/// Take an access group from all its models
#[utoipa::path(
    delete, path = "/access_group/{access_group}/delete", tag = "Models", params(("access_group" = String, Path)),
    responses(
        (status = 200, body = AccessGroupDeleted), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, description = "It stands in the configuration file", body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    Path(name): Path<String>,
) -> Result<Json<AccessGroupDeleted>, Failure> {
    let changed = access::remove(&engine, Actor::of(&authority), &name).await?;
    let message = format!("Access group '{name}' deleted successfully");
    Ok(Json(AccessGroupDeleted { access_group: name, models_updated: changed, message }))
}
