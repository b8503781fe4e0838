//! Errors below `/admin`: a code that follows from the status alone, with the finer word, the field and the request's id
//! among the details.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::error::Failure;
use crate::ids;

/// How errors of `/admin/*` are told.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AdminErrorBody {
    pub error: AdminError,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// Also in the header `x-request-id`.
    pub request_id: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AdminError {
    /// `invalid_request`, `unauthorized`, `forbidden`, `not_found`, `conflict`, `rate_limit_exceeded`, `internal_error` or
    /// `service_unavailable`.
    #[schema(example = "invalid_request")]
    pub code: &'static str,
    /// What happened and what helps.
    pub message: String,
    /// `request_id`; `reason`, a finer word than the code; `param`, the field in question; and what else there is to say.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

/// The document knows no other codes; what it does not name is the request's fault or the gateway's.
fn code(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        429 => "rate_limit_exceeded",
        503 => "service_unavailable",
        500.. => "internal_error",
        _ => "invalid_request",
    }
}

/// The failure in the words of this API. What other surfaces call unprocessable is an invalid request here.
pub fn body(failure: &Failure, request_id: &str) -> (StatusCode, AdminErrorBody) {
    let status = if failure.error.status == 422 { 400 } else { failure.error.status };
    let mut details = match &failure.error.details {
        Some(Value::Object(details)) => details.clone(),
        _ => Map::new(),
    };
    details.insert("request_id".into(), json!(request_id));
    if let Some(reason) = &failure.error.code {
        details.insert("reason".into(), json!(reason));
    }
    if let Some(param) = &failure.error.param {
        details.insert("param".into(), json!(param));
    }
    let body = AdminErrorBody {
        error: AdminError { code: code(status), message: failure.error.message.clone(), details },
        timestamp: clock::text(clock::now_ms()),
        request_id: request_id.to_owned(),
    };
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
}

/// Whether a path's errors are told here.
pub fn covers(path: &str) -> bool {
    path.strip_prefix("/admin").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A failure's response, told anew; any other as it is.
pub fn retell(response: Response<Body>) -> Response<Body> {
    let Some(failure) = response.extensions().get::<Failure>().cloned() else { return response };
    let known = response.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let request_id = known.map_or_else(|| ids::new_id().to_string(), str::to_owned);
    let (status, told) = body(&failure, &request_id);
    let (mut head, _) = response.into_parts();
    head.status = status;
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let text = serde_json::to_vec(&told).unwrap_or_default();
    (head, text).into_response()
}

#[cfg(test)]
mod tests;
