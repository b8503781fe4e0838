//! What users there are and may be.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use postern_store::table::{teams, users};
use serde::Serialize;

use crate::directory::Role;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::ErrorBody;

/// How many users and teams there are. There may be as many as one likes: what is left of that is null.
#[derive(Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "named as LiteLLM does")]
pub struct AvailableUsers {
    pub total_users: Option<i64>,
    pub total_teams: Option<i64>,
    pub total_users_used: i64,
    pub total_teams_used: usize,
    pub total_teams_remaining: Option<i64>,
    pub total_users_remaining: Option<i64>,
}

/// How many users and teams there are
#[utoipa::path(
    get, path = "/user/available_users", tag = "Users",
    responses((status = 200, body = AvailableUsers), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn available_users(State(engine): State<Shared>) -> Result<Json<AvailableUsers>, Failure> {
    let (people, groups) = engine
        .read(|connection| {
            let people = users::count(connection, &users::UserFilter::default())?;
            Ok((people, teams::all(connection)?.len()))
        })
        .await?;
    Ok(Json(AvailableUsers {
        total_users: None,
        total_teams: None,
        total_users_used: people,
        total_teams_used: groups,
        total_teams_remaining: None,
        total_users_remaining: None,
    }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct RoleView {
    pub description: String,
    pub ui_label: String,
}

/// What users may be, by the name of the role
#[utoipa::path(
    get, path = "/user/available_roles", tag = "Users",
    responses((status = 200, body = BTreeMap<String, RoleView>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn available_roles() -> Json<BTreeMap<&'static str, RoleView>> {
    let about = |role: Role| match role {
        Role::ProxyAdmin => ("Admin (all permissions)", "Administers the gateway: may do everything"),
        Role::ProxyAdminViewer => ("Admin (view only)", "Sees keys, people and spend of the whole gateway"),
        Role::InternalUser => {
            ("Internal user", "Makes, changes and removes their own keys, sees their own spend")
        }
        Role::InternalUserViewer => ("Internal user (view only)", "Sees their own keys and their own spend"),
    };
    let views = Role::ALL.map(|role| {
        let (label, description) = about(role);
        (role.as_str(), RoleView { description: description.to_owned(), ui_label: label.to_owned() })
    });
    Json(views.into_iter().collect())
}
