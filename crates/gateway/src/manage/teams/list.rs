//! Teams to be looked at: one of them, all, a page, and those that may be joined.

use axum::Json;
use axum::extract::State;
use postern_store::table::keys::KeyRow;
use postern_store::table::members;
use postern_store::table::teams::{self as table, SeenBy, SortBy, TeamFilter, TeamRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::view::{ListedTeam, Membership, TeamView};
use super::{check, missing};
use crate::auth::permissions::{Authority, Thing, is_open};
use crate::directory::Directory;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::keys::{self, KeyView};
use crate::registry::teams::bounds::Standing;
use crate::registry::teams::fields::MemberDefaults;
use crate::registry::teams::{self, read};
use crate::shapes::{ErrorBody, QueryOf};

/// Whether a caller may see what others do in a team; whose it is, and who only looks at everything, may.
fn sees_others(authority: &Authority, directory: &Directory, team_id: &str) -> bool {
    authority.reaches_all(directory) || Standing::of(authority, directory, team_id).is_some()
}

/// The keys of a team that a caller may see: who is only a member sees their own.
fn seen(authority: &Authority, directory: &Directory, team_id: &str, keys: Vec<KeyRow>) -> Vec<KeyRow> {
    if sees_others(authority, directory, team_id) {
        return keys;
    }
    let me = authority.caller.user_id();
    keys.into_iter().filter(|key| me.is_some() && key.user_id.as_deref() == me).collect()
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    #[param(required = true)]
    team_id: Option<String>,
}

/// A team with its keys and what its members have.
#[derive(Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "named as LiteLLM does")]
pub struct TeamInfo {
    pub team_id: String,
    pub team_info: TeamView,
    /// The keys that the caller may see: whoever is only a member sees their own.
    pub keys: Vec<KeyView>,
    /// Of everybody; whoever is only a member sees their own.
    pub team_memberships: Vec<Membership>,
}

/// One team
#[utoipa::path(
    get, path = "/team/info", tag = "Teams", params(InfoQuery),
    responses(
        (status = 200, body = TeamInfo), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<TeamInfo>, Failure> {
    let id = query.team_id.ok_or_else(|| missing("team_id"))?;
    check(&engine, &authority, &id)?;
    let directory = engine.directory.load_full();
    let wanted = id.clone();
    let found = engine
        .read(move |connection| {
            let Some(row) = table::find(connection, &wanted)? else { return Ok(None) };
            let members = members::of_team(connection, &wanted)?;
            let spent = read::spent_by(connection, &members)?;
            let keys = teams::keys_of(connection, &wanted)?;
            let team = read::whole(connection, vec![row])?.pop();
            Ok(team.map(|team| (team, members, spent, keys)))
        })
        .await?;
    let (team, members, spent, keys) = found.ok_or_else(|| teams::unknown(&id))?;
    let defaults = MemberDefaults::of(&team.row);
    let all = sees_others(&authority, &directory, &id);
    let me = authority.caller.user_id();
    let theirs = members.into_iter().zip(spent).filter(|(row, _)| all || me == Some(row.user_id.as_str()));
    let team_memberships = theirs.map(|(row, spent)| Membership::new(row, spent, &defaults)).collect();
    let keys = keys::views(&engine, seen(&authority, &directory, &id, keys), false).await?;
    Ok(Json(TeamInfo { team_id: id, team_info: team.into(), keys, team_memberships }))
}

#[derive(Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ListQuery {
    /// Only teams that this user is in.
    user_id: Option<String>,
    /// Only teams of this organization.
    organization_id: Option<String>,
}

/// What a caller may see of all teams; whom they ask about must be theirs.
fn narrowed(
    engine: &Engine,
    authority: &Authority,
    user_id: Option<String>,
    organization_id: Option<String>,
) -> Result<TeamFilter, Failure> {
    let directory = engine.directory.load();
    let user_id = user_id.filter(|id| !id.is_empty());
    let organization_id = organization_id.filter(|id| !id.is_empty());
    if let Some(id) = user_id.as_deref().filter(|id| authority.caller.user_id() != Some(id)) {
        authority.check(&directory, Thing::User(id))?;
    }
    if let Some(id) = &organization_id {
        authority.check(&directory, Thing::Organization(id))?;
    }
    let seen_by = authority.sight(&directory).map(|sight| SeenBy {
        users: sight.users,
        teams: sight.teams,
        organizations: sight.organizations,
    });
    Ok(TeamFilter { user_id, organization_id, seen_by, limit: i64::MAX, ..TeamFilter::default() })
}

async fn listed(
    engine: &Engine,
    authority: &Authority,
    rows: Vec<TeamRow>,
) -> Result<Vec<ListedTeam>, Failure> {
    let directory = engine.directory.load_full();
    let (teams, keys) = engine
        .read(move |connection| {
            let keys: Result<Vec<Vec<KeyRow>>, _> =
                rows.iter().map(|row| teams::keys_of(connection, &row.team_id)).collect();
            Ok((read::whole(connection, rows)?, keys?))
        })
        .await?;
    let keys: Vec<Vec<KeyRow>> = teams
        .iter()
        .zip(keys)
        .map(|(team, keys)| seen(authority, &directory, &team.row.team_id, keys))
        .collect();
    let counts: Vec<usize> = keys.iter().map(Vec::len).collect();
    let mut views = keys::views(engine, keys.into_iter().flatten().collect(), false).await?.into_iter();
    Ok(teams
        .into_iter()
        .zip(counts)
        .map(|(team, count)| ListedTeam { team: team.into(), keys: views.by_ref().take(count).collect() })
        .collect())
}

/// The teams that the caller may see, oldest first
#[utoipa::path(
    get, path = "/team/list", tag = "Teams", params(ListQuery),
    responses((status = 200, body = Vec<ListedTeam>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn all(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Vec<ListedTeam>>, Failure> {
    let filter = narrowed(&engine, &authority, query.user_id, query.organization_id)?;
    let rows = engine.read(move |connection| table::page(connection, &filter)).await?;
    Ok(Json(listed(&engine, &authority, rows).await?))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PageQuery {
    /// Only teams that this user is in.
    user_id: Option<String>,
    /// Only teams of this organization.
    organization_id: Option<String>,
    team_id: Option<String>,
    /// Found in the alias.
    team_alias: Option<String>,
    #[param(minimum = 1, maximum = 1_000_000_000)]
    page: i64,
    #[param(minimum = 1, maximum = 100)]
    page_size: i64,
    /// `created_at`, `updated_at`, `team_id`, `team_alias` or `max_budget`.
    sort_by: Option<String>,
    /// `asc` or `desc`.
    sort_order: String,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self {
            user_id: None,
            organization_id: None,
            team_id: None,
            team_alias: None,
            page: 1,
            page_size: 10,
            sort_by: None,
            sort_order: "asc".to_owned(),
        }
    }
}

const SORTS: [(&str, SortBy); 5] = [
    ("created_at", SortBy::CreatedAt),
    ("updated_at", SortBy::UpdatedAt),
    ("team_id", SortBy::Id),
    ("team_alias", SortBy::Alias),
    ("max_budget", SortBy::MaxBudget),
];

/// A page of teams.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamPage {
    pub teams: Vec<ListedTeam>,
    pub total: i64,
    pub page: i64,
    pub page_size: i64,
    pub total_pages: i64,
}

/// A page of the teams that the caller may see
#[utoipa::path(
    get, path = "/v2/team/list", tag = "Teams", params(PageQuery),
    responses(
        (status = 200, body = TeamPage),
        (status = 400, description = "What to sort by is not known", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn page(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<TeamPage>, Failure> {
    let (page, page_size) = (query.page, query.page_size);
    if !(1..=1_000_000_000).contains(&page) || !(1..=100).contains(&page_size) {
        let mut failure =
            Failure::invalid("invalid_query", "page is 1 to 1000000000, and page_size 1 to 100");
        failure.error.status = 422;
        return Err(failure);
    }
    let sort_by = match query.sort_by.as_deref().filter(|name| !name.is_empty()) {
        None => SortBy::default(),
        Some(wanted) => {
            let found = SORTS.iter().find(|(name, _)| *name == wanted).map(|(_, sort)| *sort);
            found.ok_or_else(|| {
                let known: Vec<&str> = SORTS.iter().map(|(name, _)| *name).collect();
                let message = format!("sort_by must be one of {}", known.join(", "));
                Failure::invalid("invalid_sort", message).with_param("sort_by")
            })?
        }
    };
    let descending = match query.sort_order.as_str() {
        "asc" => false,
        "desc" => true,
        _ => {
            let message = "sort_order must be asc or desc";
            return Err(Failure::invalid("invalid_sort", message).with_param("sort_order"));
        }
    };
    let filter = TeamFilter {
        team_id: query.team_id.filter(|id| !id.is_empty()),
        alias: query.team_alias.filter(|alias| !alias.is_empty()),
        sort_by,
        descending,
        limit: page_size,
        offset: (page - 1) * page_size,
        ..narrowed(&engine, &authority, query.user_id, query.organization_id)?
    };
    let (rows, total) = engine
        .read(move |connection| Ok((table::page(connection, &filter)?, table::count(connection, &filter)?)))
        .await?;
    let teams = listed(&engine, &authority, rows).await?;
    let total_pages = (total + page_size - 1) / page_size;
    Ok(Json(TeamPage { teams, total, page, page_size, total_pages }))
}

/// A team that may be joined.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AvailableTeam {
    pub team_id: String,
    pub team_alias: Option<String>,
    pub organization_id: Option<String>,
    pub models: Vec<String>,
    /// What its metadata says of it.
    pub description: Option<String>,
}

/// Teams that whoever calls may join
///
/// Those that `litellm_settings.default_internal_user_params.available_teams` names, without those that the caller is in and those
/// of other organizations. `/team/member_add` with one's own user_id joins one.
#[utoipa::path(
    get, path = "/team/available", tag = "Teams",
    responses(
        (status = 200, body = Vec<AvailableTeam>),
        (status = 400, description = "The configuration names none", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    )
)]
pub async fn available(
    State(engine): State<Shared>,
    authority: Authority,
) -> Result<Json<Vec<AvailableTeam>>, Failure> {
    let directory = engine.directory.load_full();
    if directory.rules.open_teams().next().is_none() {
        let message = "No available teams for user to join. litellm_settings.default_internal_user_params.available_teams names them.";
        return Err(Failure::invalid("no_available_teams", message));
    }
    let me = authority.caller.identity().and_then(|identity| identity.user.clone());
    let may_join = |id: &&str| match &me {
        None => true,
        Some(me) if authority.is_administrator() => !me.teams.contains(*id),
        Some(me) => !me.teams.contains(*id) && is_open(&directory, id, me),
    };
    let wanted: Vec<String> = directory.rules.open_teams().filter(may_join).map(str::to_owned).collect();
    let rows = engine
        .read(move |connection| {
            let found = wanted.iter().map(|id| table::find(connection, id));
            found.filter_map(Result::transpose).collect::<Result<Vec<TeamRow>, _>>()
        })
        .await?;
    let shown = rows.into_iter().map(|row| {
        let metadata: Value = serde_json::from_str(&row.metadata).unwrap_or_default();
        AvailableTeam {
            description: metadata.get("description").and_then(Value::as_str).map(str::to_owned),
            models: serde_json::from_str(&row.models).unwrap_or_default(),
            team_id: row.team_id,
            team_alias: row.team_alias,
            organization_id: row.organization_id,
        }
    });
    Ok(Json(shown.collect()))
}
