//! From a code to claims: the code is exchanged for tokens, the ID token is checked, and what it leaves out is asked of the
//! server's userinfo.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::{HeaderValue, Method, Request, header};
use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, Nonce, OAuth2TokenResponse,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, SignatureVerificationError, TokenResponse,
    UserInfoClaims, UserInfoError,
};
use serde_json::{Map, Value};

use super::super::Clients;
use super::claims::Claims;
use super::pending::Begun;
use super::server::{OtherClaims, OwnIdToken, Refusal, Server, Tokens, unusable};
use super::shown;
use super::wire::{NoAnswer, Wire, ask};
use crate::clock;
use crate::config::SsoSettings;
use crate::error::Failure;

/// How far the clocks of two machines may differ.
const LEEWAY_MS: i64 = 60 * 1000;

/// Why tokens are no proof.
pub enum Refused {
    /// Signed with a key that was not known when the server was last asked.
    UnknownKey(Failure),
    Other(Failure),
}

impl Refused {
    pub fn into_failure(self) -> Failure {
        match self {
            Self::UnknownKey(failure) | Self::Other(failure) => failure,
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

/// Exchanges the code.
pub async fn redeem(
    clients: &Clients,
    settings: &SsoSettings,
    server: &Server,
    code: &str,
    begun: &Begun,
) -> Result<Tokens, Failure> {
    let redirect = RedirectUrl::new(begun.redirect_uri.clone())
        .map_err(|_| Failure::internal("a sign-in was begun with an address that is none"))?;
    let client = server.client(settings).set_redirect_uri(redirect);
    let mut request = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.secret().clone()));
    if settings.include_client_id {
        request = request.add_extra_param("client_id", settings.client_id.clone());
    }
    let name = &settings.name;
    request.request_async(&Wire { clients, name }).await.map_err(|error| no_tokens(name, error))
}

/// Whatever the server answered instead: its own words of errors are meant to be seen, its bodies are not.
fn no_tokens(name: &str, error: RequestTokenError<NoAnswer, Refusal>) -> Failure {
    match error {
        RequestTokenError::Request(NoAnswer(failure)) => failure,
        RequestTokenError::ServerResponse(refusal) => {
            let error = shown(refusal.error().as_ref());
            let told =
                refusal.error_description().map(|text| format!(": {}", shown(text))).unwrap_or_default();
            match error.as_str() {
                "invalid_grant" => {
                    let message =
                        format!("{name} does not take its own code (any more){told}. Sign in again");
                    Failure::unauthorized("sso_code_refused", message)
                }
                "invalid_client" | "unauthorized_client" => unusable(
                    name,
                    &format!("does not know this gateway by its client_id and client_secret ({error}{told})"),
                ),
                _ => unusable(name, &format!("gives no token for its code ({error}{told})")),
            }
        }
        RequestTokenError::Parse(reason, _) => {
            unusable(name, &format!("answers with tokens that cannot be read at `{}`", reason.path()))
        }
        RequestTokenError::Other(_) => unusable(name, "answers with what are no tokens"),
    }
}

/// Who the tokens say somebody is.
pub async fn read(
    clients: &Clients,
    settings: &SsoSettings,
    server: &Server,
    tokens: &Tokens,
    nonce: &Nonce,
) -> Result<Claims, Refused> {
    if server.issuer.is_none() {
        let told = plain_userinfo(clients, settings, server, tokens).await?;
        return Ok(Claims::read(settings, &[told])?);
    }
    let checked = check(settings, server, tokens, nonce, clock::now_ms())?;
    let claims = Claims::read(settings, std::slice::from_ref(&checked))?;
    if claims.is_complete(settings) || server.userinfo.is_none() {
        return Ok(claims);
    }
    let subject = checked.get("sub").and_then(Value::as_str).unwrap_or_default();
    let more = userinfo(clients, settings, server, tokens, subject).await?;
    Ok(Claims::read(settings, &[checked, more])?)
}

/// The claims of the ID token, if everything about it is right. `now` is UTC milliseconds.
pub fn check(
    settings: &SsoSettings,
    server: &Server,
    tokens: &Tokens,
    nonce: &Nonce,
    now: i64,
) -> Result<Map<String, Value>, Refused> {
    let name = &settings.name;
    let token =
        tokens.id_token().ok_or_else(|| unusable(name, "sent no ID token; is `openid` among the scopes?"))?;
    let client = server.client(settings);
    let time = UNIX_EPOCH + Duration::from_millis((now - LEEWAY_MS).unsigned_abs());
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(server.algorithms.iter().cloned())
        .set_time_fn(move || time.into());
    let claims = token.claims(&verifier, nonce).map_err(|error| refused(name, &error))?;
    if claims.authorized_party().is_some_and(|party| party.as_str() != settings.client_id) {
        return Err(no_proof(name, "it was made for another application").into());
    }
    if let Some(hash) = claims.access_token_hash() {
        let theirs = access_token_hash(token, &verifier, tokens)
            .ok_or_else(|| no_proof(name, "its access token cannot be checked"))?;
        if theirs != *hash {
            return Err(no_proof(name, "it belongs to another access token").into());
        }
    }
    Ok(as_map(claims))
}

fn access_token_hash(
    token: &OwnIdToken,
    verifier: &openidconnect::core::CoreIdTokenVerifier<'_>,
    tokens: &Tokens,
) -> Option<AccessTokenHash> {
    let (algorithm, key) = (token.signing_alg().ok()?, token.signing_key(verifier).ok()?);
    AccessTokenHash::from_token(tokens.access_token(), algorithm, key).ok()
}

fn no_proof(name: &str, why: &str) -> Failure {
    Failure::unauthorized("sso_token_refused", format!("the ID token of {name} is no proof: {why}"))
}

fn refused(name: &str, error: &ClaimsVerificationError) -> Refused {
    use ClaimsVerificationError as Wrong;
    let why = match error {
        Wrong::Expired(_) => "it has expired".to_owned(),
        Wrong::InvalidAudience(_) => "it was made for another application (audience)".to_owned(),
        Wrong::InvalidIssuer(reason) => format!("it was made by another issuer ({})", shown(reason)),
        Wrong::InvalidNonce(_) => "it was made for another sign-in (nonce)".to_owned(),
        Wrong::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            let why = "it is signed with a key that is not among the server's";
            return Refused::UnknownKey(no_proof(name, why));
        }
        Wrong::SignatureVerification(reason) => {
            format!("its signature does not hold ({})", shown(&reason.to_string()))
        }
        other => shown(&other.to_string()),
    };
    Refused::Other(no_proof(name, &why))
}

