//! `/config/reload`: the configuration file, read again.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::auth::permissions::Authority;
use crate::config::{Difference, Problem};
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::config::Refused;
use crate::shapes::ErrorBody;

#[derive(Serialize, utoipa::ToSchema)]
pub struct Reloaded {
    /// By name; nothing of what they say.
    #[serde(flatten)]
    pub difference: Difference,
    pub warnings: Vec<Problem>,
}

/// Read the configuration file again
///
/// In force from the next request on. A file that is not valid is refused whole, and the one read before stays in force.
#[utoipa::path(
    post, path = "/config/reload", tag = "Settings",
    responses(
        (status = 200, body = Reloaded), (status = 400, description = "The file is not valid: line and reason", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
    )
)]
pub async fn reload(State(engine): State<Shared>, authority: Authority) -> Result<Json<Reloaded>, Failure> {
    match engine.reload_config(&Actor::of(&authority)).await {
        Ok(difference) => Ok(Json(Reloaded { difference, warnings: engine.config_warnings() })),
        Err(Refused::NoFile) => Err(Failure::invalid(
            "no_config_file",
            "this gateway was started without a configuration file: name one with --config",
        )),
        Err(Refused::Invalid(problem)) => {
            let mut failure = Failure::invalid("invalid_config", problem.to_string());
            failure.error.details = serde_json::to_value(&problem).ok();
            Err(failure)
        }
        Err(Refused::Failed(failure)) => Err(failure),
    }
}
