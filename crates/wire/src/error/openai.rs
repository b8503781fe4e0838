//! Errors as clients of OpenAI's formats expect them.

use super::{ApiError, ErrorKind};
use crate::json::ObjectWriter;

pub(crate) fn render(error: &ApiError, request_id: &str, timestamp: &str) -> String {
    let code = error.code.as_deref().or(default_code(error.kind));
    let mut inner = ObjectWriter::new();
    inner
        .string("message", &error.message)
        .string("type", error.type_override.as_deref().unwrap_or(type_of(error.kind)))
        .put("param", error.param.as_deref())
        .put("code", code);
    if let Some(details) = &error.details {
        inner.put("details", details.clone());
    }
    let mut outer = ObjectWriter::new();
    outer.raw("error", &inner.finish()).string("timestamp", timestamp).string("request_id", request_id);
    outer.finish()
}

fn type_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest
        | ErrorKind::NotFound
        | ErrorKind::TooLarge
        | ErrorKind::ContextLength
        | ErrorKind::ContentPolicy => "invalid_request_error",
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::BudgetExceeded => "insufficient_quota",
        ErrorKind::Overloaded => "service_unavailable_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Upstream | ErrorKind::Internal => "server_error",
    }
}

/// The codes that clients act on, for errors that came without one.
pub(crate) fn default_code(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::ContextLength => Some("context_length_exceeded"),
        ErrorKind::ContentPolicy => Some("content_policy_violation"),
        _ => None,
    }
}
