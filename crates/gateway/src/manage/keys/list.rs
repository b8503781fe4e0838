//! Lists of keys, narrowed to what the caller may see.

use axum::Json;
use axum::extract::State;
use postern_store::table::keys::{self as table, KeyFilter, SeenBy, SortBy};
use serde::{Deserialize, Serialize};

use super::view::{KeyView, views};
use crate::auth::permissions::{Authority, Sight, Thing};
use crate::directory::Directory;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::keys::token_of;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ListQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: i64,
    #[param(minimum = 1, maximum = 100, default = 10)]
    size: i64,
    user_id: Option<String>,
    team_id: Option<String>,
    /// Of the organization itself and of its teams.
    organization_id: Option<String>,
    /// Only the key of this hash.
    key_hash: Option<String>,
    /// Only the key of this alias.
    key_alias: Option<String>,
    /// Found in alias, name, user, team or hash.
    search: Option<String>,
    return_full_object: bool,
    /// With `user_id`: also the keys of the teams that they administer.
    include_team_keys: bool,
    /// With `user_id`: also the keys that they made.
    include_created_by_keys: bool,
    /// `created_at`, `updated_at`, `spend`, `max_budget`, `token` or `key_alias`.
    sort_by: Option<String>,
    /// `asc` or `desc`.
    #[param(default = "desc")]
    sort_order: Option<String>,
    /// `user`: with whose each key is. Only in whole objects.
    #[serde(alias = "expand[]")]
    expand: Option<String>,
    /// `deleted`: revoked keys instead.
    status: Option<String>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            page: 1,
            size: 10,
            user_id: None,
            team_id: None,
            organization_id: None,
            key_hash: None,
            key_alias: None,
            search: None,
            return_full_object: false,
            include_team_keys: false,
            include_created_by_keys: false,
            sort_by: None,
            sort_order: None,
            expand: None,
            status: None,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Listed {
    Hash(String),
    Full(Box<KeyView>),
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyList {
    /// Hashes, or rows with `return_full_object`.
    pub keys: Vec<Listed>,
    pub total_count: i64,
    pub current_page: i64,
    pub total_pages: i64,
}

fn wrong(name: &str, message: &str) -> Failure {
    Failure::invalid("invalid_query", message).with_param(name)
}

impl ListQuery {
    fn sort_by(&self) -> Result<SortBy, Failure> {
        match self.sort_by.as_deref() {
            None | Some("" | "created_at") => Ok(SortBy::CreatedAt),
            Some("updated_at") => Ok(SortBy::UpdatedAt),
            Some("spend") => Ok(SortBy::Spend),
            Some("max_budget") => Ok(SortBy::MaxBudget),
            Some("token") => Ok(SortBy::Token),
            Some("key_alias") => Ok(SortBy::Alias),
            Some(_) => Err(wrong(
                "sort_by",
                "sort_by must be one of spend, max_budget, created_at, updated_at, token, key_alias",
            )),
        }
    }

    fn ascending(&self) -> Result<bool, Failure> {
        match self.sort_order.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "desc") => Ok(false),
            Some("asc") => Ok(true),
            Some(_) => Err(wrong("sort_order", "sort_order must be asc or desc")),
        }
    }

    fn with_users(&self) -> Result<bool, Failure> {
        match self.expand.as_deref() {
            None | Some("") => Ok(false),
            Some("user") => Ok(true),
            Some(_) => Err(wrong("expand", "expand can only be user")),
        }
    }

    fn deleted(&self) -> Result<bool, Failure> {
        match self.status.as_deref() {
            None | Some("") => Ok(false),
            Some("deleted") => Ok(true),
            Some(_) => Err(wrong("status", "status can only be deleted")),
        }
    }

    fn check_page(&self) -> Result<(), Failure> {
        if self.page >= 1 && (1..=100).contains(&self.size) {
            return Ok(());
        }
        let name = if self.page < 1 { "page" } else { "size" };
        let mut failure = wrong(name, "page starts at 1, and size is 1 to 100");
        failure.error.status = 422;
        Err(failure)
    }

    fn filter(self, authority: &Authority, directory: &Directory) -> Result<KeyFilter, Failure> {
        let (sort_by, ascending, deleted) = (self.sort_by()?, self.ascending()?, self.deleted()?);
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (user_id, team_id) = (said(self.user_id), said(self.team_id));
        let organization_id = said(self.organization_id);
        let sight = authority.sight(directory);
        if let Some(sight) = &sight {
            check_filters(
                authority,
                directory,
                sight,
                user_id.as_deref(),
                team_id.as_deref(),
                organization_id.as_deref(),
            )?;
        }
        let mut filter = KeyFilter {
            team_id,
            organization_id,
            token: said(self.key_hash).map(|key| token_of(&key)),
            alias: said(self.key_alias),
            search: said(self.search),
            seen_by: sight.map(|sight| seen(sight, directory)),
            deleted,
            sort_by,
            ascending,
            limit: self.size,
            offset: (self.page - 1).saturating_mul(self.size),
            ..KeyFilter::default()
        };
        match user_id {
            Some(user) if self.include_team_keys || self.include_created_by_keys => {
                let teams = if self.include_team_keys { administered(directory, &user) } else { Vec::new() };
                let created_by = if self.include_created_by_keys { vec![user.clone()] } else { Vec::new() };
                let users = vec![user];
                filter.related_to = Some(SeenBy { users, teams, created_by, ..SeenBy::default() });
            }
            user => filter.user_id = user,
        }
        Ok(filter)
    }
}

