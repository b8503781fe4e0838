//! The one error type: who is to blame, whether trying again may help, and what the caller is told in their own format.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use postern_wire::{ApiError, ErrorKind, Format};
use uuid::Uuid;

use crate::clock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    Caller,
    Upstream,
    Gateway,
}

/// What kind of failure it is, as retry and cooldown policies tell them apart. LiteLLM's classes, with two more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorClass {
    /// Another deployment would say the same.
    BadRequest,
    Authentication,
    NotFound,
    Timeout,
    RateLimit,
    ContextWindow,
    ContentPolicy,
    /// It failed, could not be reached, or sent what is no answer.
    Internal,
}

/// A request that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    pub blame: Blame,
    /// Another deployment, or a later moment, may do better.
    pub retry: bool,
    /// How long the upstream asks to be left alone, where it says so more exactly than in whole seconds.
    pub wait: Option<Duration>,
    pub error: Box<ApiError>,
    /// A limit that is in the way.
    pub refusal: Option<Box<Refusal>>,
    /// The upstream's own error body and content type, passed on as it is where the formats match.
    pub upstream_body: Option<Box<UpstreamBody>>,
}

/// Which limit is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// `requests`, `tokens`, `max_parallel_requests` or `budget`.
    pub kind: &'static str,
    /// `api_key`, `team`, `model_per_key`, ...
    pub level: &'static str,
    pub limit: Option<u64>,
    /// UTC milliseconds.
    pub reset_at: Option<i64>,
}

/// An error body as the upstream sent it.
#[derive(Debug, Clone)]
pub struct UpstreamBody {
    pub format: Format,
    pub body: Bytes,
    pub content_type: Option<HeaderValue>,
}

impl Failure {
    fn new(blame: Blame, status: u16, kind: ErrorKind, code: &str, message: impl Into<String>) -> Self {
        Self {
            blame,
            retry: false,
            wait: None,
            error: Box::new(ApiError {
                status,
                kind,
                code: Some(code.to_owned()),
                param: None,
                message: message.into(),
                retry_after: None,
                details: None,
                type_override: None,
            }),
            refusal: None,
            upstream_body: None,
        }
    }

