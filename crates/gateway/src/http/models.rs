//! `GET /v1/models`: what the caller may use.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

use super::Shared;
use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::error::Failure;
use crate::shapes::ErrorBody;
use crate::snapshot::Snapshot;

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

fn model(id: &str, owner: &str) -> Model {
    Model { id: id.to_owned(), object: "model", created: CREATED, owned_by: owner.to_owned() }
}

/// Model groups first, then `provider/model` of every configured provider.
fn usable(snapshot: &Snapshot, caller: &Caller) -> Vec<Model> {
    let mut list: Vec<Model> = Vec::new();
    let groups = snapshot.groups.values().map(|group| {
        let owner = group.deployments.first().map_or("postern", |deployment| deployment.provider.as_str());
        model(&group.name, owner)
    });
    list.extend(groups.filter(|model| caller.may_use(&[&model.id])));
    list.extend(
        snapshot.aliases.keys().filter(|alias| caller.may_use(&[alias])).map(|alias| model(alias, "postern")),
    );
    for provider in snapshot.providers.iter().filter(|provider| provider.row.enabled && !provider.built_in) {
        let models = Catalogue::embedded().models_of(&provider.spec.id);
        for known in models.filter(|known| known.mode == "chat" || known.mode == "responses") {
            let id = format!("{}/{}", provider.row.name, known.id);
            if caller.may_use(&[&id, known.id]) {
                list.push(model(&id, &provider.row.name));
            }
        }
    }
    list
}

/// The models that the key may use
#[utoipa::path(
    get, path = "/v1/models", tag = "LLM",
    responses((status = 200, body = ModelList), (status = 401, description = "No valid key", body = ErrorBody))
)]
pub async fn list(State(engine): State<Shared>, caller: Caller) -> Json<ModelList> {
    let snapshot = engine.snapshot.load_full();
    let data = engine.tasks.blocking(move || usable(&snapshot, &caller)).await.unwrap_or_default();
    Json(ModelList { object: "list", data })
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
    caller: Caller,
    Path(model_id): Path<String>,
) -> Result<Json<Model>, Failure> {
    let snapshot = engine.snapshot.load_full();
    let unknown = || {
        Failure::not_found(
            "model_not_found",
            format!("The model `{model_id}` does not exist or is not accessible"),
        )
        .with_param("model")
    };
    let group = snapshot.resolve(&model_id).map_err(|_| unknown())?.group;
    if !caller.may_use(&[&model_id, &group.name]) {
        return Err(unknown());
    }
    let owner = group.deployments.first().map_or("postern", |deployment| deployment.provider.as_str());
    Ok(Json(model(&model_id, owner)))
}
