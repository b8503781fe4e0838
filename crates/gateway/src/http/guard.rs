//! Localhost is hostile: any web page can send requests to it, and a rebound name can read the answers. So `Host` must be
//! this machine or an address, `Origin` must be the gateway's own or one that was allowed, and every answer carries a
//! request id.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use postern_wire::Format;
use tower::ServiceExt;

use crate::auth::InternalOrigin;
use crate::config::Options;
use crate::error::Failure;
use crate::{admin, ids, manage};

/// Runs one request through the checks and the router.
pub async fn handle(options: &Options, router: Router, request: Request<Body>) -> Response<Body> {
    let internal = request.extensions().get::<InternalOrigin>().is_some();
    let path_format = format_of(request.uri().path());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let retell = own_errors(request.uri().path());
    let allowed = if internal { Ok(()) } else { check(options, request.uri(), request.headers()) };
    if let Err(failure) = allowed.and_then(|()| readable(request.uri())) {
        return retell(failure.respond(path_format, ids::new_id()));
    }
    // Only allowed origins get this far; the gateway's own pages need no permission, others have to be told.
    if request.method() == Method::OPTIONS && request.headers().contains_key("access-control-request-method")
    {
        return preflight(origin);
    }
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let mut response = retell(response);
    let headers = response.headers_mut();
    if !headers.contains_key("x-request-id")
        && let Ok(id) = HeaderValue::from_str(&ids::new_id().to_string())
    {
        headers.insert("x-request-id", id);
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

/// How a path's errors are told, where that is not by its format.
fn own_errors(path: &str) -> fn(Response<Body>) -> Response<Body> {
    if admin::errors::covers(path) {
        admin::errors::retell
    } else if manage::errors::covers(path) {
        manage::errors::retell
    } else {
        |response| response
    }
}

/// The format in which errors of a path are told.
pub fn format_of(path: &str) -> Format {
    let is_method = |path: &str| path.starts_with("/models/") && path.contains(':');
    let path = match path.strip_prefix("/v1beta") {
        Some(_) => return Format::Gemini,
        None => path.strip_prefix("/v1").unwrap_or(path),
    };
    if is_method(path) {
        return Format::Gemini;
    }
    if path.starts_with("/messages") {
        Format::AnthropicMessages
    } else if path.starts_with("/responses") {
        Format::OpenAiResponses
    } else if path == "/v2/chat" {
        Format::Cohere
    } else if ["/api/chat", "/api/generate", "/api/embed", "/api/tags", "/api/show", "/api/ps"]
        .iter()
        .any(|known| path.starts_with(known))
    {
        Format::Ollama
    } else {
        Format::OpenAiChat
    }
}

fn check(options: &Options, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
    let named = || headers.get(header::HOST).and_then(|value| value.to_str().ok()).map(host_part);
    let host = uri.host().or_else(named).unwrap_or_default();
    if !known_host(options, host) {
        return Err(Failure::forbidden(
            "host_not_allowed",
            format!(
                "the host `{}` is not this gateway; POSTERN_ALLOWED_HOSTS allows further names",
                shown(host)
            ),
        ));
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host_header = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let own = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))
        .is_some_and(|rest| rest == host_header);
    if own || options.allowed_origins.iter().any(|allowed| allowed == origin) {
        return Ok(());
    }
    Err(Failure::forbidden(
        "origin_not_allowed",
        format!(
            "web pages of `{}` may not call this gateway; POSTERN_ALLOWED_ORIGINS allows further origins",
            shown(origin)
        ),
    ))
}

/// A path has parts that are texts; one that is not would be told of in the router's words, which are of no format.
fn readable(uri: &Uri) -> Result<(), Failure> {
    percent_encoding::percent_decode_str(uri.path())
        .decode_utf8()
        .map(|_| ())
        .map_err(|_| Failure::not_found("unknown_path", "the path is not valid UTF-8"))
}

fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(100).collect()
}

/// The name in a `Host` header, without port and brackets.
fn host_part(header: &str) -> &str {
    match header.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => header.rsplit_once(':').map_or(header, |(host, _)| host),
    }
}

/// A rebound name is a name: addresses can be trusted, and so can what always means this machine.
fn known_host(options: &Options, host: &str) -> bool {
    if host == "127.0.0.1" || host == "localhost" {
        return true;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok()
        || options.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&host))
}

fn preflight(origin: Option<HeaderValue>) -> Response<Body> {
    let mut headers = HeaderMap::new();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, x-api-key, api-key, x-litellm-api-key, x-goog-api-key, x-admin-key, anthropic-version, anthropic-beta"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    (StatusCode::NO_CONTENT, headers).into_response()
}

#[cfg(test)]
mod tests;
