//! What Ollama's clients ask before they chat: which models there are, what one can do, which version answers.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use postern_wire::Format;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::Shared;
use super::super::models::{Besides, Listed, one, usable};
use crate::auth::Caller;
use crate::error::Failure;
use crate::ids;
use crate::shapes::{JsonBody, JsonObject};
use crate::snapshot::Deployment;

/// The version of Ollama's API that is spoken here. Clients refuse to talk to older ones.
const VERSION: &str = "0.13.0";
/// Nothing here is a file that has been modified; clients want a time.
const MODIFIED: &str = "2025-01-01T00:00:00Z";

#[derive(Serialize, utoipa::ToSchema)]
pub struct TagList {
    pub models: Vec<Tag>,
}

/// One entry of the list. What only a file has is empty.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Tag {
    #[schema(example = "demo")]
    pub name: String,
    pub model: String,
    pub modified_at: &'static str,
    pub size: u64,
    pub digest: String,
    pub details: Details,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Details {
    pub parent_model: String,
    pub format: String,
    /// The provider.
    pub family: String,
    pub families: Vec<String>,
    pub parameter_size: String,
    pub quantization_level: String,
}

fn details(owner: &str) -> Details {
    Details {
        parent_model: String::new(),
        format: String::new(),
        family: owner.to_owned(),
        families: vec![owner.to_owned()],
        parameter_size: String::new(),
        quantization_level: String::new(),
    }
}

impl From<Listed> for Tag {
    fn from(listed: Listed) -> Self {
        let digest = ids::hex(&ids::hash_key(&listed.id));
        let details = details(&listed.owner);
        Self { model: listed.id.clone(), name: listed.id, modified_at: MODIFIED, size: 0, digest, details }
    }
}

/// The models that the key may use, in Ollama's shape
#[utoipa::path(
    get, path = "/api/tags", tag = "LLM",
    responses((status = 200, body = TagList), (status = 401, description = "No valid key", body = JsonObject))
)]
pub async fn tags(State(engine): State<Shared>, caller: Result<Caller, Failure>) -> Response {
    let caller = match caller {
        Ok(caller) => caller,
        Err(failure) => return failure.respond(Format::Ollama, ids::new_id()),
    };
    let snapshot = engine.snapshot.load_full();
    let models = engine
        .tasks
        .blocking(move || usable(&snapshot, &caller.into(), Besides::default()))
        .await
        .unwrap_or_default();
    Json(TagList { models: models.into_iter().map(Tag::from).collect() }).into_response()
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct Asked {
    #[schema(example = "demo")]
    #[serde(alias = "name")]
    model: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Shown {
    pub modelfile: String,
    pub parameters: String,
    pub template: String,
    pub details: Details,
    /// `general.architecture` and `<architecture>.context_length`, as far as they are known.
    #[schema(value_type = Object)]
    pub model_info: BTreeMap<String, Value>,
    /// `completion`, `tools`, `vision`, `thinking`, `embedding`
    pub capabilities: Vec<&'static str>,
    pub modified_at: &'static str,
}

/// What a model can do, in Ollama's shape
#[utoipa::path(
    post, path = "/api/show", tag = "LLM", request_body = Asked,
    responses(
        (status = 200, body = Shown), (status = 401, description = "No valid key", body = JsonObject),
        (status = 404, description = "No such model, or not for this key", body = JsonObject),
        (status = 422, body = JsonObject),
    )
)]
pub async fn show(
    State(engine): State<Shared>,
    caller: Result<Caller, Failure>,
    body: Result<JsonBody<Asked>, Failure>,
) -> Response {
    let shown = || -> Result<Shown, Failure> {
        let (caller, JsonBody(asked)) = (caller?, body?);
        let snapshot = engine.snapshot.load();
        let listed = one(&snapshot, &caller, &asked.model)?;
        let resolved = snapshot.resolve_for(caller.namespace(), &asked.model);
        let group = resolved.map_err(|reason| reason.into_failure(&asked.model))?.group;
        Ok(describe(&listed, group.deployments.first().map(AsRef::as_ref)))
    };
    match shown() {
        Ok(shown) => Json(shown).into_response(),
        Err(failure) => failure.respond(Format::Ollama, ids::new_id()),
    }
}

fn describe(listed: &Listed, deployment: Option<&Deployment>) -> Shown {
    let known = deployment.and_then(Deployment::known);
    let is_embedding = known.as_ref().is_some_and(|model| model.mode == "embedding");
    let has = |capability: &str| {
        known.as_ref().is_some_and(|model| model.capabilities.iter().any(|name| name == capability))
    };
    let mut capabilities = vec![if is_embedding { "embedding" } else { "completion" }];
    // A model that nobody knows is given the benefit of the doubt: clients send no tools to one that has none.
    if has("tools") || (known.is_none() && !is_embedding) {
        capabilities.push("tools");
    }
    if has("vision") {
        capabilities.push("vision");
    }
    if has("reasoning") {
        capabilities.push("thinking");
    }
    let mut model_info = BTreeMap::from([("general.architecture".to_owned(), json!(listed.owner))]);
    if let Some(context) = listed.context {
        model_info.insert(format!("{}.context_length", listed.owner), json!(context));
    }
    Shown {
        modelfile: String::new(),
        parameters: String::new(),
        template: "{{ .Prompt }}".to_owned(),
        details: details(&listed.owner),
        model_info,
        capabilities,
        modified_at: MODIFIED,
    }
}

/// The version of Ollama's API that is spoken
#[utoipa::path(get, path = "/api/version", tag = "LLM", security(()), responses((status = 200, body = JsonObject)))]
pub async fn version() -> Json<Value> {
    Json(json!({ "version": VERSION }))
}

/// `/api/ps`: no model is loaded here.
pub async fn running(caller: Result<Caller, Failure>) -> Response {
    match caller {
        Ok(_) => Json(json!({ "models": [] })).into_response(),
        Err(failure) => failure.respond(Format::Ollama, ids::new_id()),
    }
}
