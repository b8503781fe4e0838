//! Signing in to the console and out of it. Whoever signs in gets the key of a session, which is sent like any other key.

use std::convert::Infallible;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use postern_secrets::Secret;
use postern_store::table::users;
use serde::{Deserialize, Serialize};

use crate::auth::Caller;
use crate::auth::attempts::Peer;
use crate::clock;
use crate::config;
use crate::console::sso;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::sessions::{self, Session};
use crate::registry::sign_in::{self, Account};
use crate::shapes::{ErrorBody, JsonBody};

/// The ways there are of signing in.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SignInWays {
    /// With the administrator's key, which is used as it is.
    pub administrator_key: bool,
    /// Somebody has a password.
    pub password: bool,
    pub sso: Option<SsoWay>,
}

/// Signing in at another server.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SsoWay {
    /// What people call the server.
    pub name: String,
    /// Where the browser goes.
    pub url: &'static str,
}

/// What a session is opened with: an account and its password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordSignIn {
    /// This or `user_id`.
    email: Option<String>,
    user_id: Option<String>,
    #[serde(default, deserialize_with = "config::secret")]
    #[schema(value_type = String, required = true, format = Password, write_only)]
    password: Option<Secret>,
}

/// An open session.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SignedIn {
    /// The session's key: `Authorization: Bearer ...`. Shown once.
    pub key: String,
    pub user_id: String,
    pub user_email: Option<String>,
    pub user_role: String,
    /// RFC 3339.
    pub expires: Option<String>,
}

impl From<Session> for SignedIn {
    fn from(Session { key, row, user }: Session) -> Self {
        Self {
            key: key.expose().to_owned(),
            user_id: user.user_id,
            user_email: user.user_email,
            user_role: user.user_role,
            expires: row.expires_at.map(clock::text),
        }
    }
}

/// Longer ones are nobody's.
const LONGEST_ACCOUNT: usize = 400;

fn account(text: String, field: &str, kind: fn(String) -> Account) -> Result<Account, Failure> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > LONGEST_ACCOUNT {
        let message = format!("{field} must have 1 to {LONGEST_ACCOUNT} characters");
        return Err(Failure::invalid("invalid_account", message).with_param(field));
    }
    Ok(kind(text.trim().to_owned()))
}

fn required(field: &str) -> Failure {
    Failure::invalid("missing_field", format!("{field} is missing")).with_param(field)
}

/// Secrets in an answer are nothing for a cache.
fn unkept(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
}

/// How one can sign in
#[utoipa::path(get, path = "/console/sign-in", tag = "Console", security(()), responses((status = 200, body = SignInWays)))]
pub async fn ways(State(engine): State<Shared>) -> Result<Json<SignInWays>, Failure> {
    let password = engine.read(users::has_passwords).await?;
    let settings = engine.config.load().sso.clone();
    let sso = settings.map(|settings| SsoWay { name: settings.name.clone(), url: sso::LOGIN });
    Ok(Json(SignInWays { administrator_key: true, password, sso }))
}

/// Sign in with a password
#[utoipa::path(
    post, path = "/console/sign-in", tag = "Console", security(()), request_body = PasswordSignIn,
    responses(
        (status = 200, body = SignedIn), (status = 400, body = ErrorBody),
        (status = 401, description = "The account and the password do not belong together", body = ErrorBody),
        (status = 403, description = "The account is blocked", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
        (status = 429, description = "Too many wrong passwords: 5 in 5 minutes", body = ErrorBody),
        (status = 503, description = "Too many sign in at the moment", body = ErrorBody),
    )
)]
pub async fn with_password(
    State(engine): State<Shared>,
    peer: Peer,
    JsonBody(body): JsonBody<PasswordSignIn>,
) -> Result<Response, Failure> {
    let account = match (body.email, body.user_id) {
        (Some(email), None) => account(email, "email", Account::Email)?,
        (None, Some(id)) => account(id, "user_id", Account::UserId)?,
        (None, None) => return Err(required("email")),
        (Some(_), Some(_)) => {
            let message = "email and user_id exclude each other";
            return Err(Failure::invalid("ambiguous_account", message).with_param("user_id"));
        }
    };
    let password = body.password.ok_or_else(|| required("password"))?;
    let session = sign_in::with_password(&engine, account, password, peer).await?;
    Ok(unkept(Json(SignedIn::from(session))))
}

/// What `/v2/login` takes.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct LitellmLogin {
    /// An e-mail address or a user's id.
    #[schema(value_type = String, required = true)]
    username: Option<String>,
    #[serde(default, deserialize_with = "config::secret")]
    #[schema(value_type = String, required = true, format = Password, write_only)]
    password: Option<Secret>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct LitellmLoggedIn {
    /// The console.
    pub redirect_url: &'static str,
    /// The session's key. Shown once.
    pub token: String,
}

/// Sign in with a password, as LiteLLM's console does
#[utoipa::path(
    post, path = "/v2/login", tag = "Console", security(()), request_body = LitellmLogin,
    responses(
        (status = 200, body = LitellmLoggedIn), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub async fn litellm(
    State(engine): State<Shared>,
    peer: Peer,
    JsonBody(body): JsonBody<LitellmLogin>,
) -> Result<Response, Failure> {
    let username = body.username.ok_or_else(|| required("username"))?;
    let account = account(username, "username", Account::Either)?;
    let password = body.password.ok_or_else(|| required("password"))?;
    let session = sign_in::with_password(&engine, account, password, peer).await?;
    let token = session.key.expose().to_owned();
    Ok(unkept(Json(LitellmLoggedIn { redirect_url: "/ui/", token })))
}

/// What a page has in its address after a sign-in elsewhere.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redemption {
    #[serde(default, deserialize_with = "config::secret")]
    #[schema(value_type = String, required = true, format = Password, write_only)]
    code: Option<Secret>,
}

/// Exchange the code of a sign-in elsewhere for a session, once, within a minute, with the cookie that came with it
#[utoipa::path(
    post, path = "/console/sign-in/redeem", tag = "Console", security(()), request_body = Redemption,
    responses(
        (status = 200, body = SignedIn), (status = 400, body = ErrorBody),
        (status = 401, description = "The code is not good (any more)", body = ErrorBody),
        (status = 403, description = "The account is blocked", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn redeem(
    State(engine): State<Shared>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<Redemption>,
) -> Result<Response, Failure> {
    let code = body.code.ok_or_else(|| required("code"))?;
    let cookie = sso::cookie(&headers, sso::HANDOVER);
    let user_id = engine.sign_in.handovers.take(&code, cookie, clock::now_ms())?;
    let session = sessions::open(&engine, user_id).await?;
    let over = AppendHeaders([(header::SET_COOKIE, sso::no_handover()?)]);
    Ok(unkept((over, Json(SignedIn::from(session)))))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SignedOut {
    /// False where the key is no session's: it stays good.
    pub signed_out: bool,
}

/// End the session whose key this is
#[utoipa::path(
    post, path = "/console/sign-out", tag = "Console",
    responses((status = 200, body = SignedOut), (status = 401, body = ErrorBody))
)]
pub async fn sign_out(State(engine): State<Shared>, caller: Caller) -> Result<Json<SignedOut>, Failure> {
    Ok(Json(SignedOut { signed_out: sessions::close(&engine, &caller).await? }))
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Requests from inside the process come from nowhere else.
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_default())
    }
}

#[cfg(test)]
pub(super) mod tests;
