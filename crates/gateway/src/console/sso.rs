//! The way to another server and back: `/sso/login` sends the browser away, `/sso/callback` takes what it comes back with, and
//! sends it to the console with a code that the page exchanges for a session. A browser is told on a page of its own what went
//! wrong, everybody else as JSON.

mod page;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;

use crate::clock;
use crate::config::SsoSettings;
use crate::error::Failure;
use crate::http::Shared;
use crate::registry::sign_in::handover::LONGEST_MS;
use crate::registry::sso;
use crate::shapes::{ErrorBody, QueryOf};
use crate::upstream::oidc::{Callback, cookie_name};

pub const LOGIN: &str = "/sso/login";
const CALLBACK: &str = "/sso/callback";
/// The cookie with which a page redeems its code.
pub const HANDOVER: &str = "postern_handover";
const REDEEM: &str = "/console/sign-in/redeem";

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct LoginQuery {
    /// The page of the console to come back to: `/keys`.
    return_to: Option<String>,
    /// The browser was sent here from another name of this gateway.
    #[param(ignore)]
    here: Option<String>,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    /// Who answers.
    iss: Option<String>,
}

/// Sign in at another server
#[utoipa::path(
    get, path = "/sso/login", tag = "Console", security(()), params(LoginQuery),
    responses(
        (status = 303, description = "To the other server"),
        (status = 404, description = "Nothing is set up", body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 502, description = "The server cannot be used", body = ErrorBody),
        (status = 504, description = "The server does not answer", body = ErrorBody),
    )
)]
pub async fn login(
    State(engine): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    query: Result<QueryOf<LoginQuery>, Failure>,
) -> Response {
    leave(&engine, &uri, &headers, query).await.unwrap_or_else(|failure| told(&headers, &failure))
}

/// Sign in at another server, by LiteLLM's path
#[utoipa::path(
    get, path = "/sso/key/generate", tag = "Console", security(()), params(LoginQuery),
    responses(
        (status = 303, description = "To the other server"), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 502, body = ErrorBody), (status = 504, body = ErrorBody),
    )
)]
pub async fn litellm_login(
    state: State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    query: Result<QueryOf<LoginQuery>, Failure>,
) -> Response {
    login(state, uri, headers, query).await
}

async fn leave(
    engine: &Shared,
    uri: &Uri,
    headers: &HeaderMap,
    query: Result<QueryOf<LoginQuery>, Failure>,
) -> Result<Response, Failure> {
    let QueryOf(query) = query?;
    let settings = engine.config.load().sso.clone().ok_or_else(not_set_up)?;
    let own = own_url(&settings, uri, headers);
    // Cookies are kept by name of host: the browser has to leave from where it will come back to.
    if let Some(public) = &settings.public_url
        && query.here.is_none()
        && host_of(public) != host(uri, headers)
    {
        let to = query.return_to.as_deref().and_then(page_of_console);
        let to = to.map(|page| format!("&return_to={}", encoded(page))).unwrap_or_default();
        return see(&format!("{public}{LOGIN}?here=yes{to}"), []);
    }
    let return_to = query.return_to.as_deref().and_then(page_of_console).map(str::to_owned);
    let back = format!("{own}{CALLBACK}");
    let leaving = engine.sign_in.sso.begin(&engine.clients, &settings, &back, return_to).await?;
    // Lax: it has to come along when the other server sends the browser back.
    let cookie = format!(
        "{}={}; Path=/sso; Max-Age={}; HttpOnly; SameSite=Lax{}",
        leaving.cookie_name,
        leaving.cookie_value,
        leaving.seconds,
        secure(&own)
    );
    see(&leaving.url, [cookie])
}

/// Come back from another server
#[utoipa::path(
    get, path = "/sso/callback", tag = "Console", security(()), params(CallbackQuery),
    responses(
        (status = 303, description = "To the console, with a code for POST /console/sign-in/redeem"),
        (status = 400, description = "Unknown, over, or no way back at all", body = ErrorBody),
        (status = 401, description = "What the server says is no proof", body = ErrorBody),
        (status = 403, description = "Declined, or not allowed in", body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 502, body = ErrorBody), (status = 504, body = ErrorBody),
    )
)]
pub async fn callback(
    State(engine): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    query: Result<QueryOf<CallbackQuery>, Failure>,
) -> Response {
    arrive(&engine, &uri, &headers, query).await.unwrap_or_else(|failure| told(&headers, &failure))
}

