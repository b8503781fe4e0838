//! Where a team's requests are to be told. Secrets among the settings go to the vault and are shown to nobody.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use postern_store::table::teams::{self as table, TeamRow};
use serde::{Deserialize, Serialize};

use super::view::TeamView;
use super::{check, shown};
use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::teams;
use crate::registry::teams::callbacks::{self, CallbackType};
use crate::shapes::{ErrorBody, JsonBody};

/// What a secret is shown as.
const HIDDEN: &str = "*****";

#[derive(Deserialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "named as LiteLLM does")]
pub struct AddCallback {
    #[schema(example = "langfuse")]
    callback_name: String,
    #[serde(default)]
    callback_type: CallbackType,
    /// Its settings, such as `langfuse_host`. Secrets go to the vault; `os.environ/NAME` refers to a variable.
    #[serde(default)]
    callback_vars: BTreeMap<String, String>,
}

/// A team after its callbacks changed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CallbackAdded {
    pub status: &'static str,
    pub data: TeamView,
}

/// Add a logging callback to a team
///
/// It is kept and shown for the logging integrations that take it from here; the ledger has every request in any case.
#[utoipa::path(
    post, path = "/team/{team_id}/callback", tag = "Teams", request_body = AddCallback,
    params(("team_id" = String, Path,)),
    responses(
        (status = 200, body = CallbackAdded),
        (status = 400, description = "The callback is there already, or a setting makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, description = "A setting is not known", body = ErrorBody),
        (status = 503, description = "The vault cannot be used", body = ErrorBody),
    )
)]
pub async fn add(
    State(engine): State<Shared>,
    authority: Authority,
    Path(team_id): Path<String>,
    JsonBody(body): JsonBody<AddCallback>,
) -> Result<Json<CallbackAdded>, Failure> {
    check(&engine, &authority, &team_id)?;
    let actor = Actor::of(&authority);
    let AddCallback { callback_name, callback_type, callback_vars } = body;
    let row = callbacks::add(&engine, actor, team_id, callback_name, callback_type, callback_vars).await?;
    Ok(Json(CallbackAdded { status: "success", data: shown(&engine, row).await? }))
}

/// A team's callbacks.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamCallbacks {
    pub team_id: String,
    pub success_callbacks: Vec<String>,
    pub failure_callbacks: Vec<String>,
    /// Of all of them; secrets hidden.
    #[schema(value_type = Object)]
    pub callback_vars: BTreeMap<String, String>,
}

impl From<TeamRow> for TeamCallbacks {
    fn from(row: TeamRow) -> Self {
        let known = callbacks::of(&row);
        let names = |tells: fn(CallbackType) -> bool| {
            known
                .iter()
                .filter(|callback| tells(callback.kind))
                .map(|callback| callback.name.clone())
                .collect()
        };
        Self {
            success_callbacks: names(CallbackType::tells_success),
            failure_callbacks: names(CallbackType::tells_failure),
            callback_vars: known
                .iter()
                .flat_map(|callback| callback.settings.clone())
                .map(|(name, value)| (name, value.unwrap_or_else(|| HIDDEN.to_owned())))
                .collect(),
            team_id: row.team_id,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ShownCallbacks {
    pub status: &'static str,
    pub data: TeamCallbacks,
}

/// A team's logging callbacks
#[utoipa::path(
    get, path = "/team/{team_id}/callback", tag = "Teams", params(("team_id" = String, Path,)),
    responses(
        (status = 200, body = ShownCallbacks), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub async fn read(
    State(engine): State<Shared>,
    authority: Authority,
    Path(team_id): Path<String>,
) -> Result<Json<ShownCallbacks>, Failure> {
    check(&engine, &authority, &team_id)?;
    let wanted = team_id.clone();
    let row = engine.read(move |connection| table::find(connection, &wanted)).await?;
    let row = row.ok_or_else(|| teams::unknown(&team_id))?;
    Ok(Json(ShownCallbacks { status: "success", data: row.into() }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct LoggingDisabled {
    pub status: &'static str,
    pub message: String,
    pub data: TeamCallbacks,
}

/// Take all logging callbacks from a team
#[utoipa::path(
    post, path = "/team/{team_id}/disable_logging", tag = "Teams", params(("team_id" = String, Path,)),
    responses(
        (status = 200, body = LoggingDisabled), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    )
)]
pub async fn disable(
    State(engine): State<Shared>,
    authority: Authority,
    Path(team_id): Path<String>,
) -> Result<Json<LoggingDisabled>, Failure> {
    check(&engine, &authority, &team_id)?;
    let row = callbacks::disable(&engine, Actor::of(&authority), team_id).await?;
    let message = format!("Logging disabled for team {}", row.team_id);
    Ok(Json(LoggingDisabled { status: "success", message, data: row.into() }))
}
