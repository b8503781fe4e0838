//! `GET /v1/models`: what the caller may use, in the shape that the caller's other requests have.

mod anthropic;

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use postern_wire::Format;
use serde::Serialize;

use super::{Shared, gemini};
use crate::auth::Caller;
use crate::catalogue::{Catalogue, Model as Known};
use crate::error::Failure;
use crate::ids;
use crate::shapes::{ErrorBody, QueryOf};
use crate::snapshot::{Deployment, Snapshot};

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
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ModelList {
    #[schema(example = "list")]
    pub object: &'static str,
    pub data: Vec<Model>,
}

/// What OpenAI's oldest chat models show, and LiteLLM all of them.
const CREATED: i64 = 1_677_610_602;

/// What is known of a model, whoever asks.
pub(super) struct Listed {
    pub id: String,
    pub owner: String,
    pub context: Option<u64>,
    pub max_output: Option<u64>,
}

impl Listed {
    fn of(id: &str, deployment: Option<&Deployment>) -> Self {
        Self {
            id: id.to_owned(),
            owner: deployment.map_or("postern", |deployment| deployment.provider.as_str()).to_owned(),
            context: deployment.and_then(|deployment| deployment.context),
            max_output: deployment.and_then(|deployment| deployment.max_output),
        }
    }

    fn openai(self) -> Model {
        Model { id: self.id, object: "model", created: CREATED, owned_by: self.owner }
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

/// Model groups first, then the models that wildcard groups stand for, then `provider/model` of every configured provider.
pub(super) fn usable(snapshot: &Snapshot, caller: &Caller) -> Vec<Listed> {
    let groups = snapshot.groups.values();
    let groups = groups.map(|group| Listed::of(&group.name, group.deployments.first().map(AsRef::as_ref)));
    let mut list: Vec<Listed> = groups.filter(|model| caller.may_use(&[&model.id])).collect();
    let aliases = snapshot.aliases.iter().filter(|(alias, _)| !snapshot.hidden_aliases.contains(*alias));
    for (alias, name) in aliases.filter(|(alias, name)| caller.may_use(&[alias, name])) {
        let first = snapshot.groups.get(name).and_then(|group| group.deployments.first());
        list.push(Listed { owner: "postern".to_owned(), ..Listed::of(alias, first.map(AsRef::as_ref)) });
    }
    let mut seen: HashSet<String> = list.iter().map(|model| model.id.clone()).collect();
    let mut add = |id: String, owner: &str, known: Known| {
        if seen.insert(id.clone()) {
            let owner = owner.to_owned();
            list.push(Listed { id, owner, context: known.context, max_output: known.max_output });
        }
    };
    for (id, owner, known) in snapshot.wildcard_models() {
        if caller.may_use(&[&id]) {
            add(id, &owner, known);
        }
    }
    for provider in snapshot.providers.iter().filter(|provider| provider.row.enabled && !provider.built_in) {
        let models = Catalogue::embedded().models_of(&provider.spec.id);
        for known in models.filter(|known| known.mode == "chat" || known.mode == "responses") {
            let id = format!("{}/{}", provider.row.name, known.id);
            if caller.may_use(&[&id]) {
                add(id, &provider.row.name, known);
            } else if caller.may_use(&[known.id]) {
                // Its key has the bare name, so that is what it may ask for.
                add(known.id.to_owned(), &provider.row.name, known);
            }
        }
    }
    list
}

/// The models that the key may use
///
/// In Anthropic's shape, with its paging, when the request has an `anthropic-version` header; in Google's when it has an
/// `x-goog-api-key`.
#[utoipa::path(
    get, path = "/v1/models", tag = "LLM", params(anthropic::Page),
    responses((status = 200, body = ModelList), (status = 401, description = "No valid key", body = ErrorBody))
)]
pub async fn list(
    State(engine): State<Shared>,
    page: Result<QueryOf<anthropic::Page>, Failure>,
    headers: HeaderMap,
    caller: Result<Caller, Failure>,
) -> Response {
    let format = format_of(&headers);
    let snapshot = engine.snapshot.load_full();
    let caller = match caller {
        Ok(caller) => caller,
        Err(failure) => return failure.respond(format, ids::new_id()),
    };
    let models = engine.tasks.blocking(move || usable(&snapshot, &caller)).await.unwrap_or_default();
    if format == Format::OpenAiChat {
        let data = models.into_iter().map(Listed::openai).collect();
        return Json(ModelList { object: "list", data }).into_response();
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

pub(super) fn one(snapshot: &Snapshot, caller: &Caller, model_id: &str) -> Result<Listed, Failure> {
    let unknown = || {
        Failure::not_found(
            "model_not_found",
            format!("The model `{model_id}` does not exist or is not accessible"),
        )
        .with_param("model")
    };
    let group = snapshot.resolve(model_id).map_err(|_| unknown())?.group;
    if !caller.may_use(&[model_id, &group.name]) {
        return Err(unknown());
    }
    Ok(Listed::of(model_id, group.deployments.first().map(AsRef::as_ref)))
}
