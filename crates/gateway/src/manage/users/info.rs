//! `/user/info`: somebody, with their keys and teams.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use postern_store::table::keys::{self, KeyFilter, KeyRow};
use postern_store::table::{members, teams, users as table};
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::view::{UserView, views};
use crate::auth::ADMINISTRATOR;
use crate::auth::permissions::{Authority, Thing};
use crate::directory::Role;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::keys::{KeyView, views as key_views};
use crate::manage::teams::TeamView;
use crate::registry;
use crate::registry::teams::read::{Whole, whole};
use crate::registry::users;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    /// The caller's own when absent.
    user_id: Option<String>,
}

/// Somebody, with their keys and teams.
#[derive(Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "named as LiteLLM does")]
pub struct UserInfo {
    pub user_id: String,
    /// Null for the administrator's key where there is no such user.
    pub user_info: Option<UserView>,
    pub keys: Vec<KeyOfUser>,
    pub teams: Vec<TeamView>,
    pub user_alias: Option<String>,
    pub user_email: Option<String>,
    pub user_role: String,
    pub max_budget: Option<f64>,
    pub spend: f64,
    pub models: Vec<String>,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// A key of a user.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyOfUser {
    #[serde(flatten)]
    pub key: KeyView,
    pub team_alias: Option<String>,
}

fn keys_of(connection: &Connection, user_id: &str) -> Result<Vec<KeyRow>, SqlError> {
    let filter = KeyFilter {
        user_id: Some(user_id.to_owned()),
        ascending: true,
        limit: i64::MAX,
        ..KeyFilter::default()
    };
    keys::page(connection, &filter)
}

fn teams_of(connection: &Connection, user_id: &str) -> Result<Vec<Whole>, SqlError> {
    let memberships = members::teams_of(connection, user_id)?;
    let rows = memberships.iter().filter_map(|row| teams::find(connection, &row.team_id).transpose());
    whole(connection, rows.collect::<Result<_, _>>()?)
}

/// The user that is asked for, if the caller may ask for them. `None`: the administrator's key asks for itself, and there is no
/// user of its name.
async fn asked(
    engine: &Engine,
    authority: &Authority,
    query: InfoQuery,
) -> Result<Option<table::UserRow>, Failure> {
    let named = query.user_id.filter(|id| !id.is_empty());
    let own = authority.caller.user_id().map(str::to_owned);
    let is_own = named.is_none();
    let id = named.or(own).unwrap_or_else(|| ADMINISTRATOR.to_owned());
    authority.check(&engine.directory.load(), Thing::User(&id))?;
    let wanted = id.clone();
    let found = engine.read(move |connection| table::find(connection, &wanted)).await?;
    if found.is_none() && !(is_own && authority.caller.identity().is_none()) {
        return Err(users::unknown(&id));
    }
    Ok(found)
}

/// Somebody, with their keys and teams
#[utoipa::path(
    get, path = "/user/info", tag = "Users", params(InfoQuery),
    responses(
        (status = 200, body = UserInfo), (status = 401, body = ErrorBody),
        (status = 403, description = "Somebody else", body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<UserInfo>, Failure> {
    let Some(row) = asked(&engine, &authority, query).await? else {
        return Ok(Json(UserInfo {
            user_id: ADMINISTRATOR.to_owned(),
            user_info: None,
            keys: Vec::new(),
            teams: Vec::new(),
            user_alias: None,
            user_email: None,
            user_role: Role::ProxyAdmin.as_str().to_owned(),
            max_budget: None,
            spend: 0.0,
            models: Vec::new(),
            metadata: Map::new(),
        }));
    };
    let user_id = row.user_id.clone();
    let (keys, teams) = engine
        .read(move |connection| Ok((keys_of(connection, &user_id)?, teams_of(connection, &user_id)?)))
        .await?;
    let shown = views(&engine, &authority, vec![row]).await?.pop();
    let user = shown.ok_or_else(|| Failure::internal("a user's row was lost"))?;
    let directory = engine.directory.load_full();
    let is_own = authority.caller.user_id() == Some(user.user_id.as_str());
    // Of somebody who is elsewhere too, the rest is not shown.
    let mine = |thing: Thing<'_>| is_own || authority.reaches(&directory, thing);
    let keys: Vec<KeyRow> = keys.into_iter().filter(|row| mine(registry::keys::thing(row))).collect();
    let aliases: HashMap<String, Option<String>> =
        teams.iter().map(|team| (team.row.team_id.clone(), team.row.team_alias.clone())).collect();
    let teams = teams.into_iter().filter(|team| mine(Thing::Team(&team.row.team_id)));
    let teams = teams.map(TeamView::from).collect();
    let keys = key_views(&engine, keys, false).await?.into_iter().map(|key| KeyOfUser {
        team_alias: key.team_id.as_ref().and_then(|team| aliases.get(team).cloned().flatten()),
        key,
    });
    Ok(Json(UserInfo {
        user_id: user.user_id.clone(),
        keys: keys.collect(),
        teams,
        user_alias: user.user_alias.clone(),
        user_email: user.user_email.clone(),
        user_role: user.user_role.clone(),
        max_budget: user.max_budget,
        spend: user.spend,
        models: user.models.clone(),
        metadata: user.metadata.clone(),
        user_info: Some(user),
    }))
}

/// Somebody, without their keys
#[utoipa::path(
    get, path = "/v2/user/info", tag = "Users", params(InfoQuery),
    responses(
        (status = 200, body = UserView), (status = 401, body = ErrorBody),
        (status = 403, description = "Somebody else", body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn row(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<UserView>, Failure> {
    let row = asked(&engine, &authority, query).await?.ok_or_else(|| users::unknown(ADMINISTRATOR))?;
    let shown = views(&engine, &authority, vec![row]).await?.pop();
    Ok(Json(shown.ok_or_else(|| Failure::internal("a user's row was lost"))?))
}
