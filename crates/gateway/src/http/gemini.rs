//! Google's Gemini API: `POST /v1beta/models/{model}:generateContent` and its like, under `/v1/models` too, as today's SDKs
//! ask; the lists of models in its shape.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use postern_wire::Format;
use serde::Serialize;

use super::Shared;
use super::models::{Besides, Listed, one, usable};
use crate::auth::Caller;
use crate::error::Failure;
use crate::exchange::{self, Call, Counted};
use crate::ids;

const FORMAT: Format = Format::Gemini;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    name: String,
    display_name: String,
    input_token_limit: Option<u64>,
    output_token_limit: Option<u64>,
    supported_generation_methods: [&'static str; 3],
}

impl From<Listed> for Model {
    fn from(listed: Listed) -> Self {
        Self {
            name: format!("models/{}", listed.id),
            display_name: listed.id,
            input_token_limit: listed.context,
            output_token_limit: listed.max_output,
            supported_generation_methods: ["generateContent", "streamGenerateContent", "countTokens"],
        }
    }
}

/// `/v1beta/models`
pub async fn list(State(engine): State<Shared>, caller: Result<Caller, Failure>) -> Response {
    let snapshot = engine.snapshot.load_full();
    let caller = match caller {
        Ok(caller) => caller,
        Err(failure) => return failure.respond(FORMAT, ids::new_id()),
    };
    models(
        engine
            .tasks
            .blocking(move || usable(&snapshot, &caller.into(), Besides::default()))
            .await
            .unwrap_or_default(),
    )
}

pub(super) fn models(listed: Vec<Listed>) -> Response {
    let models: Vec<Model> = listed.into_iter().map(Model::from).collect();
    Json(serde_json::json!({ "models": models })).into_response()
}

pub(super) fn model(listed: Listed) -> Response {
    Json(Model::from(listed)).into_response()
}

/// `/v1beta/models/{model}`
pub async fn get(
    State(engine): State<Shared>,
    Path(name): Path<String>,
    caller: Result<Caller, Failure>,
) -> Response {
    match caller.and_then(|caller| one(&engine.snapshot.load(), &caller, &name)) {
        Ok(found) => model(found),
        Err(failure) => failure.respond(FORMAT, ids::new_id()),
    }
}

/// `{model}:{method}`
pub async fn call(State(engine): State<Shared>, Path(path): Path<String>, request: Request) -> Response {
    if let Some(model) = path.strip_suffix(":countTokens") {
        return count(engine, model.to_owned(), request).await;
    }
    match content_call(&path, request.uri().path().to_owned(), request.uri().query()) {
        Some(call) => exchange::serve(engine, call, request).await,
        None => unknown(&path),
    }
}

/// Reads `{model}:generateContent` or `{model}:streamGenerateContent`.
pub(super) fn content_call(path: &str, endpoint: String, query: Option<&str>) -> Option<Call> {
    let (model, method) = path.rsplit_once(':')?;
    let stream = match method {
        "generateContent" => false,
        "streamGenerateContent" => true,
        _ => return None,
    };
    let events = query.is_some_and(|query| query.split('&').any(|part| part == "alt=sse"));
    Some(Call {
        model: Some(model.to_owned()),
        stream: Some(stream),
        json_array: stream && !events,
        ..Call::new(FORMAT, endpoint)
    })
}

fn unknown(path: &str) -> Response {
    let message =
        format!("models/{path} is not served: generateContent, streamGenerateContent and countTokens are");
    Failure::not_found("unknown_method", message).respond(FORMAT, ids::new_id())
}

/// By whoever would answer; an estimate where nobody counts.
async fn count(engine: Shared, model: String, request: Request) -> Response {
    let endpoint = request.uri().path().to_owned();
    let call = Call { model: Some(model), stream: Some(false), ..Call::new(FORMAT, endpoint) };
    let answer = |tokens: u64| Json(serde_json::json!({ "totalTokens": tokens }));
    match exchange::count(engine, call, request).await {
        Ok(Counted::Verbatim(body)) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Ok(Counted::Exact(tokens)) => answer(tokens).into_response(),
        Ok(Counted::Estimate(tokens)) => ([("x-postern-estimate", "true")], answer(tokens)).into_response(),
        Err(failure) => failure.respond(FORMAT, ids::new_id()),
    }
}