/// What is asked for by name and is foreign is refused, not left out.
fn check_filters(
    authority: &Authority,
    directory: &Directory,
    sight: &Sight,
    user: Option<&str>,
    team: Option<&str>,
    organization: Option<&str>,
) -> Result<(), Failure> {
    if let Some(team) = team.filter(|team| !sight.teams.iter().any(|mine| mine == team)) {
        authority.check(directory, Thing::Team(team))?;
    }
    if let Some(organization) = organization {
        authority.check(directory, Thing::Organization(organization))?;
    }
    // Who administers something sees keys of others in it, and no more of them.
    if let Some(user) = user.filter(|user| authority.caller.user_id() != Some(user))
        && sight.teams.is_empty()
        && sight.organizations.is_empty()
    {
        authority.check(directory, Thing::User(user))?;
    }
    Ok(())
}

fn seen(sight: Sight, directory: &Directory) -> SeenBy {
    let own = sight.key.and_then(|id| Some(directory.key_of(id)?.token()));
    SeenBy {
        tokens: own.into_iter().collect(),
        users: sight.users,
        teams: sight.teams,
        organizations: sight.organizations,
        created_by: Vec::new(),
    }
}

fn administered(directory: &Directory, user: &str) -> Vec<String> {
    let teams = directory.user(user).into_iter().flat_map(|user| user.teams.iter());
    let theirs = teams.filter(|team| {
        let member = directory.team(team).and_then(|team| team.members.get(user));
        member.is_some_and(|member| member.is_admin)
    });
    theirs.map(ToString::to_string).collect()
}

/// Whose keys a list may show; `None`: all.
pub(in crate::manage) fn seen_by(authority: &Authority, directory: &Directory) -> Option<SeenBy> {
    authority.sight(directory).map(|sight| seen(sight, directory))
}

/// Keys in pages, newest first unless asked otherwise
#[utoipa::path(
    get, path = "/key/list", tag = "Keys", params(ListQuery),
    responses(
        (status = 200, body = KeyList),
        (status = 400, description = "An order or a status that there is not", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "Somebody else's keys", body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn list(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<KeyList>, Failure> {
    query.check_page()?;
    let (page, size, full, with_users) =
        (query.page, query.size, query.return_full_object, query.with_users()?);
    let filter = query.filter(&authority, &engine.directory.load())?;
    let (total_count, rows) = engine
        .read(move |connection| Ok((table::count(connection, &filter)?, table::page(connection, &filter)?)))
        .await?;
    let keys = if full {
        let views = views(&engine, rows, with_users).await?;
        views.into_iter().map(|view| Listed::Full(Box::new(view))).collect()
    } else {
        rows.into_iter().map(|row| Listed::Hash(row.token)).collect()
    };
    let total_pages = total_count.unsigned_abs().div_ceil(size.unsigned_abs()) as i64;
    Ok(Json(KeyList { keys, total_count, current_page: page, total_pages }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyAliases {
    pub aliases: Vec<String>,
}

/// The aliases of keys, in order
#[utoipa::path(
    get, path = "/key/aliases", tag = "Keys",
    responses((status = 200, body = KeyAliases), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn aliases(
    State(engine): State<Shared>,
    authority: Authority,
) -> Result<Json<KeyAliases>, Failure> {
    let filter = {
        let directory = engine.directory.load();
        let seen_by = seen_by(&authority, &directory);
        KeyFilter { seen_by, ..KeyFilter::default() }
    };
    let aliases = engine.read(move |connection| table::aliases(connection, &filter)).await?;
    Ok(Json(KeyAliases { aliases }))
}
