//! `/user/delete`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::auth::permissions::Authority;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::users::{self, Power};
use crate::shapes::{ErrorBody, JsonBody};

#[derive(Deserialize, utoipa::ToSchema)]
pub struct UserIds {
    #[schema(min_items = 1)]
    user_ids: Vec<String>,
}

/// Remove users with their keys, invitations and memberships: all of them, or none; how many
#[utoipa::path(
    post, path = "/user/delete", tag = "Users", request_body = UserIds,
    responses(
        (status = 200, description = "How many were removed", body = usize, content_type = "application/json"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, description = "One of them does not exist", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<UserIds>,
) -> Result<Json<usize>, Failure> {
    if body.user_ids.is_empty() {
        let mut failure =
            Failure::invalid("missing_field", "user_ids must name somebody").with_param("user_ids");
        failure.error.status = 422;
        return Err(failure);
    }
    let removed =
        users::remove(&engine, Actor::of(&authority), Power::of(&engine, &authority), body.user_ids).await?;
    Ok(Json(removed))
}