async fn arrive(
    engine: &Shared,
    uri: &Uri,
    headers: &HeaderMap,
    query: Result<QueryOf<CallbackQuery>, Failure>,
) -> Result<Response, Failure> {
    let QueryOf(query) = query?;
    let settings = engine.config.load().sso.clone().ok_or_else(not_set_up)?;
    let callback = Callback {
        state: query.state.as_deref(),
        code: query.code.as_deref(),
        error: query.error.as_deref(),
        error_description: query.error_description.as_deref(),
        issuer: query.iss.as_deref(),
    };
    let known = |name: &str| cookie(headers, name);
    let arrival = engine.sign_in.sso.finish(&engine.clients, &settings, callback, known).await?;
    let user = sso::arrive(engine, &settings, arrival.claims).await?;
    let ticket = engine.sign_in.handovers.put(user.user_id, clock::now_ms())?;
    let secure = secure(&own_url(&settings, uri, headers));
    let over = format!(
        "{}=; Path=/sso; Max-Age=0; HttpOnly; SameSite=Lax{secure}",
        cookie_name(query.state.as_deref().unwrap_or_default())
    );
    let handover = format!(
        "{HANDOVER}={}; Path={REDEEM}; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        ticket.cookie.expose(),
        LONGEST_MS / 1000
    );
    let to = arrival.return_to.map(|page| format!("&to={}", encoded(&page))).unwrap_or_default();
    // What follows `#` is for the page: it is sent to nobody.
    see(&format!("/ui/#/signed-in?code={}{to}", ticket.code.expose()), [over, handover])
}

fn not_set_up() -> Failure {
    let message =
        "signing in at another server is not set up here: say general_settings.sso in the configuration file";
    Failure::not_found("sso_not_set_up", message)
}

/// Where this browser reaches the gateway, without a slash at the end.
fn own_url(settings: &SsoSettings, uri: &Uri, headers: &HeaderMap) -> String {
    if let Some(public) = &settings.public_url {
        return public.clone();
    }
    // A made-up header leads to an address that the other server was not told of, and refuses.
    let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let scheme = if forwarded == Some("https") { "https" } else { "http" };
    format!("{scheme}://{}", host(uri, headers))
}

/// Name and port, as the guard has let them pass.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let named = || headers.get(header::HOST).and_then(|value| value.to_str().ok());
    uri.authority().map(axum::http::uri::Authority::as_str).or_else(named).unwrap_or("localhost")
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn secure(own: &str) -> &'static str {
    if own.starts_with("https://") { "; Secure" } else { "" }
}

/// A page of the console, by its path there.
fn page_of_console(path: &str) -> Option<&str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_".contains(letter);
    let fits = path.starts_with('/') && !path.starts_with("//") && path.len() <= 200;
    Some(path).filter(|path| fits && path.chars().all(is_plain))
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A cookie of the request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// Takes the cookie of a handover away.
pub fn no_handover() -> Result<HeaderValue, Failure> {
    value(&format!("{HANDOVER}=; Path={REDEEM}; Max-Age=0; HttpOnly; SameSite=Strict"))
}

fn value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::try_from(text).map_err(|_| Failure::internal("a header that cannot be sent"))
}

/// Sends the browser elsewhere.
fn see(url: &str, cookies: impl IntoIterator<Item = String>) -> Result<Response, Failure> {
    let mut headers: Vec<(HeaderName, HeaderValue)> = vec![
        (header::LOCATION, value(url)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    for cookie in cookies {
        headers.push((header::SET_COOKIE, value(&cookie)?));
    }
    Ok((StatusCode::SEE_OTHER, AppendHeaders(headers)).into_response())
}

fn told(headers: &HeaderMap, failure: &Failure) -> Response {
    // Whoever set it up looks here; what the other server says is no secret, and tokens are never in it.
    tracing::info!(
        code = failure.error.code,
        reason = failure.error.message,
        "a sign-in elsewhere came to nothing"
    );
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") { page::of(failure) } else { failure.clone().into_response() }
}

#[cfg(test)]
mod tests;
