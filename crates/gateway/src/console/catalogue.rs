//! The model catalogue, and the user's own prices.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::auth::permissions::Authority;
use crate::catalogue::{Catalogue, CatalogueModel, CatalogueView, PriceOverride};
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::ids;
use crate::registry::audit::Actor;
use crate::registry::prices;
use crate::shapes::{ErrorBody, JsonBody};
use crate::snapshot::Snapshot;

fn configured(snapshot: &Snapshot) -> HashSet<&str> {
    snapshot
        .providers
        .iter()
        .filter(|provider| provider.row.enabled && !provider.built_in)
        .map(|provider| provider.spec.id.as_str())
        .collect()
}

fn rows(snapshot: &Snapshot) -> CatalogueView {
    let catalogue = Catalogue::embedded();
    let configured = configured(snapshot);
    let own = |provider: &str, model: &str| {
        snapshot.overrides.get(&(provider.to_owned(), model.to_owned())).map(|plan| &plan.prices)
    };
    let models = catalogue
        .models()
        .map(|model| {
            catalogue.view(&model, own(model.provider, model.id), configured.contains(model.provider))
        })
        .collect();
    catalogue.whole(models)
}

/// Every model that is known, with prices in pico-dollars per token
///
/// Answers 304 to `If-None-Match` while nothing has changed.
#[utoipa::path(
    get, path = "/console/catalogue", tag = "Console",
    responses((status = 200, body = CatalogueView), (status = 304, description = "Unchanged"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn catalogue(State(engine): State<Shared>, headers: HeaderMap) -> Result<Response, Failure> {
    let snapshot = engine.snapshot.load_full();
    let body = engine
        .tasks
        .blocking(move || serde_json::to_vec(&rows(&snapshot)))
        .await
        .and_then(Result::ok)
        .ok_or_else(|| Failure::internal("the catalogue could not be written"))?;
    let tag = format!("\"{}\"", &ids::hex(&ids::hash_bytes(&body))[..16]);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok((headers, body).into_response())
}

fn one(engine: &Engine, provider: &str, model: &str) -> Result<CatalogueModel, Failure> {
    let snapshot = engine.snapshot.load();
    let known = Catalogue::embedded().find(provider, model).ok_or_else(|| {
        Failure::not_found("model_not_found", format!("the catalogue has no model {model} of {provider}"))
    })?;
    let own = snapshot.overrides.get(&(provider.to_owned(), known.id.to_string())).map(|plan| &plan.prices);
    let available = configured(&snapshot).contains(known.provider);
    Ok(Catalogue::embedded().view(&known, own, available))
}

/// Set your own prices of a model; they win over the catalogue
///
/// Pico-dollars per token. Applies to requests from now on; history is not changed.
#[utoipa::path(
    put, path = "/console/prices/{provider}/{*model}", tag = "Console", request_body = PriceOverride,
    params(("provider" = String, Path), ("model" = String, Path, description = "May hold slashes")),
    responses(
        (status = 200, body = CatalogueModel), (status = 400, description = "A price that cannot be", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn set_price(
    State(engine): State<Shared>,
    authority: Authority,
    Path((provider, model)): Path<(String, String)>,
    JsonBody(body): JsonBody<PriceOverride>,
) -> Result<Json<CatalogueModel>, Failure> {
    let known = one(&engine, &provider, &model)?;
    prices::set(&engine, Actor::of(&authority), &known.provider, &known.id, &body).await?;
    Ok(Json(one(&engine, &provider, &model)?))
}

/// Return to the catalogue's prices of a model
#[utoipa::path(
    delete, path = "/console/prices/{provider}/{*model}", tag = "Console",
    params(("provider" = String, Path), ("model" = String, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, description = "No price of your own", body = ErrorBody))
)]
pub async fn remove_price(
    State(engine): State<Shared>,
    authority: Authority,
    Path((provider, model)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let known = one(&engine, &provider, &model)?;
    if !prices::remove(&engine, Actor::of(&authority), &known.provider, &known.id).await? {
        return Err(Failure::not_found("price_not_found", format!("{model} has no price of your own")));
    }
    Ok(StatusCode::NO_CONTENT)
}