async fn userinfo(
    clients: &Clients,
    settings: &SsoSettings,
    server: &Server,
    tokens: &Tokens,
    subject: &str,
) -> Result<Map<String, Value>, Failure> {
    let name = &settings.name;
    let Some(address) = server.userinfo.clone() else { return Ok(Map::new()) };
    let client = server.client(settings).set_user_info_url(address);
    let subject = openidconnect::SubjectIdentifier::new(subject.to_owned());
    let answer: Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _> = client
        .user_info(tokens.access_token().clone(), Some(subject))
        .request_async(&Wire { clients, name })
        .await;
    let claims = answer.map_err(|error| match error {
        UserInfoError::Request(NoAnswer(failure)) => failure,
        UserInfoError::Response(status, ..) => {
            no_userinfo(name, &format!("answers with status {}", status.as_u16()))
        }
        UserInfoError::ClaimsVerification(ClaimsVerificationError::InvalidSubject(_)) => {
            no_userinfo(name, "tells of somebody else")
        }
        _ => no_userinfo(name, "cannot be read"),
    })?;
    Ok(as_map(&claims))
}

/// Where no ID token says who somebody is, this does.
async fn plain_userinfo(
    clients: &Clients,
    settings: &SsoSettings,
    server: &Server,
    tokens: &Tokens,
) -> Result<Map<String, Value>, Failure> {
    let name = &settings.name;
    let address = server.userinfo.as_ref().map(|address| address.as_str()).unwrap_or_default();
    let bearer = HeaderValue::try_from(format!("Bearer {}", tokens.access_token().secret()))
        .map_err(|_| unusable(name, "gives a token that no header can carry"))?;
    let request = Request::builder()
        .method(Method::GET)
        .uri(address)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::AUTHORIZATION, bearer)
        .header(header::USER_AGENT, HeaderValue::from_static("postern"))
        .body(Vec::new())
        .map_err(|_| unusable(name, "has a userinfo_endpoint that is no address"))?;
    let answer = ask(clients, name, request).await.map_err(|NoAnswer(failure)| failure)?;
    if answer.status() != 200 {
        return Err(no_userinfo(name, &format!("answers with status {}", answer.status().as_u16())));
    }
    serde_json::from_slice(answer.body()).map_err(|_| no_userinfo(name, "cannot be read"))
}

fn no_userinfo(name: &str, what: &str) -> Failure {
    unusable(name, &format!("was asked who this is, and its userinfo {what}"))
}

fn as_map(claims: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
