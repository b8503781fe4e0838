//! The page that tells a browser why somebody was not signed in.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::Failure;
use crate::ids;

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:0;display:grid;place-items:center;min-height:100vh;background:#f6f6f7;color:#1b1b1f}main{max-width:420px;margin:16px;padding:24px;border:1px solid #dcdce0;border-radius:12px;background:#fff}h1{font-size:17px;margin:0 0 8px}p{margin:0 0 12px;overflow-wrap:anywhere}small{color:#6b6b76}a{color:#2f5bd8}@media(prefers-color-scheme:dark){body{background:#131316;color:#ececf1}main{background:#1c1c21;border-color:#33333b}small{color:#9a9aa6}a{color:#8fabff}}";

/// Nothing runs on it and nothing is loaded for it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn of(failure: &Failure) -> Response {
    let request_id = ids::new_id().to_string();
    let mut message = failure.error.message.clone();
    if let Some(first) = message.get(..1) {
        message.replace_range(..1, &first.to_uppercase());
    }
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Not signed in</title><style>{STYLE}</style><main><h1>You are not signed in</h1><p>{}.</p><p><a href=\"/ui/\">Back to the sign-in</a></p><small>{} · request {request_id}</small></main></html>",
        escaped(message.trim_end_matches('.')),
        escaped(failure.error.code.as_deref().unwrap_or_default()),
    );
    let status = StatusCode::from_u16(failure.error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::try_from(request_id) {
        headers.insert("x-request-id", value);
    }
    response
}

/// A text as it may stand in HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
