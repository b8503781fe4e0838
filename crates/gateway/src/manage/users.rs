//! `/user/*`: people. Requests and answers have LiteLLM's members; where the flat ones of its documents differ from the nested
//! ones of its code, both are there.

mod about;
mod bulk;
mod info;
mod list;
mod new;
mod remove;
mod update;
pub(super) mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
pub use view::UserView;
pub(super) use view::view_one;

use crate::directory::Role;
use crate::error::Failure;
use crate::manage::fields;
use crate::routes;
use crate::shapes::routes::Routes;

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(new::create))
        .routes(routes!(bulk::create_many))
        .routes(routes!(info::info))
        .routes(routes!(info::row))
        .routes(routes!(list::list))
        .routes(routes!(update::update))
        .routes(routes!(bulk::update_many))
        .routes(routes!(remove::remove))
        .routes(routes!(about::available_users))
        .routes(routes!(about::available_roles))
}

/// What somebody is to the gateway as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    ProxyAdmin,
    ProxyAdminViewer,
    InternalUser,
    InternalUserViewer,
}

impl From<UserRole> for Role {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::ProxyAdmin => Self::ProxyAdmin,
            UserRole::ProxyAdminViewer => Self::ProxyAdminViewer,
            UserRole::InternalUser => Self::InternalUser,
            UserRole::InternalUserViewer => Self::InternalUserViewer,
        }
    }
}

/// LiteLLM's further members that are kept and shown, and mean nothing here.
const KEPT: [&str; 7] = [
    "permissions",
    "config",
    "router_settings",
    "allowed_cache_controls",
    "rpm_limit_type",
    "tpm_limit_type",
    "secret_manager_settings",
];

/// Those that would restrict something, and are refused unless they are empty.
const REFUSED: [&str; 10] = [
    "guardrails",
    "prompts",
    "object_permission",
    "allowed_vector_store_indexes",
    "allowed_passthrough_routes",
    "enforced_params",
    "key",
    "key_type",
    "auto_rotate",
    "rotation_interval",
];

/// Those that say nothing here.
const IGNORED: [&str; 5] =
    ["key_name", "budget_reset_at", "litellm_budget_table", "organization_memberships", "updated_by"];

/// Every further member that is no misspelling.
fn further() -> Vec<&'static str> {
    [&KEPT[..], &REFUSED[..], &IGNORED[..]].concat()
}

/// Takes out what is kept, and refuses what cannot be ignored.
fn extra(other: &BTreeMap<String, Value>) -> Result<Map<String, Value>, Failure> {
    fields::refuse(other, &REFUSED)?;
    let kept = other.iter().filter(|(name, value)| KEPT.contains(&name.as_str()) && !value.is_null());
    Ok(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// A password as it was sent, blanks and all; null is none.
pub(super) fn password<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<postern_secrets::Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(postern_secrets::Secret::from))
}
