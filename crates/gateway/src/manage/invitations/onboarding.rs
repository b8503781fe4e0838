//! `/onboarding/*`: how LiteLLM's console uses an invitation.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use postern_secrets::Secret;
use postern_store::table::users::UserRow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use super::link::{Base, page};
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::users::{UserView, view_one};
use crate::registry::invitations::{self, Claim};
use crate::shapes::{ErrorBody, JsonBody, QueryOf};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// What the invitation's link says.
    invite_link: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct OnboardingToken {
    /// The console's page for it.
    pub login_url: String,
    /// A JSON Web Token that tells who is invited. It lets nobody in: the link itself does.
    pub token: String,
    /// Null where whoever has it signs up.
    pub user_email: Option<String>,
}

/// Whom an invitation is for
#[utoipa::path(
    get, path = "/onboarding/get_token", tag = "Invitations", security(()), params(TokenQuery),
    responses(
        (status = 200, body = OnboardingToken), (status = 401, description = "Used or expired", body = ErrorBody),
        (status = 404, description = "There is no such invitation", body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn token(
    State(engine): State<Shared>,
    base: Base,
    QueryOf(query): QueryOf<TokenQuery>,
) -> Result<Json<OnboardingToken>, Failure> {
    let link = query.invite_link;
    let (invitation, user) = invitations::opened(&engine, &link).await?;
    Ok(Json(OnboardingToken {
        login_url: page(&base, &link),
        token: signed(&link, &claims(user.as_ref(), invitation.expires_at))?,
        user_email: user.and_then(|user| user.user_email),
    }))
}

fn claims(user: Option<&UserRow>, expires_at: i64) -> Value {
    json!({
        "user_id": user.map(|user| &user.user_id),
        "user_email": user.and_then(|user| user.user_email.as_ref()),
        "user_role": user.map(|user| &user.user_role),
        "login_method": "invitation",
        "exp": expires_at.div_euclid(1000),
    })
}

/// A token that whoever has the link can check, and nobody needs to.
fn signed(link: &str, claims: &Value) -> Result<String, Failure> {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encoded(&json!({"alg": "HS256", "typ": "JWT"})), encoded(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(link.as_bytes())
        .map_err(|error| Failure::internal(format!("the invitation's token could not be signed: {error}")))?;
    mac.update(text.as_bytes());
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct ClaimToken {
    /// What the invitation's link says.
    invitation_link: String,
    user_id: String,
    /// 8 to 256 characters.
    #[schema(value_type = String, format = Password, write_only)]
    password: Password,
}

/// A password that has to be there.
pub struct Password(Secret);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Secret::from(String::deserialize(deserializer)?)))
    }
}

/// Set the password of who was invited
#[utoipa::path(
    post, path = "/onboarding/claim_token", tag = "Invitations", security(()), request_body = ClaimToken,
    responses(
        (status = 200, body = UserView),
        (status = 400, description = "It is no password", body = ErrorBody),
        (status = 401, description = "Used, expired, or for somebody else", body = ErrorBody),
        (status = 404, description = "There is no such invitation", body = ErrorBody),
        (status = 409, description = "The id is another user's", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, description = "Too many passwords at a time", body = ErrorBody),
    )
)]
pub async fn claim_token(
    State(engine): State<Shared>,
    JsonBody(body): JsonBody<ClaimToken>,
) -> Result<Json<UserView>, Failure> {
    let said = Claim { user_id: Some(body.user_id), password: Some(body.password.0), ..Claim::default() };
    let claimed = invitations::claim(&engine, &body.invitation_link, said).await?;
    Ok(Json(view_one(&engine, claimed.user).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::signed;

    /// The example of RFC 7515's form, as `openssl dgst -hmac` signs it.
    #[test]
    fn a_token_has_the_usual_three_parts() {
        let token = signed("inv-x", &json!({"user_id": "jo"})).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts[0], "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9");
        assert_eq!(parts[1], "eyJ1c2VyX2lkIjoiam8ifQ");
        assert_eq!(parts.len(), 3);
    }
}
