//! The model catalogue, and the user's own prices.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use postern_store::table::{reservations, spend_hourly};
use serde::{Deserialize, Serialize};

use crate::auth::permissions::Authority;
use crate::catalogue::{Catalogue, CatalogueModel, CatalogueView, PriceOverride};
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::ids;
use crate::registry::audit::Actor;
use crate::registry::prices::{self, rerate::Wanted};
use crate::shapes::{ErrorBody, JsonBody};
use crate::snapshot::Snapshot;

/// How far back requests are looked for that count as they were reserved: each is a row that has to be read.
const RESERVED_DAYS: i64 = 31;
/// No model has a longer name.
const LONGEST_MODEL: usize = 300;

fn configured(snapshot: &Snapshot) -> HashSet<&str> {
    snapshot
        .providers
        .iter()
        .filter(|provider| provider.row.enabled && !provider.built_in)
        .map(|provider| provider.spec.id.as_str())
        .collect()
}

/// Models that the user has set prices of and the catalogue does not know, in order.
fn unlisted(snapshot: &Snapshot, configured: &HashSet<&str>) -> Vec<CatalogueModel> {
    let catalogue = Catalogue::embedded();
    let mut own: Vec<_> =
        snapshot.overrides.iter().filter(|((provider, model), _)| !catalogue.has(provider, model)).collect();
    own.sort_by_key(|(place, _)| *place);
    let shown = own.into_iter().map(|((provider, model), plan)| {
        catalogue.unlisted(provider, model, Some(&plan.prices), configured.contains(provider.as_str()))
    });
    shown.collect()
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
        .chain(unlisted(snapshot, &configured))
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

/// The kind of a provider that is called by it, or by its name.
fn kind<'a>(snapshot: &'a Snapshot, provider: &'a str) -> &'a str {
    let named = snapshot.providers.iter().find(|known| known.row.name == provider && !known.built_in);
    named.map_or(provider, |known| known.spec.id.as_str())
}

/// A model as the catalogue has it; of a kind of provider that there is also one that it does not know, which has the user's own
/// prices alone.
fn one(engine: &Engine, provider: &str, model: &str) -> Result<CatalogueModel, Failure> {
    let snapshot = engine.snapshot.load();
    let provider = kind(&snapshot, provider);
    let own =
        |id: &str| snapshot.overrides.get(&(provider.to_owned(), id.to_owned())).map(|plan| &plan.prices);
    let Some(known) = Catalogue::embedded().find(provider, model) else {
        let is_kind = crate::providers::find(provider).is_some();
        if !is_kind || model.is_empty() || model.len() > LONGEST_MODEL {
            let message = format!("the catalogue has no model {model} of {provider}");
            return Err(Failure::not_found("model_not_found", message));
        }
        let available = configured(&snapshot).contains(provider);
        return Ok(Catalogue::embedded().unlisted(provider, model, own(model), available));
    };
    let own =
        snapshot.overrides.get(&(known.provider.to_owned(), known.id.to_string())).map(|plan| &plan.prices);
    let available = configured(&snapshot).contains(known.provider);
    Ok(Catalogue::embedded().view(&known, own, available))
}

/// Set your own prices of a model; they win over the catalogue
///
/// Pico-dollars per token. The provider by its name or its kind; the model may be one that the catalogue does not know. Applies to
/// requests from now on; history is changed by `/console/prices/rerate` alone.
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

/// A model of which nobody knows what requests cost.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Unpriced {
    pub provider: String,
    /// As the provider calls it.
    pub model: String,
    /// Those without a cost, which no sum has.
    pub requests: i64,
    /// Those within a budget of the last 31 days, which count as they were reserved.
    pub reserved_requests: i64,
    /// Of all its requests in the hours in which some had no cost; where all have one, of those that count as reserved.
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// UTC milliseconds, to the hour.
    pub last_used_at: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct UnpricedModels {
    /// Those last used first.
    pub models: Vec<Unpriced>,
}

/// Models of which nobody knows what requests cost
///
/// Outside of budgets such requests have no cost; within one they count as they were reserved (`price_source` is `reservation`).
/// `/console/prices/rerate` gives both a cost, once there is a price.
#[utoipa::path(
    get, path = "/console/prices/unpriced", tag = "Console",
    responses((status = 200, body = UnpricedModels), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn unpriced(State(engine): State<Shared>) -> Result<Json<UnpricedModels>, Failure> {
    let since = clock::now_ms() - RESERVED_DAYS * 24 * spend_hourly::MILLISECONDS_PER_HOUR;
    let (unpriced, reserved) = engine
        .read(move |connection| {
            Ok((spend_hourly::unpriced(connection)?, reservations::by_model(connection, since)?))
        })
        .await?;
    let unpriced = unpriced.into_iter().map(|model| {
        let last_used_at = model.last_hour * spend_hourly::MILLISECONDS_PER_HOUR;
        Unpriced {
            provider: model.provider,
            model: model.model,
            requests: model.requests,
            reserved_requests: 0,
            input_tokens: model.input_tokens,
            output_tokens: model.output_tokens,
            last_used_at,
        }
    });
    let mut models: Vec<Unpriced> = unpriced.collect();
    for model in reserved {
        let hour = spend_hourly::MILLISECONDS_PER_HOUR;
        let last_used_at = model.last_at.div_euclid(hour) * hour;
        let known = models
            .iter_mut()
            .find(|known| (&known.provider, &known.model) == (&model.provider, &model.model));
        match known {
            Some(known) => {
                known.reserved_requests = model.requests;
                known.last_used_at = known.last_used_at.max(last_used_at);
            }
            None => models.push(Unpriced {
                provider: model.provider,
                model: model.model,
                requests: 0,
                reserved_requests: model.requests,
                input_tokens: model.input_tokens,
                output_tokens: model.output_tokens,
                last_used_at,
            }),
        }
    }
    models.sort_by(|one, other| {
        (other.last_used_at, &one.provider, &one.model).cmp(&(
            one.last_used_at,
            &other.provider,
            &other.model,
        ))
    });
    Ok(Json(UnpricedModels { models }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rerate {
    /// A provider's name, or the kind of several.
    provider: String,
    /// As the provider calls it.
    model: String,
    /// The first moment, UTC milliseconds; all where it is null or absent.
    #[serde(default)]
    from: Option<i64>,
    /// Those as well whose cost the provider reported itself (`price_source` is `provider`): they are left alone otherwise.
    #[serde(default)]
    reported: bool,
    /// Only say what it would come to.
    #[serde(default)]
    dry_run: bool,
}

/// Costs in nano-dollars; what a flat rate covers is not among them.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RatedAnew {
    /// Requests that used something.
    pub rows: u64,
    pub changed: u64,
    /// Those whose price nobody knew; what counted as it was reserved within a budget is among them.
    pub unpriced_before: u64,
    pub unpriced_after: u64,
    pub cost_nanos_before: i64,
    pub cost_nanos_after: i64,
}

/// Rate the history of a model anew, by the prices that are in force now
///
/// Changes rows, every sum that they are in, and what budgets have spent. Each row names the prices that it was rated by.
#[utoipa::path(
    post, path = "/console/prices/rerate", tag = "Console", request_body = Rerate,
    responses(
        (status = 200, body = RatedAnew), (status = 400, description = "A name is missing", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn rerate(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<Rerate>,
) -> Result<Json<RatedAnew>, Failure> {
    for (name, text) in [("provider", &body.provider), ("model", &body.model)] {
        if text.is_empty() {
            return Err(Failure::invalid("missing_field", format!("{name} is missing")).with_param(name));
        }
    }
    let Rerate { provider, model, from, reported, dry_run } = body;
    let wanted = Wanted { provider, model, from: from.unwrap_or(0), reported, dry_run };
    let told = prices::rerate::rerate(&engine, Actor::of(&authority), wanted).await?;
    Ok(Json(RatedAnew {
        rows: told.rows,
        changed: told.changed,
        unpriced_before: told.unpriced_before,
        unpriced_after: told.unpriced_after,
        cost_nanos_before: told.cost_before,
        cost_nanos_after: told.cost_after,
    }))
}
