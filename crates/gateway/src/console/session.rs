//! Who am I, and what may I do? What the console shows and hides follows from the answer, which follows from the table of
//! permissions.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::auth::Caller;
use crate::auth::permissions::Authority;
use crate::directory::{self, Directory, Member};
use crate::http::Shared;
use crate::shapes::ErrorBody;

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    /// Looks at everything and changes nothing.
    AdminViewer,
    User,
    /// Looks at what is theirs.
    Viewer,
    /// A key that belongs to nobody.
    Key,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Window,
    Network,
}

/// A team or an organization that somebody is in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SessionMembership {
    pub id: String,
    pub alias: Option<String>,
    /// `admin` or `user` of a team; `org_admin`, `internal_user` or `internal_user_viewer` of an organization.
    pub role: &'static str,
}

/// Declares what there is to be opened and done, each with the route that it is asked by.
macro_rules! may {
    ($($(#[$about:meta])* $name:ident: $method:literal $path:literal,)+) => {
        /// Which pages and actions are open to somebody, in part at least.
        #[derive(Serialize, utoipa::ToSchema)]
        pub struct May { $($(#[$about])* pub $name: bool,)+ }

        impl May {
            fn of(authority: &Authority, directory: &Directory) -> Self {
                Self { $($name: authority.on($method, $path).may_call(directory),)+ }
            }
        }

        #[cfg(test)]
        pub(super) const ROUTES: &[(&str, &str)] = &[$(($method, $path),)+];
    };
}

may! {
    overview: "GET" "/console/spend",
    requests: "GET" "/console/requests",
    events: "GET" "/console/events",
    limits: "GET" "/console/limits",
    catalogue: "GET" "/console/catalogue",
    models: "GET" "/v2/model/info",
    access_groups: "GET" "/access_group/list",
    providers: "GET" "/console/providers",
    keys: "GET" "/key/list",
    users: "GET" "/user/list",
    teams: "GET" "/team/list",
    organizations: "GET" "/organization/list",
    budgets: "GET" "/budget/list",
    customers: "GET" "/customer/list",
    tags: "GET" "/tag/list",
    audit: "GET" "/audit",
    create_keys: "POST" "/key/generate",
    block_keys: "POST" "/key/block",
    create_users: "POST" "/user/new",
    invite: "POST" "/invitation/new",
    create_teams: "POST" "/team/new",
    change_teams: "POST" "/team/update",
    create_organizations: "POST" "/organization/new",
    change_organizations: "PATCH" "/organization/update",
    change_models: "POST" "/model/new",
    publish_models: "POST" "/model_group/make_public",
    change_access_groups: "POST" "/access_group/new",
    change_budgets: "POST" "/budget/new",
    change_customers: "POST" "/customer/new",
    change_tags: "POST" "/tag/new",
    change_providers: "POST" "/console/providers",
    change_prices: "PUT" "/console/prices/{provider}/{model}",
    change_fallbacks: "POST" "/fallback",
    reload_config: "POST" "/config/reload",
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Session {
    pub role: Role,
    /// The alias or the end of the key.
    pub key_name: Option<String>,
    pub origin: Origin,
    /// Made by signing in, and ended by signing out.
    pub signed_in: bool,
    pub user_id: Option<String>,
    pub user_email: Option<String>,
    /// The team that the key belongs to.
    pub team_id: Option<String>,
    pub teams: Vec<SessionMembership>,
    pub organizations: Vec<SessionMembership>,
    pub may: May,
}

/// Whose key this is, and what it opens
#[utoipa::path(get, path = "/console/session", tag = "Console", responses((status = 200, body = Session), (status = 401, body = ErrorBody)))]
pub async fn session(State(engine): State<Shared>, authority: Authority) -> Json<Session> {
    let directory = engine.directory.load();
    let caller = &authority.caller;
    let identity = caller.identity();
    let key = caller.key();
    let user = identity.and_then(|identity| identity.user.as_ref());
    let teams = user.iter().flat_map(|user| &user.teams).filter_map(|id| directory.team(id));
    let organizations = user.iter().flat_map(|user| &user.organizations);
    let organizations = organizations.filter_map(|id| directory.organization(id));
    let member = |of: &Member, admin: &'static str, others: &'static str, viewer: &'static str| {
        if of.is_admin {
            admin
        } else if of.views_only {
            viewer
        } else {
            others
        }
    };
    Json(Session {
        role: role(caller),
        key_name: key.map(|key| key.label.to_string()),
        origin: if matches!(caller, Caller::Internal) { Origin::Window } else { Origin::Network },
        signed_in: key.is_some_and(|key| key.is_session),
        user_id: caller.user_id().map(str::to_owned),
        user_email: user.and_then(|user| user.email.as_deref().map(str::to_owned)),
        team_id: key.and_then(|key| key.team_id.as_deref().map(str::to_owned)),
        teams: teams
            .map(|team| SessionMembership {
                id: team.id.to_string(),
                alias: team.alias.as_deref().map(str::to_owned),
                role: user
                    .and_then(|user| team.members.get(&user.id))
                    .map_or("user", |of| member(of, "admin", "user", "user")),
            })
            .collect(),
        organizations: organizations
            .map(|organization| SessionMembership {
                id: organization.id.to_string(),
                alias: Some(organization.alias.to_string()),
                role: user
                    .and_then(|user| organization.members.get(&user.id))
                    .map_or("internal_user", |of| {
                        member(of, "org_admin", "internal_user", "internal_user_viewer")
                    }),
            })
            .collect(),
        may: May::of(&authority, &directory),
    })
}

fn role(caller: &Caller) -> Role {
    let user = caller.identity().map(|identity| identity.user.as_ref().map(|user| user.role));
    match user {
        None | Some(Some(directory::Role::ProxyAdmin)) => Role::Admin,
        Some(Some(directory::Role::ProxyAdminViewer)) => Role::AdminViewer,
        Some(Some(directory::Role::InternalUser)) => Role::User,
        Some(Some(directory::Role::InternalUserViewer)) => Role::Viewer,
        Some(None) => Role::Key,
    }
}

#[cfg(test)]
mod tests;
