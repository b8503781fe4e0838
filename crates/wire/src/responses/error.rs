//! Errors within a stream.

use crate::error::{ApiError, ErrorKind, openai, unix_seconds};
use crate::json::ObjectWriter;

/// After every number that a stream has given out, whichever those were.
const LAST: u64 = i32::MAX as u64;

/// Of a stream of which nothing is known.
pub(super) fn render_stream(error: &ApiError, request_id: &str, timestamp: &str) -> Vec<u8> {
    let body = openai::render(error, request_id, timestamp);
    let mut response = ObjectWriter::new();
    response.string("id", &format!("resp_{request_id}")).string("object", "response");
    if let Some(created) = unix_seconds(timestamp) {
        response.put("created_at", created);
    }
    response
        .string("status", "failed")
        .raw("error", &reason(error))
        .raw("incomplete_details", "null")
        .raw("output", "[]")
        .raw("usage", "null");
    let mut out = Vec::new();
    write(error, &body, &response.finish(), &mut out);
    out
}

/// What a failed response says of it.
pub(super) fn reason(error: &ApiError) -> String {
    let mut reason = ObjectWriter::new();
    reason.string("code", code(error)).string("message", &error.message);
    reason.finish()
}

/// Two events, as the provider sends them: SDKs raise the first one, coding tools read the second. `body` is the error
/// as it would stand alone.
pub(super) fn write(error: &ApiError, body: &str, response: &str, out: &mut Vec<u8>) {
    let code = code(error);
    let inner = serde_json::from_str::<serde_json::Value>(body).unwrap_or_default();
    let mut event = ObjectWriter::new();
    event
        .string("type", "error")
        .string("code", code)
        .string("message", &error.message)
        .put("param", error.param.as_deref())
        .put("error", inner.get("error").cloned().unwrap_or_default())
        .put("sequence_number", LAST - 1);
    let mut failed = ObjectWriter::new();
    failed.string("type", "response.failed").raw("response", response).put("sequence_number", LAST);
    for (name, data) in [("error", event.finish()), ("response.failed", failed.finish())] {
        out.extend_from_slice(format!("event: {name}\ndata: {data}\n\n").as_bytes());
    }
}

/// Coding tools decide by the code whether to shorten the conversation, to wait or to give up.
fn code(error: &ApiError) -> &str {
    match error.kind {
        ErrorKind::ContextLength => "context_length_exceeded",
        ErrorKind::BudgetExceeded => "insufficient_quota",
        ErrorKind::RateLimit => "rate_limit_exceeded",
        ErrorKind::Overloaded => "server_is_overloaded",
        _ => error.code.as_deref().or(openai::default_code(error.kind)).unwrap_or("server_error"),
    }
}