    pub fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self::new(Blame::Caller, 400, ErrorKind::InvalidRequest, code, message)
    }

    pub fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(Blame::Caller, 404, ErrorKind::NotFound, code, message)
    }

    pub fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(Blame::Caller, 409, ErrorKind::InvalidRequest, code, message)
    }

    pub fn unauthorized(code: &str, message: impl Into<String>) -> Self {
        Self::new(Blame::Caller, 401, ErrorKind::Authentication, code, message)
    }

    pub fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self::new(Blame::Caller, 403, ErrorKind::Permission, code, message)
    }

    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(Blame::Caller, 413, ErrorKind::TooLarge, "request_too_large", message)
    }

    pub fn rate_limited(code: &str, message: impl Into<String>, retry_after: u64) -> Self {
        let mut failure = Self::new(Blame::Caller, 429, ErrorKind::RateLimit, code, message);
        failure.error.retry_after = Some(retry_after);
        failure
    }

    pub fn over_budget(message: impl Into<String>) -> Self {
        let mut failure =
            Self::new(Blame::Caller, 402, ErrorKind::BudgetExceeded, "budget_exceeded", message);
        failure.error.type_override = Some("budget_exceeded".into());
        failure
    }

    pub fn upstream(status: u16, code: &str, message: impl Into<String>) -> Self {
        let kind = if status == 504 { ErrorKind::Timeout } else { ErrorKind::Upstream };
        let mut failure = Self::new(Blame::Upstream, status, kind, code, message);
        failure.retry = true;
        failure
    }

    /// An error that the upstream told in its own words.
    pub fn from_upstream(error: ApiError) -> Self {
        let retry = error.status == 429 || error.status >= 500;
        Self {
            blame: Blame::Upstream,
            retry,
            wait: None,
            error: Box::new(error),
            refusal: None,
            upstream_body: None,
        }
    }

    pub fn unavailable(code: &str, message: impl Into<String>) -> Self {
        Self::new(Blame::Gateway, 503, ErrorKind::Overloaded, code, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Blame::Gateway, 500, ErrorKind::Internal, "internal_error", message)
    }

    #[must_use]
    pub fn with_param(mut self, param: &str) -> Self {
        self.error.param = Some(param.to_owned());
        self
    }

    #[must_use]
    pub fn with_type(mut self, kind: &str) -> Self {
        self.error.type_override = Some(kind.to_owned());
        self
    }

    #[must_use]
    pub fn with_details(mut self, details: serde_json::Value) -> Self {
        self.error.details = Some(details);
        self
    }

    /// How long the upstream asks to be left alone.
    pub fn wait(&self) -> Option<Duration> {
        self.wait.or_else(|| self.error.retry_after.map(Duration::from_secs))
    }

    /// For policies; what the gateway itself refuses counts as a bad request.
    pub fn class(&self) -> ErrorClass {
        if matches!(self.error.code.as_deref(), Some("credential_missing" | "credential_unavailable")) {
            return ErrorClass::Authentication;
        }
        match (self.error.kind, self.error.status) {
            (ErrorKind::ContextLength, _) => ErrorClass::ContextWindow,
            (ErrorKind::ContentPolicy, _) => ErrorClass::ContentPolicy,
            // Out of credit or quota: another account may have some.
            (ErrorKind::RateLimit | ErrorKind::BudgetExceeded, _) | (_, 429 | 402) => ErrorClass::RateLimit,
            (ErrorKind::Timeout, _) | (_, 408 | 504) => ErrorClass::Timeout,
            (_, 401 | 403) => ErrorClass::Authentication,
            (_, 404 | 405) => ErrorClass::NotFound,
            (_, 409 | 425 | 500..) => ErrorClass::Internal,
            _ => ErrorClass::BadRequest,
        }
    }

    pub fn kind_name(&self) -> &'static str {
        match (self.blame, self.error.kind) {
            (Blame::Upstream, ErrorKind::Timeout) => "upstream_timeout",
            (Blame::Upstream, ErrorKind::RateLimit) => "upstream_rate_limit",
            (Blame::Upstream, ErrorKind::Overloaded) => "upstream_overloaded",
            (Blame::Upstream, ErrorKind::Authentication | ErrorKind::Permission) => "upstream_credential",
            (Blame::Upstream, _) => "upstream",
            (_, ErrorKind::InvalidRequest) => "invalid_request",
            (_, ErrorKind::Authentication) => "authentication",
            (_, ErrorKind::Permission) => "permission",
            (_, ErrorKind::NotFound) => "not_found",
            (_, ErrorKind::TooLarge) => "too_large",
            (_, ErrorKind::RateLimit) => "rate_limit",
            (_, ErrorKind::BudgetExceeded) => "budget_exceeded",
            (Blame::Gateway, _) => "gateway",
            (Blame::Caller, _) => "request",
        }
    }

    /// The response in the caller's format.
    pub fn respond(&self, format: Format, request_id: Uuid) -> Response {
        let id = request_id.to_string();
        let (body, content_type) = match &self.upstream_body {
            Some(theirs) if theirs.format == format => (theirs.body.clone(), theirs.content_type.clone()),
            _ => {
                let mut error = self.error.clone();
                error.details.get_or_insert_with(|| serde_json::json!({}));
                if format == Format::AnthropicMessages && self.blame != Blame::Upstream {
                    // The gateway's own finer words are of OpenAI's shape; Anthropic's clients know a closed set.
                    error.type_override = None;
                }
                let rendered = postern_wire::render_error(format, &error, &id, &clock::text(clock::now_ms()));
                (Bytes::from(rendered), None)
            }
        };
        let status = StatusCode::from_u16(self.error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::with_capacity(4);
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, content_type.unwrap_or(json));
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert("x-request-id", value);
        }
        if let Some(seconds) = self.error.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(refusal) = &self.refusal {
            refusal.write(&mut headers);
        }
        let mut response = (status, headers, body).into_response();
        // A surface with errors of another shape tells it anew.
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl Refusal {
    /// LiteLLM's headers, and those that clients of OpenAI look at.
    fn write(&self, headers: &mut HeaderMap) {
        let mut set = |name: String, value: &str| {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        };
        set("rate_limit_type".into(), self.kind);
        if let Some(at) = self.reset_at {
            set("reset_at".into(), &clock::text(at));
        }
        if let Some(limit) = self.limit {
            let limit = limit.to_string();
            set(format!("x-ratelimit-{}-limit-{}", self.level, self.kind), &limit);
            set(format!("x-ratelimit-{}-remaining-{}", self.level, self.kind), "0");
            if matches!(self.kind, "requests" | "tokens") {
                set(format!("x-ratelimit-limit-{}", self.kind), &limit);
                set(format!("x-ratelimit-remaining-{}", self.kind), "0");
            }
        }
    }
}

impl From<postern_wire::BadRequest> for Failure {
    fn from(bad: postern_wire::BadRequest) -> Self {
        let mut failure = Self::invalid(bad.code, bad.message);
        failure.error.param = bad.param;
        failure
    }
}

impl From<postern_store::StoreError> for Failure {
    fn from(error: postern_store::StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        Self::internal("the gateway's database failed; the log has the reason")
    }
}

impl From<postern_store::SqlError> for Failure {
    fn from(error: postern_store::SqlError) -> Self {
        postern_store::StoreError::from(error).into()
    }
}

impl From<postern_secrets::VaultError> for Failure {
    fn from(error: postern_secrets::VaultError) -> Self {
        Self::unavailable("vault_unavailable", format!("the credential vault cannot be used: {error}"))
    }
}

/// Management and console routes answer in the OpenAI-shaped envelope, with an id of their own.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.respond(Format::OpenAiChat, crate::ids::new_id())
    }
}
