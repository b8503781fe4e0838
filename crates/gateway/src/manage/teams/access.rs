//! What a team may use, and what its members may do with its keys.

use axum::Json;
use axum::extract::State;
use postern_store::table::teams as table;
use serde::{Deserialize, Serialize};

use super::view::TeamView;
use super::{check, missing, shown};
use crate::auth::permissions::Authority;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::teams::{self, permissions as routes};
use crate::shapes::{ErrorBody, JsonBody, QueryOf};

#[derive(Deserialize, utoipa::ToSchema)]
pub struct TeamModels {
    team_id: String,
    models: Vec<String>,
}

/// Let a team use further models
///
/// A team without a list may use all models: the first that is added makes a list, and limits the team to it.
#[utoipa::path(
    post, path = "/team/model/add", tag = "Teams", request_body = TeamModels,
    responses(
        (status = 200, body = TeamView),
        (status = 400, description = "Its organization may not use one of them", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn add_models(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<TeamModels>,
) -> Result<Json<TeamView>, Failure> {
    change_models(&engine, &authority, body, true).await
}

/// Take models from a team
///
/// The last one that is taken leaves `no-default-models`, which stands for none: an empty list would allow all.
#[utoipa::path(
    post, path = "/team/model/delete", tag = "Teams", request_body = TeamModels,
    responses(
        (status = 200, body = TeamView),
        (status = 400, description = "The team may use all models, so none can be taken", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove_models(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<TeamModels>,
) -> Result<Json<TeamView>, Failure> {
    change_models(&engine, &authority, body, false).await
}

async fn change_models(
    engine: &Engine,
    authority: &Authority,
    body: TeamModels,
    adds: bool,
) -> Result<Json<TeamView>, Failure> {
    let standing = check(engine, authority, &body.team_id)?;
    let actor = Actor::of(authority);
    let row = teams::change_models(engine, actor, body.team_id, body.models, adds, standing).await?;
    Ok(Json(shown(engine, row).await?))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PermissionsQuery {
    #[param(required = true)]
    team_id: Option<String>,
}

/// What members of a team may call with its keys, and what they could be let to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamPermissions {
    pub team_id: String,
    pub team_member_permissions: Vec<String>,
    pub all_available_permissions: Vec<&'static str>,
}

/// Routes that members of a team may call with its keys
#[utoipa::path(
    get, path = "/team/permissions_list", tag = "Teams", params(PermissionsQuery),
    responses(
        (status = 200, body = TeamPermissions), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn permissions(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<PermissionsQuery>,
) -> Result<Json<TeamPermissions>, Failure> {
    let id = query.team_id.ok_or_else(|| missing("team_id"))?;
    check(&engine, &authority, &id)?;
    let wanted = id.clone();
    let row = engine.read(move |connection| table::find(connection, &wanted)).await?;
    let row = row.ok_or_else(|| teams::unknown(&id))?;
    Ok(Json(TeamPermissions {
        team_member_permissions: serde_json::from_str(&row.member_permissions).unwrap_or_default(),
        all_available_permissions: routes::known(),
        team_id: row.team_id,
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct SetPermissions {
    team_id: String,
    /// Routes; those of `all_available_permissions`.
    team_member_permissions: Vec<String>,
}

/// Set which routes members of a team may call with its keys
#[utoipa::path(
    post, path = "/team/permissions_update", tag = "Teams", request_body = SetPermissions,
    responses(
        (status = 200, body = TeamView),
        (status = 400, description = "A route is not known", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn set_permissions(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<SetPermissions>,
) -> Result<Json<TeamView>, Failure> {
    check(&engine, &authority, &body.team_id)?;
    let actor = Actor::of(&authority);
    let row = teams::set_permissions(&engine, actor, body.team_id, body.team_member_permissions).await?;
    Ok(Json(shown(&engine, row).await?))
}
