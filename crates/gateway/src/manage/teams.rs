//! `/team/*`: teams. `request` is what is taken and `view` what is shown; `list` finds teams, `members` is who is in them,
//! `access` what they and their members may use, and `callbacks` where their requests are to be told.

mod access;
mod callbacks;
mod list;
mod members;
mod request;
mod view;

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use postern_store::table::teams::TeamRow;
pub use request::TeamRequest;
use serde::{Deserialize, Serialize};
pub use view::TeamView;

use crate::auth::permissions::{Authority, Thing};
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::teams::bounds::{Outside, Standing};
use crate::registry::teams::read::{self, Whole};
use crate::registry::teams::{self, NewTeam};
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, JsonBody};

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(create))
        .routes(routes!(update))
        .routes(routes!(remove))
        .routes(routes!(block))
        .routes(routes!(unblock))
        .routes(routes!(list::info))
        .routes(routes!(list::all))
        .routes(routes!(list::page))
        .routes(routes!(list::available))
        .routes(routes!(members::add))
        .routes(routes!(members::bulk_add))
        .routes(routes!(members::update))
        .routes(routes!(members::remove))
        .routes(routes!(access::add_models))
        .routes(routes!(access::remove_models))
        .routes(routes!(access::permissions))
        .routes(routes!(access::set_permissions))
        .routes(routes!(callbacks::add, callbacks::read))
        .routes(routes!(callbacks::disable))
}

/// The refusal of a request without a member that it needs.
fn missing(name: &str) -> Failure {
    let mut failure = Failure::invalid("missing_field", format!("{name} is required")).with_param(name);
    failure.error.status = 422;
    failure
}

async fn whole(engine: &Engine, row: TeamRow) -> Result<Whole, Failure> {
    let mut found = engine.read(move |connection| read::whole(connection, vec![row])).await?;
    found.pop().ok_or_else(|| Failure::internal("a team's row was lost"))
}

async fn shown(engine: &Engine, row: TeamRow) -> Result<TeamView, Failure> {
    Ok(whole(engine, row).await?.into())
}

/// Refuses a team that is not the caller's; of what there is not, only an administrator hears that there is none.
fn check(engine: &Engine, authority: &Authority, team_id: &str) -> Result<Standing, Failure> {
    let directory = engine.directory.load();
    authority.check(&directory, Thing::Team(team_id))?;
    Ok(Standing::of(authority, &directory, team_id).unwrap_or(Standing::TeamAdmin))
}

/// Make a team
///
/// Whoever makes it becomes its administrator, if they are a user. People who are not known yet are made. An alias may be that of
/// another team: the id tells them apart.
#[utoipa::path(
    post, path = "/team/new", tag = "Teams", request_body = TeamRequest,
    responses(
        (status = 200, body = TeamView),
        (status = 400, description = "The id is taken, the organization is not known, or a field makes no sense or goes beyond the organization", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "An e-mail address belongs to somebody of another id", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<TeamRequest>,
) -> Result<Json<TeamView>, Failure> {
    let organization = body.organization_id.as_given().map_or("", String::as_str);
    if !authority.is_administrator() && organization.is_empty() {
        let message = "organization_id is needed: only a proxy admin makes teams outside of organizations";
        return Err(Failure::forbidden("organization_needed", message)
            .with_type("auth_error")
            .with_param("organization_id"));
    }
    let directory = engine.directory.load_full();
    authority.check(&directory, Thing::Organization(organization))?;
    let mut body = body.with_defaults(&directory.rules.default_team_params)?;
    let creator = authority.caller.user_id().filter(|id| directory.user(id).is_some()).map(str::to_owned);
    let new = NewTeam {
        id: body.team_id.take().filter(|id| !id.is_empty()),
        members: body.take_members(),
        fields: body.fields()?,
        creator,
        outside: Outside::of(&authority),
    };
    let row = teams::create(&engine, Actor::of(&authority), new).await?;
    Ok(Json(shown(&engine, row).await?))
}

/// The answer of `/team/update`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UpdatedTeam {
    pub team_id: String,
    pub data: TeamView,
}

/// Change a team
///
/// Absent members stay as they are, null clears. Metadata is replaced as a whole. A team's own administrators may not give it more
/// than it or its organization has; only a proxy admin moves it to another organization, and its keys go with it.
#[utoipa::path(
    post, path = "/team/update", tag = "Teams", request_body = TeamRequest,
    responses(
        (status = 200, body = UpdatedTeam),
        (status = 400, description = "A field makes no sense or goes beyond the organization", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<TeamRequest>,
) -> Result<Json<UpdatedTeam>, Failure> {
    let id = body.team_id.take().ok_or_else(|| missing("team_id"))?;
    let standing = check(&engine, &authority, &id)?;
    if body.says_members() {
        let known = id.clone();
        let found =
            engine.read(move |connection| postern_store::table::teams::find(connection, &known)).await?;
        body.check_members(&whole(&engine, found.ok_or_else(|| teams::unknown(&id))?).await?)?;
    }
    let row = teams::update(&engine, Actor::of(&authority), id, body.fields()?, standing).await?;
    Ok(Json(UpdatedTeam { team_id: row.team_id.clone(), data: shown(&engine, row).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct DeleteTeams {
    team_ids: Vec<String>,
    /// Refuse (409) where a key would be deleted, and change nothing.
    #[serde(default)]
    refuse_if_keys: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeletedTeams {
    /// As they were passed.
    pub deleted_teams: Vec<String>,
    /// How many keys were deleted with them.
    pub deleted_keys: usize,
}

/// Delete teams
///
/// Their keys are deleted with them, and stop from the next request on, unless `refuse_if_keys` is sent and there are some. People
/// stay. All of them are deleted or, if one is not there, none.
#[utoipa::path(
    post, path = "/team/delete", tag = "Teams", request_body = DeleteTeams,
    responses(
        (status = 200, body = DeletedTeams), (status = 400, description = "No team was named", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "Keys would be deleted, and refuse_if_keys was sent", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<DeleteTeams>,
) -> Result<Json<DeletedTeams>, Failure> {
    if body.team_ids.is_empty() {
        return Err(Failure::invalid("missing_field", "No team id passed in").with_param("team_ids"));
    }
    for id in &body.team_ids {
        check(&engine, &authority, id)?;
    }
    let wanted: BTreeSet<String> = body.team_ids.iter().cloned().collect();
    let deleted_keys = teams::remove(&engine, Actor::of(&authority), wanted, body.refuse_if_keys).await?;
    Ok(Json(DeletedTeams { deleted_teams: body.team_ids, deleted_keys }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct OneTeam {
    team_id: String,
}

/// Block a team: its keys are refused from the next request on
#[utoipa::path(
    post, path = "/team/block", tag = "Teams", request_body = OneTeam,
    responses(
        (status = 200, body = TeamView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn block(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneTeam>,
) -> Result<Json<TeamView>, Failure> {
    set_blocked(&engine, &authority, body.team_id, true).await
}

/// Unblock a team
#[utoipa::path(
    post, path = "/team/unblock", tag = "Teams", request_body = OneTeam,
    responses(
        (status = 200, body = TeamView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn unblock(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneTeam>,
) -> Result<Json<TeamView>, Failure> {
    set_blocked(&engine, &authority, body.team_id, false).await
}

async fn set_blocked(
    engine: &Engine,
    authority: &Authority,
    team_id: String,
    blocked: bool,
) -> Result<Json<TeamView>, Failure> {
    check(engine, authority, &team_id)?;
    let row = teams::set_blocked(engine, Actor::of(authority), team_id, blocked).await?;
    Ok(Json(shown(engine, row).await?))
}
