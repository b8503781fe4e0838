//! `/invitation/*` and `/onboarding/*`: links with which somebody sets a password, or signs up. LiteLLM's routes, and those of its
//! documents, over the same invitations.

mod claim;
mod link;
mod onboarding;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
pub use link::{Base, url};
use postern_store::table::invitations::InvitationRow;
use serde::{Deserialize, Serialize};

use crate::auth::permissions::Authority;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::audit::Actor;
use crate::registry::invitations::{self, For};
use crate::registry::users::Power;
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, JsonBody, QueryOf};

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(new))
        .routes(routes!(create))
        .routes(routes!(info))
        .routes(routes!(update))
        .routes(routes!(remove))
        .routes(routes!(claim::open, claim::claim))
        .routes(routes!(onboarding::token))
        .routes(routes!(onboarding::claim_token))
}

/// An invitation. Times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct InvitationView {
    /// What its link says, in the answer that makes it and in answers to whoever asked with it; else the SHA-256 of that.
    pub id: String,
    /// The same.
    pub invitation_id: String,
    /// Who was invited; null until somebody signed up with it.
    pub user_id: Option<String>,
    pub is_accepted: bool,
    pub accepted_at: Option<String>,
    pub expires_at: String,
    pub created_at: String,
    pub created_by: String,
    pub updated_at: String,
    pub updated_by: String,
}

/// A new invitation, with its link. Whoever has that may use it, once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewInvitationView {
    #[serde(flatten)]
    pub invitation: InvitationView,
    /// A browser finds the console's page there; whoever has none may send the rest as `POST` to the same address.
    pub invitation_url: String,
}

fn view(id: &str, row: InvitationRow) -> InvitationView {
    InvitationView {
        id: id.to_owned(),
        invitation_id: id.to_owned(),
        user_id: Some(row.user_id).filter(|id| !id.is_empty()),
        is_accepted: row.is_accepted,
        accepted_at: row.accepted_at.map(clock::text),
        expires_at: clock::text(row.expires_at),
        created_at: clock::text(row.created_at),
        created_by: row.created_by,
        updated_at: clock::text(row.updated_at),
        updated_by: row.updated_by,
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewInvitation {
    /// Whose password it sets.
    user_id: String,
}

/// Invite a user to set their password
#[utoipa::path(
    post, path = "/invitation/new", tag = "Invitations", request_body = NewInvitation,
    responses(
        (status = 200, body = NewInvitationView), (status = 401, body = ErrorBody),
        (status = 403, description = "Somebody else's user", body = ErrorBody),
        (status = 404, description = "No such user", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn new(
    State(engine): State<Shared>,
    authority: Authority,
    base: Base,
    JsonBody(body): JsonBody<NewInvitation>,
) -> Result<Json<NewInvitationView>, Failure> {
    let (actor, power) = (Actor::of(&authority), Power::of(&engine, &authority));
    let (link, row) = invitations::create(&engine, actor, power, For::User(body.user_id), None).await?;
    let invitation_url = url(&base, link.expose());
    Ok(Json(NewInvitationView { invitation: view(link.expose(), row), invitation_url }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct CreateInvitation {
    /// Who is invited. Absent, or somebody who administers the gateway (who then is who invites): whoever signs up with it.
    user_id: Option<String>,
    /// RFC 3339, at most 366 days from now; in seven days when absent.
    #[schema(example = "2030-02-19T10:00:00Z")]
    expires_at: Option<String>,
}

/// Invite a user to set their password, or somebody new to sign up
#[utoipa::path(
    post, path = "/invitation/create", tag = "Invitations", request_body = CreateInvitation,
    responses(
        (status = 200, body = NewInvitationView),
        (status = 400, description = "expires_at makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "Somebody else's user", body = ErrorBody),
        (status = 404, description = "No such user", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    base: Base,
    JsonBody(body): JsonBody<CreateInvitation>,
) -> Result<Json<NewInvitationView>, Failure> {
    let whom = For::Named(body.user_id.filter(|id| !id.is_empty()));
    let read = |text: String| {
        text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(|_| {
            let message = "expires_at must be a moment such as 2030-02-19T10:00:00Z";
            Failure::invalid("invalid_expiry", message).with_param("expires_at")
        })
    };
    let expires_at = body.expires_at.map(read).transpose()?;
    let (actor, power) = (Actor::of(&authority), Power::of(&engine, &authority));
    let (link, row) = invitations::create(&engine, actor, power, whom, expires_at).await?;
    let invitation_url = url(&base, link.expose());
    Ok(Json(NewInvitationView { invitation: view(link.expose(), row), invitation_url }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InfoQuery {
    invitation_id: String,
}

/// What is known of an invitation
#[utoipa::path(
    get, path = "/invitation/info", tag = "Invitations", params(InfoQuery),
    responses(
        (status = 200, body = InvitationView), (status = 400, description = "There is none of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<InfoQuery>,
) -> Result<Json<InvitationView>, Failure> {
    let sees_all = authority.reaches_all(&engine.directory.load());
    let power = if sees_all { Power::all() } else { Power::of(&engine, &authority) };
    let row = invitations::find(&engine, power, &query.invitation_id).await?;
    Ok(Json(view(&query.invitation_id, row)))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct UpdateInvitation {
    invitation_id: String,
    /// True takes it as used, false lets it be used again.
    is_accepted: bool,
}

/// Mark an invitation as used, or as not used after all
#[utoipa::path(
    post, path = "/invitation/update", tag = "Invitations", request_body = UpdateInvitation,
    responses(
        (status = 200, body = InvitationView), (status = 400, description = "There is none of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<UpdateInvitation>,
) -> Result<Json<InvitationView>, Failure> {
    let (actor, power) = (Actor::of(&authority), Power::of(&engine, &authority));
    let row = invitations::update(&engine, actor, power, &body.invitation_id, body.is_accepted).await?;
    Ok(Json(view(&body.invitation_id, row)))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct OneInvitation {
    invitation_id: String,
}

/// Take an invitation back
#[utoipa::path(
    post, path = "/invitation/delete", tag = "Invitations", request_body = OneInvitation,
    responses(
        (status = 200, body = InvitationView), (status = 400, description = "There is none of that id", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneInvitation>,
) -> Result<Json<InvitationView>, Failure> {
    let (actor, power) = (Actor::of(&authority), Power::of(&engine, &authority));
    let row = invitations::remove(&engine, actor, power, &body.invitation_id).await?;
    Ok(Json(view(&body.invitation_id, row)))
}
