//! Errors as Ollama's clients expect them: a sentence in `error`, with the gateway's own members beside it.

use crate::error::{ApiError, openai};
use crate::json::ObjectWriter;

pub(super) fn render(error: &ApiError, request_id: &str, timestamp: &str) -> String {
    let code = error.code.as_deref().or(openai::default_code(error.kind));
    let mut out = ObjectWriter::new();
    out.string("error", &error.message)
        .maybe_string("type", error.type_override.as_deref())
        .maybe_string("code", code)
        .maybe_string("param", error.param.as_deref());
    if let Some(details) = &error.details {
        out.put("details", details.clone());
    }
    out.string("timestamp", timestamp).string("request_id", request_id);
    out.finish()
}

/// Within a stream it is a line like any other.
pub(super) fn render_line(error: &ApiError, request_id: &str, timestamp: &str) -> Vec<u8> {
    let mut line = render(error, request_id, timestamp).into_bytes();
    line.push(b'\n');
    line
}
