//! `GET /v1/models`: what the caller may use, in the shape that the caller's other requests have.

mod anthropic;
mod asked;
mod listed;

use asked::{ListQuery, Wish, metadata};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
pub(super) use listed::{Besides, Listed, one, usable};
use postern_wire::Format;
use serde::Serialize;
use serde_json::Value;

use super::{Shared, gemini};
use crate::auth::Caller;
use crate::error::Failure;
use crate::ids;
use crate::shapes::{ErrorBody, QueryOf};

/// One entry of the list, in OpenAI's shape.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Model {
    #[schema(example = "demo")]
    pub id: String,
    #[schema(example = "model")]
    pub object: &'static str,
    /// Unix seconds; fixed, since providers do not agree on what it means.
    pub created: i64,
    pub owned_by: String,
    /// Where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub metadata: Option<Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelList {
    #[schema(example = "list")]
    pub object: &'static str,
    pub data: Vec<Model>,
}

/// What OpenAI's oldest chat models show, and LiteLLM all of them.
const CREATED: i64 = 1_677_610_602;

impl Listed {
    fn openai(self) -> Model {
        Model { id: self.id, object: "model", created: CREATED, owned_by: self.owner, metadata: None }
    }
}

/// Whose list it is to be: Anthropic's clients name a version of its API with every request, and Google's, some of which
/// ask here and not under `/v1beta`, have a header of their own for the key.
fn format_of(headers: &HeaderMap) -> Format {
    if headers.contains_key("anthropic-version") {
        Format::AnthropicMessages
    } else if headers.contains_key("x-goog-api-key") {
        Format::Gemini
    } else {
        Format::OpenAiChat
    }
}

/// The models that the key may use
///
/// In Anthropic's shape, with its paging, when the request has an `anthropic-version` header; in Google's when it has an
/// `x-goog-api-key`. With `include_metadata` each entry has `metadata.fallbacks`.
#[utoipa::path(
    get, path = "/v1/models", tag = "LLM", params(anthropic::Page, ListQuery),
    responses(
        (status = 200, body = ModelList), (status = 400, description = "A parameter makes no sense", body = ErrorBody),
        (status = 401, description = "No valid key", body = ErrorBody), (status = 403, description = "Another's team", body = ErrorBody),
        (status = 404, description = "No such team or page", body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn list(
    State(engine): State<Shared>,
    page: Result<QueryOf<anthropic::Page>, Failure>,
    asked: Result<QueryOf<ListQuery>, Failure>,
    headers: HeaderMap,
    caller: Result<Caller, Failure>,
) -> Response {
    let format = format_of(&headers);
    let snapshot = engine.snapshot.load_full();
    let wish = caller.and_then(|caller| asked?.0.understood(caller, &engine.directory.load()));
    let Wish { viewer, besides, fallbacks } = match wish {
        Ok(wish) => wish,
        Err(failure) => return failure.respond(format, ids::new_id()),
    };
    let reading = snapshot.clone();
    let models = engine.tasks.blocking(move || usable(&reading, &viewer, besides)).await.unwrap_or_default();
    if format == Format::OpenAiChat {
        let told = |listed: Listed| {
            let metadata = fallbacks.map(|kind| metadata(&snapshot, &listed, kind));
            Model { metadata, ..listed.openai() }
        };
        return Json(ModelList { object: "list", data: models.into_iter().map(told).collect() })
            .into_response();
    }
    if format == Format::Gemini {
        return gemini::models(models);
    }
    match page.and_then(|QueryOf(page)| anthropic::list(models, &page)) {
        Ok(list) => Json(list).into_response(),
        Err(failure) => failure.respond(format, ids::new_id()),
    }
}

/// One model
#[utoipa::path(
    get, path = "/v1/models/{*model_id}", tag = "LLM",
    params(("model_id" = String, Path, description = "As listed; may hold slashes")),
    responses(
        (status = 200, body = Model),
        (status = 401, description = "No valid key", body = ErrorBody),
        (status = 404, description = "No such model, or not for this key", body = ErrorBody),
    )
)]
pub async fn get(
    State(engine): State<Shared>,
    headers: HeaderMap,
    Path(model_id): Path<String>,
    caller: Result<Caller, Failure>,
) -> Response {
    let format = format_of(&headers);
    match caller.and_then(|caller| one(&engine.snapshot.load(), &caller, &model_id)) {
        Ok(model) if format == Format::OpenAiChat => Json(model.openai()).into_response(),
        Ok(model) if format == Format::Gemini => gemini::model(model),
        Ok(model) => Json(anthropic::model(model)).into_response(),
        Err(failure) => failure.respond(format, ids::new_id()),
    }
}
