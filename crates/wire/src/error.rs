//! Errors as callers see them and as providers write them.
//!
//! [`ApiError`] is the one shape in between: [`parse_error`] reads a provider's body into it, [`render_error`]
//! writes it in the caller's format. Where caller and provider speak the same format the gateway passes the
//! provider's own body on instead.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::envelope::BadRequest;
use crate::format::Format;

mod classify;
pub(crate) mod openai;
mod parse;
#[cfg(test)]
mod tests;
mod timestamp;

pub use parse::parse_error;
pub(crate) use parse::{exception, stream_error};
pub(crate) use timestamp::unix_seconds;

/// What went wrong, as far as anyone has to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request is at fault in a way no other kind names.
    InvalidRequest,
    Authentication,
    Permission,
    NotFound,
    /// The body has too many bytes.
    TooLarge,
    RateLimit,
    /// Money ran out: a budget here, or the account's quota or credit at the provider.
    BudgetExceeded,
    Overloaded,
    Timeout,
    /// The prompt has more tokens than the model takes.
    ContextLength,
    ContentPolicy,
    /// The provider failed in a way no other kind names.
    Upstream,
    /// The gateway itself failed.
    Internal,
}

impl ErrorKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::RateLimit => "rate_limit",
            Self::BudgetExceeded => "budget_exceeded",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::ContextLength => "context_length",
            Self::ContentPolicy => "content_policy",
            Self::Upstream => "upstream",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that can be written in any format.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The HTTP status to answer with, or the one the provider answered with.
    pub status: u16,
    pub kind: ErrorKind,
    /// A stable word for programs, such as `context_length_exceeded`.
    pub code: Option<String>,
    /// The member of the request at fault.
    pub param: Option<String>,
    /// One or two sentences for people.
    pub message: String,
    /// Seconds after which a retry may succeed.
    pub retry_after: Option<u64>,
    /// Anything else the provider, or the gateway, has to say; rendered as `details`.
    pub details: Option<Value>,
    /// Written as `type` in place of the format's own word for the kind.
    pub type_override: Option<String>,
}

impl ApiError {
    /// An error with nothing but a status, a kind and a message.
    pub fn new(status: u16, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: None,
            param: None,
            message: message.into(),
            retry_after: None,
            details: None,
            type_override: None,
        }
    }
}

impl From<BadRequest> for ApiError {
    fn from(refused: BadRequest) -> Self {
        Self {
            code: Some(refused.code.to_owned()),
            param: refused.param,
            ..Self::new(400, ErrorKind::InvalidRequest, refused.message)
        }
    }
}

/// The complete body of an error response in the caller's format.
pub fn render_error(format: Format, error: &ApiError, request_id: &str, timestamp: &str) -> Vec<u8> {
    (format.codec().render_error)(error, request_id, timestamp).into_bytes()
}

/// The same as an event, for a stream that has begun. No end marker follows it: the stream did not end well.
pub fn render_stream_error(format: Format, error: &ApiError, request_id: &str, timestamp: &str) -> Vec<u8> {
    let codec = format.codec();
    if let Some(render) = codec.render_stream_error {
        return render(error, request_id, timestamp);
    }
    let body = (codec.render_error)(error, request_id, timestamp);
    let mut event = String::with_capacity(body.len() + 32);
    if let Some(name) = codec.error_event_name {
        event.push_str("event: ");
        event.push_str(name);
        event.push('\n');
    }
    event.push_str("data: ");
    event.push_str(&body);
    event.push_str("\n\n");
    event.into_bytes()
}
