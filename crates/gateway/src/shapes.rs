//! What all surfaces share: extractors for the caller and for JSON bodies, and the documented shapes of errors.

pub mod names;
pub mod routes;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::auth::permissions::Authority;
use crate::auth::{Caller, InternalOrigin};
use crate::engine::Engine;
use crate::error::Failure;

/// Any JSON object.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[schema(value_type = Object)]
pub struct JsonObject(pub serde_json::Map<String, serde_json::Value>);

/// How errors are told: OpenAI's members with more beside them.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    pub error: ErrorDetail,
    /// RFC 3339, UTC.
    pub timestamp: String,
    /// Also in the header `x-request-id`.
    pub request_id: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ErrorDetail {
    /// What happened and what helps.
    pub message: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// The field in question.
    pub param: Option<String>,
    pub code: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub details: Option<serde_json::Value>,
}

impl FromRequestParts<std::sync::Arc<Engine>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, engine: &std::sync::Arc<Engine>) -> Result<Self, Failure> {
        if let Some(authority) = parts.extensions.get::<Authority>() {
            return Ok(authority.caller.clone());
        }
        engine.caller(parts.extensions.get::<InternalOrigin>(), &parts.headers, parts.uri.path())
    }
}

impl FromRequestParts<std::sync::Arc<Engine>> for Authority {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &std::sync::Arc<Engine>) -> Result<Self, Failure> {
        // The guard of the management API puts it there, and refuses whom the table gives nothing.
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Failure::internal("a route of the management API without its guard"))
    }
}

/// The window or the control socket: what only the person at this machine may do.
pub struct AtThisMachine;

impl<S: Sync> FromRequestParts<S> for AtThisMachine {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        if parts.extensions.get::<InternalOrigin>().is_some() {
            return Ok(Self);
        }
        Err(Failure::forbidden(
            "local_only",
            "This can be done from the desktop window or with the `postern` command only.",
        )
        .with_type("auth_error"))
    }
}

/// A JSON body, whatever the content type says; wrong ones are told with the field and the reason. An empty body counts
/// as `{}`.
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Failure::too_large("the body of a management request is limited to 2 MiB"))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        read_json(text).map(Self)
    }
}

/// How deep a management request may nest. What is stored of it is read again inside of other things (a row, the row in the
/// audit log), and the reader follows 127 levels and no more.
const DEEPEST: usize = 64;

/// How deep lists and objects stand in one another, of JSON that may be wrong.
fn depth(text: &str) -> usize {
    let (mut deepest, mut open, mut is_text, mut is_escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        if is_text {
            is_text = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => is_text = true,
            b'[' | b'{' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// What was read as JSON already, with the same refusals.
pub fn typed<T: DeserializeOwned>(value: &impl Serialize) -> Result<T, Failure> {
    let text = serde_json::to_vec(value).map_err(|error| Failure::internal(error.to_string()))?;
    read_json(&text)
}

fn read_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Failure> {
    // The reader passes over members that nobody asks for, and would over bytes in them that are no text.
    let text = std::str::from_utf8(text).map_err(|error| {
        let message = format!("the body is not valid UTF-8 at byte {}", error.valid_up_to());
        unreadable("invalid_json", "json_invalid", None, message)
    })?;
    if depth(text) > DEEPEST {
        let message = format!("the body nests more than {DEEPEST} lists and objects in one another");
        return Err(unreadable("too_deep", "json_invalid", None, message));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut reader);
    let (path, error) = match read.map(|value| (value, reader.end())) {
        Ok((value, Ok(()))) => return Ok(value),
        Ok((_, Err(error))) => (String::new(), error),
        Err(error) => (error.path().to_string(), error.into_inner()),
    };
    let code = if error.is_data() { "invalid_type" } else { "invalid_json" };
    let field = Some(path).filter(|path| !path.is_empty() && path != ".");
    let place = field.as_ref().map(|field| format!(" at `{field}`")).unwrap_or_default();
    let message = format!("the body does not fit{place}: {error}");
    let kind = if error.is_data() { "type_error" } else { "json_invalid" };
    Err(unreadable(code, kind, field, message))
}

fn unreadable(code: &'static str, kind: &str, field: Option<String>, message: String) -> Failure {
    let location: Vec<&str> =
        std::iter::once("body").chain(field.iter().flat_map(|field| field.split('.'))).collect();
    let mut failure = Failure::invalid(code, message.clone()).with_details(serde_json::json!({
        "validation": {"type": kind, "loc": location, "msg": message, "input": null},
    }));
    failure.error.status = 422;
    failure.error.param = field;
    failure
}

/// Query parameters; wrong ones are told.
pub struct QueryOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Query::<T>::try_from_uri(&parts.uri).map(|Query(query)| Self(query)).map_err(|rejection| {
            let mut failure = Failure::invalid("invalid_query", rejection.body_text());
            failure.error.status = 422;
            failure
        })
    }
}

#[cfg(test)]
mod tests;
