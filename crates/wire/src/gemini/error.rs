//! Errors as Gemini clients expect them, with the gateway's own members beside the documented ones.

use serde_json::{Value, json};

use crate::error::{ApiError, ErrorKind};
use crate::json::ObjectWriter;

pub(super) fn render(error: &ApiError, request_id: &str, timestamp: &str) -> String {
    let mut inner = ObjectWriter::new();
    inner
        .put("code", code_of(error.status))
        .string("message", &error.message)
        .string("status", status_of(error));
    let details = details(error);
    if !details.is_empty() {
        inner.put("details", details);
    }
    inner.maybe_string("param", error.param.as_deref()).maybe_string("reason", error.code.as_deref());
    let mut outer = ObjectWriter::new();
    outer.raw("error", &inner.finish()).string("timestamp", timestamp).string("request_id", request_id);
    outer.finish()
}

/// Google's own statuses: others have some that it does not use.
fn code_of(status: u16) -> u16 {
    match status {
        529 => 503,
        524 => 504,
        own => own,
    }
}

/// Clients read this list by the types of its entries, so whatever else is known comes as a typed one, too.
fn details(error: &ApiError) -> Vec<Value> {
    let mut details = Vec::new();
    match &error.details {
        None => {}
        Some(Value::Object(members)) => {
            let mut members = members.clone();
            if let Some(Value::Array(own)) = members.shift_remove("details") {
                details.extend(own);
            }
            members.shift_remove("status");
            if !members.is_empty() {
                details.push(as_struct(&Value::Object(members)));
            }
        }
        Some(other) => details.push(as_struct(&json!({ "details": other }))),
    }
    let is_retry = |detail: &Value| detail.get("retryDelay").is_some();
    if let Some(seconds) = error.retry_after
        && !details.iter().any(is_retry)
    {
        let kind = "type.googleapis.com/google.rpc.RetryInfo";
        details.push(json!({"@type": kind, "retryDelay": format!("{seconds}s")}));
    }
    details
}

fn as_struct(value: &Value) -> Value {
    json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": value})
}

/// The provider's own word if it is one of Google's, else the one for the kind.
fn status_of(error: &ApiError) -> &str {
    let own = error.details.as_ref().and_then(|details| details.get("status")?.as_str());
    match own {
        Some(word) if KNOWN.contains(&word) => word,
        _ => word_for(error.kind),
    }
}

/// The canonical codes of Google's interfaces.
const KNOWN: &[&str] = &[
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

fn word_for(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest
        | ErrorKind::TooLarge
        | ErrorKind::ContextLength
        | ErrorKind::ContentPolicy => "INVALID_ARGUMENT",
        ErrorKind::Authentication => "UNAUTHENTICATED",
        ErrorKind::Permission => "PERMISSION_DENIED",
        ErrorKind::NotFound => "NOT_FOUND",
        ErrorKind::RateLimit | ErrorKind::BudgetExceeded => "RESOURCE_EXHAUSTED",
        ErrorKind::Overloaded => "UNAVAILABLE",
        ErrorKind::Timeout => "DEADLINE_EXCEEDED",
        ErrorKind::Upstream | ErrorKind::Internal => "INTERNAL",
    }
}
