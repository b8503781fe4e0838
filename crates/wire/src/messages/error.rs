//! Errors as messages clients expect them, with `param`, `code` and `details` beside the documented members.

use std::borrow::Cow;

use crate::error::{ApiError, ErrorKind};
use crate::json::ObjectWriter;

pub(super) fn render(error: &ApiError, request_id: &str, timestamp: &str) -> String {
    let mut inner = ObjectWriter::new();
    inner
        .string("type", error.type_override.as_deref().unwrap_or(type_of(error.kind)))
        .string("message", &message_of(error))
        .put("param", error.param.as_deref())
        .put("code", error.code.as_deref());
    if let Some(details) = &error.details {
        inner.put("details", details.clone());
    }
    let mut outer = ObjectWriter::new();
    outer
        .string("type", "error")
        .raw("error", &inner.finish())
        .string("timestamp", timestamp)
        .string("request_id", request_id);
    outer.finish()
}

/// An error event as the provider itself would send it.
pub(super) fn brief(error: &ApiError) -> String {
    let mut inner = ObjectWriter::new();
    inner.string("type", type_of(error.kind)).string("message", &message_of(error));
    let mut outer = ObjectWriter::new();
    outer.string("type", "error").raw("error", &inner.finish());
    outer.finish()
}

/// Coding tools shorten a conversation that has grown too long when they read this format's own phrase for it.
fn message_of(error: &ApiError) -> Cow<'_, str> {
    const PHRASE: &str = "prompt is too long";
    if error.kind == ErrorKind::ContextLength && !error.message.contains(PHRASE) {
        return Cow::Owned(format!("{PHRASE}: {}", error.message));
    }
    Cow::Borrowed(&error.message)
}

fn type_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::ContextLength | ErrorKind::ContentPolicy => {
            "invalid_request_error"
        }
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::NotFound => "not_found_error",
        ErrorKind::TooLarge => "request_too_large",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::BudgetExceeded => "billing_error",
        ErrorKind::Overloaded => "overloaded_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Upstream | ErrorKind::Internal => "api_error",
    }
}
