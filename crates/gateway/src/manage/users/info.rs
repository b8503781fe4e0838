//! `/user/info`: somebody, with their keys and teams.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use postern_store::table::keys::{self, KeyFilter, KeyRow};
use postern_store::table::members::{self, TeamMemberRow};
use postern_store::table::spent::{self, Question, Subject};
use postern_store::table::teams::{self, TeamRow};
use postern_store::table::users as table;
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::view::{UserView, views};
use crate::auth::ADMINISTRATOR;
use crate::auth::permissions::{Authority, Thing};
use crate::clock;
use crate::directory::Role;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::{limited, users};
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    /// The caller's own when absent.
    user_id: Option<String>,
}

/// Somebody, with their keys and teams.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UserInfo {
    pub user_id: String,
    /// Null for the administrator's key where there is no such user.
    pub user_info: Option<UserView>,
    pub keys: Vec<KeyOfUser>,
    pub teams: Vec<TeamOfUser>,
    pub user_alias: Option<String>,
    pub user_email: Option<String>,
    pub user_role: String,
    pub max_budget: Option<f64>,
    pub spend: f64,
    pub models: Vec<String>,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
}

/// A key of a user. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyOfUser {
    /// SHA-256 of the key; every key parameter takes it in place of the key.
    pub token: String,
    /// `sk-...` and the last four characters.
    pub key_name: String,
    pub key_alias: Option<String>,
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub team_alias: Option<String>,
    pub organization_id: Option<String>,
    pub models: Vec<String>,
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    pub expires: Option<String>,
    pub blocked: bool,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
}

/// A team of a user. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamOfUser {
    pub team_id: String,
    pub team_alias: Option<String>,
    pub organization_id: Option<String>,
    pub members_with_roles: Vec<MemberOfTeam>,
    pub models: Vec<String>,
    pub spend: f64,
    pub max_budget: Option<f64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<String>,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    pub blocked: bool,
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MemberOfTeam {
    pub user_id: String,
    /// `admin` or `user`.
    pub role: String,
}

/// Keys, each with what it spent, and teams with their members and what they spent.
#[derive(Default)]
struct Beside {
    keys: Vec<(KeyRow, i64)>,
    teams: Vec<(TeamRow, Vec<TeamMemberRow>, i64)>,
}

fn read(connection: &Connection, user_id: &str) -> Result<Beside, SqlError> {
    let filter = KeyFilter {
        user_id: Some(user_id.to_owned()),
        ascending: true,
        limit: i64::MAX,
        ..KeyFilter::default()
    };
    let keys = keys::page(connection, &filter)?;
    let memberships = members::teams_of(connection, user_id)?;
    let teams: Vec<TeamRow> = memberships
        .iter()
        .filter_map(|row| teams::find(connection, &row.team_id).transpose())
        .collect::<Result<_, _>>()?;
    let of_keys = keys.iter().map(|row| (Subject::Key(row.id), &row.limits));
    let of_teams = teams.iter().map(|row| (Subject::Team(row.team_id.clone()), &row.limits));
    let (questions, offsets): (Vec<Question>, Vec<i64>) = of_keys
        .chain(of_teams)
        .map(|(subject, limits)| {
            let question = Question { subject, model_group: None, since: limits.budget_started_at };
            (question, limits.spend_offset_nanos)
        })
        .unzip();
    let sums = spent::sums(connection, &questions)?;
    let mut spent = sums.into_iter().zip(offsets).map(|(sum, offset)| sum.saturating_add(offset));
    let mut next = || spent.next().unwrap_or_default();
    let keys = keys.into_iter().map(|row| (row, next())).collect();
    let teams = teams
        .into_iter()
        .map(|row| {
            let people = members::of_team(connection, &row.team_id)?;
            Ok((row, people, next()))
        })
        .collect::<Result<_, SqlError>>()?;
    Ok(Beside { keys, teams })
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn key_view(row: KeyRow, spent: i64, aliases: &HashMap<String, Option<String>>) -> KeyOfUser {
    KeyOfUser {
        team_alias: row.team_id.as_ref().and_then(|team| aliases.get(team).cloned().flatten()),
        token: row.token,
        key_name: row.key_name,
        key_alias: row.key_alias,
        user_id: row.user_id,
        team_id: row.team_id,
        organization_id: row.organization_id,
        models: serde_json::from_str(&row.models).unwrap_or_default(),
        spend: limited::shown(spent),
        max_budget: row.limits.max_budget_nanos.map(limited::shown),
        budget_duration: row.limits.budget_duration,
        budget_reset_at: row.limits.budget_reset_at.map(clock::text),
        rpm_limit: row.limits.rpm_limit,
        tpm_limit: row.limits.tpm_limit,
        max_parallel_requests: row.limits.max_parallel_requests,
        expires: row.expires_at.map(clock::text),
        blocked: row.blocked,
        metadata: object(&row.metadata),
        created_at: clock::text(row.created_at),
        created_by: row.created_by,
        updated_at: clock::text(row.updated_at),
    }
}

fn team_view(row: TeamRow, people: Vec<TeamMemberRow>, spent: i64) -> TeamOfUser {
    let people = people.into_iter().map(|row| MemberOfTeam { user_id: row.user_id, role: row.role });
    TeamOfUser {
        members_with_roles: people.collect(),
        team_id: row.team_id,
        team_alias: row.team_alias,
        organization_id: row.organization_id,
        models: serde_json::from_str(&row.models).unwrap_or_default(),
        spend: limited::shown(spent),
        max_budget: row.limits.max_budget_nanos.map(limited::shown),
        budget_duration: row.limits.budget_duration,
        budget_reset_at: row.limits.budget_reset_at.map(clock::text),
        rpm_limit: row.limits.rpm_limit,
        tpm_limit: row.limits.tpm_limit,
        max_parallel_requests: row.limits.max_parallel_requests,
        blocked: row.blocked,
        metadata: object(&row.metadata),
        created_at: clock::text(row.created_at),
        updated_at: clock::text(row.updated_at),
    }
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
    let beside = engine.read(move |connection| read(connection, &user_id)).await?;
    let shown = views(&engine, &authority, vec![row]).await?.pop();
    let user = shown.ok_or_else(|| Failure::internal("a user's row was lost"))?;
    let directory = engine.directory.load();
    let is_own = authority.caller.user_id() == Some(user.user_id.as_str());
    // Of somebody who is elsewhere too, the rest is not shown.
    let may_see_key = |row: &KeyRow| {
        let (user, team) = (row.user_id.as_deref(), row.team_id.as_deref());
        let organization = row.organization_id.as_deref();
        is_own || authority.reaches(&directory, Thing::Key { id: row.id, user, team, organization })
    };
    let may_see_team = |row: &TeamRow| is_own || authority.reaches(&directory, Thing::Team(&row.team_id));
    let aliases: HashMap<String, Option<String>> =
        beside.teams.iter().map(|(row, ..)| (row.team_id.clone(), row.team_alias.clone())).collect();
    let keys = beside.keys.into_iter().filter(|(row, _)| may_see_key(row));
    let teams = beside.teams.into_iter().filter(|(row, ..)| may_see_team(row));
    Ok(Json(UserInfo {
        user_id: user.user_id.clone(),
        keys: keys.map(|(row, spent)| key_view(row, spent, &aliases)).collect(),
        teams: teams.map(|(row, people, spent)| team_view(row, people, spent)).collect(),
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
