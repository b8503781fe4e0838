//! `/invitation/claim/{invitation_id}`: a person with a browser is shown the console's page, which sends the rest.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Redirect;
use postern_secrets::Secret;
use serde::{Deserialize, Serialize};

use super::link::{Base, console, place};
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::users::{UserView, password, view_one};
use crate::registry::invitations::{self, Claim};
use crate::shapes::{ErrorBody, JsonBody};

#[derive(Deserialize, utoipa::ToSchema)]
pub struct ClaimInvitation {
    /// Of whoever signs up, the id to have; of who was invited, their own.
    #[schema(min_length = 1, max_length = 200)]
    user_id: Option<String>,
    /// The same.
    #[schema(example = "jo@example.com")]
    user_email: Option<String>,
    user_alias: Option<String>,
    /// To sign in to the console with: 8 to 256 characters. Without one, a key is made.
    #[serde(default, deserialize_with = "password")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    password: Option<Secret>,
}

/// Whose account it is now, and how to get in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ClaimedInvitation {
    pub invitation_id: String,
    pub is_accepted: bool,
    pub accepted_at: Option<String>,
    pub user_id: String,
    pub user_email: Option<String>,
    pub user_role: String,
    pub user: UserView,
    /// Of who chose no password. It is shown now and never again.
    pub key: Option<String>,
    /// The console.
    pub login_url: String,
}

/// Show the page on which an invitation is used
#[utoipa::path(
    get, path = "/invitation/claim/{invitation_id}", tag = "Invitations", security(()),
    params(("invitation_id" = String, Path, description = "What the link says")),
    responses((status = 303, description = "To the console's page"), (status = 404, description = "No link says that", body = ErrorBody))
)]
pub async fn open(Path(link): Path<String>) -> Redirect {
    Redirect::to(&place(&link))
}

/// Use an invitation: set its user's password, or sign up
#[utoipa::path(
    post, path = "/invitation/claim/{invitation_id}", tag = "Invitations", security(()), request_body = ClaimInvitation,
    params(("invitation_id" = String, Path, description = "What the link says")),
    responses(
        (status = 200, body = ClaimedInvitation),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, description = "Used, expired, or for somebody else", body = ErrorBody),
        (status = 404, description = "There is no such invitation", body = ErrorBody),
        (status = 409, description = "The id or the e-mail is another user's", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, description = "Too many passwords at a time", body = ErrorBody),
    )
)]
pub async fn claim(
    State(engine): State<Shared>,
    Path(link): Path<String>,
    base: Base,
    JsonBody(body): JsonBody<ClaimInvitation>,
) -> Result<Json<ClaimedInvitation>, Failure> {
    let said = Claim {
        user_id: body.user_id.filter(|id| !id.is_empty()),
        email: body.user_email.filter(|email| !email.trim().is_empty()),
        alias: body.user_alias,
        password: body.password,
    };
    let claimed = invitations::claim(&engine, &link, said).await?;
    let user = view_one(&engine, claimed.user).await?;
    Ok(Json(ClaimedInvitation {
        invitation_id: link,
        is_accepted: claimed.invitation.is_accepted,
        accepted_at: claimed.invitation.accepted_at.map(clock::text),
        user_id: user.user_id.clone(),
        user_email: user.user_email.clone(),
        user_role: user.user_role.clone(),
        user,
        key: claimed.key.map(|key| key.expose().to_owned()),
        login_url: console(&base),
    }))
}
