//! Errors of LiteLLM's management routes. Its clients meet three families of bodies, by route: an envelope `error`, an object
//! `detail`, and a list `detail` of what is wrong with each member. Here one body has the envelope and the right `detail`, so
//! that whoever looks for either finds it.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::clock;
use crate::error::Failure;
use crate::ids;

/// The first words of paths whose errors are told here.
const ROOTS: [&str; 17] = [
    "key",
    "user",
    "team",
    "organization",
    "budget",
    "customer",
    "end_user",
    "tag",
    "invitation",
    "onboarding",
    "model",
    "model_group",
    "access_group",
    "provider",
    "audit",
    "global",
    "spend",
];

pub fn covers(path: &str) -> bool {
    let path = path.strip_prefix("/v1").or_else(|| path.strip_prefix("/v2")).unwrap_or(path);
    path.split('/').nth(1).is_some_and(|root| ROOTS.contains(&root))
}

/// A failure's response, told anew; any other as it is.
pub fn retell(response: Response<Body>) -> Response<Body> {
    let Some(failure) = response.extensions().get::<Failure>().cloned() else { return response };
    let known = response.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let request_id = known.map_or_else(|| ids::new_id().to_string(), str::to_owned);
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let text = body(&failure, &request_id).to_string();
    (head, text).into_response()
}

/// LiteLLM has the status, as a text, for a code, and the text `None` for what is absent. `reason` is the finer word.
fn body(failure: &Failure, request_id: &str) -> Value {
    let error = &failure.error;
    let none = || "None".to_owned();
    let kind = error.type_override.clone().unwrap_or_else(|| match error.status {
        401 | 403 => "auth_error".to_owned(),
        400 | 409 | 422 => "bad_request_error".to_owned(),
        404 => "not_found_error".to_owned(),
        429 => none(),
        _ => "internal_server_error".to_owned(),
    });
    let wrong = error.details.as_ref().and_then(|details| details.get("validation"));
    let detail = match (wrong, error.status) {
        (Some(wrong), _) => json!([wrong]),
        (None, 422) => {
            let place = error.param.as_deref();
            json!([{"type": "value_error", "loc": ["body", place], "msg": error.message, "input": null}])
        }
        (None, _) => json!({"error": error.message}),
    };
    let details = error.details.as_ref().filter(|_| wrong.is_none());
    json!({
        "error": {
            "message": error.message,
            "type": kind,
            "param": error.param.clone().unwrap_or_else(none),
            "code": error.status.to_string(),
            "reason": error.code,
            "details": details.unwrap_or(&json!({})),
        },
        "detail": detail,
        "timestamp": clock::text(clock::now_ms()),
        "request_id": request_id,
    })
}
