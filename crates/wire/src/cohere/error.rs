//! Errors as this format's clients expect them, and those that stand where a reply should.

use serde_json::json;

use crate::error::{self, ApiError};
use crate::json::{self, Members, ObjectWriter};
use crate::read::NotAResponse;

/// The word for an end that was none.
pub(super) const FAILED: &str = "ERROR";

/// The documented members are the id and the message.
pub(super) fn render(error: &ApiError, request_id: &str, timestamp: &str) -> String {
    let mut out = ObjectWriter::new();
    out.string("id", request_id)
        .string("message", &error.message)
        .maybe_string("code", error.code.as_deref())
        .maybe_string("param", error.param.as_deref());
    if let Some(details) = &error.details {
        out.put("details", details.clone());
    }
    out.string("timestamp", timestamp);
    out.finish()
}

/// Within a stream: a message that ends with the word for failure.
pub(super) fn render_in_stream(error: &ApiError, request_id: &str, _timestamp: &str) -> Vec<u8> {
    let mut delta = json!({"finish_reason": FAILED, "error": error.message});
    if let Some(code) = &error.code {
        delta["error_type"] = json!(code);
    }
    let event = json!({"type": "message-end", "id": request_id, "delta": delta});
    format!("event: message-end\ndata: {event}\n\n").into_bytes()
}

/// The error of an end, or of a whole reply, that was none.
pub(super) fn of_end(end: &Members<'_>) -> Option<ApiError> {
    let told = end.text("error");
    let has_failed = end.text("finish_reason").is_some_and(|word| word == FAILED);
    if !has_failed && told.is_none() {
        return None;
    }
    let message = told.unwrap_or("The provider failed while the model was answering.".into());
    let error = json!({"message": message, "code": end.text("error_type")});
    Some(error::stream_error(error.to_string().as_bytes()))
}

/// The reply itself, if it is one: an error's message is a text.
pub(super) fn reply<'a>(members: &Members<'a>) -> Result<Members<'a>, NotAResponse> {
    let raw = members.get("message");
    let error = match raw.and_then(json::members) {
        Some(message) => match of_end(members) {
            None => return Ok(message),
            error => error,
        },
        None => raw
            .and_then(json::string)
            .map(|message| error::stream_error(json!({ "message": message }).to_string().as_bytes())),
    };
    let Some(error) = error else {
        return Err(NotAResponse::new("The provider's reply has no `message`."));
    };
    let message = format!("The provider answered with an error: {}", error.message);
    Err(NotAResponse { error: Some(Box::new(error)), ..NotAResponse::new(message) })
}
