//! Providers: presets, and what is configured.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use postern_secrets::Secret;
use postern_store::table::requests::Billing;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::permissions::Authority;
use crate::catalogue::Catalogue;
use crate::config;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::providers::{self as specs, Preset, Settings};
use crate::registry::audit::Actor;
use crate::registry::conditions;
use crate::registry::providers::{self, Change, Edit, ProviderTest};
use crate::shapes::names::{BillingName, FormatName};
use crate::shapes::{ErrorBody, JsonBody, QueryOf};
use crate::snapshot::{self, Credential, FurtherCredential, Snapshot};

#[derive(Serialize, utoipa::ToSchema)]
pub struct Presets {
    pub presets: Vec<Preset>,
}

/// Well-known providers
#[utoipa::path(get, path = "/console/presets", tag = "Console", responses((status = 200, body = Presets), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn presets() -> Json<Presets> {
    let presets = specs::specs()
        .iter()
        .filter(|spec| spec.id != snapshot::DEMO)
        .map(specs::ProviderSpec::preset)
        .collect();
    Json(Presets { presets })
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialName {
    Stored,
    Missing,
    NotNeeded,
    Unavailable,
    Refused,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CredentialView {
    pub state: CredentialName,
    /// The end of the key, to recognise it by.
    pub hint: Option<String>,
    pub detail: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CircuitName {
    HalfOpen,
    Open,
}

/// That a provider is not asked for now, or with one request only.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CircuitView {
    #[schema(value_type = CircuitName)]
    pub state: &'static str,
    /// How much longer it cools down.
    pub retry_in_seconds: Option<f64>,
    /// What failed last.
    pub reason: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Provider {
    pub id: String,
    /// The word before the slash in `provider/model`.
    pub name: String,
    pub preset: String,
    pub label: String,
    #[schema(value_type = FormatName)]
    pub format: String,
    pub base_url: String,
    /// The base URL with the settings in force in it.
    pub address: String,
    pub enabled: bool,
    /// What it was told besides a key, by name; the preset says what there is.
    pub settings: Settings,
    /// The demo provider; cannot be changed or removed.
    pub built_in: bool,
    pub credential: CredentialView,
    /// Chat models that the catalogue knows of it, or that it listed when it was tested.
    pub models: usize,
    pub last_test: Option<ProviderTest>,
    /// As the administration API counts it; 0 for the built-in one.
    pub number: i64,
    /// Higher is asked first.
    pub priority: i64,
    pub weight: i64,
    /// Seconds; absent where the gateway's own is in force.
    pub timeout: Option<f64>,
    /// `subscription`: a flat rate covers it, and what its requests would have cost is told apart from what is owed.
    #[schema(value_type = BillingName)]
    pub billing: &'static str,
    /// On the list's prices; less than 0: a discount.
    pub price_adjustment_percent: f64,
    /// Credentials besides the first.
    pub further_keys: Vec<FurtherCredential>,
    /// Absent while all is well.
    pub circuit: Option<CircuitView>,
    /// UTC milliseconds.
    pub created_at: i64,
    pub updated_at: i64,
}

fn view(engine: &Engine, snapshot: &Snapshot, provider: &snapshot::Provider) -> Provider {
    let row = &provider.row;
    let last_test: Option<ProviderTest> =
        row.last_test.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let (state, detail) = match (provider.credential(), engine.refusal_of(&row.id.to_string())) {
        (_, Some(refusal)) => (CredentialName::Refused, Some(refusal)),
        (Credential::Loaded, None)
            if last_test.as_ref().is_some_and(|test| matches!(test.status, Some(401 | 403))) =>
        {
            (CredentialName::Refused, last_test.as_ref().map(|test| test.message.clone()))
        }
        (Credential::Loaded, None) => (CredentialName::Stored, None),
        (Credential::Missing, None) => (CredentialName::Missing, None),
        (Credential::NotNeeded, None) => (CredentialName::NotNeeded, None),
        (Credential::Unavailable(reason), None) => (CredentialName::Unavailable, Some(reason.clone())),
    };
    let known =
        || Catalogue::embedded().models_of(&provider.spec.id).filter(|model| model.mode == "chat").count();
    let models = if provider.built_in {
        1
    } else {
        last_test.as_ref().and_then(|test| test.models).unwrap_or_else(known)
    };
    Provider {
        id: row.id.to_string(),
        name: row.name.clone(),
        preset: row.preset.clone(),
        label: provider.spec.label.clone(),
        format: provider.spec.format.as_str().into(),
        base_url: row.base_url.clone(),
        address: provider.spec.address_in_force(&row.base_url, &provider.settings),
        enabled: row.enabled,
        settings: serde_json::from_str(&row.settings).unwrap_or_default(),
        built_in: provider.built_in,
        credential: CredentialView { state, hint: row.credential_hint.clone(), detail },
        models,
        last_test,
        number: row.number,
        priority: row.priority,
        weight: row.weight,
        timeout: row.timeout_ms.map(|milliseconds| milliseconds as f64 / 1000.0),
        billing: provider.billing().as_str(),
        price_adjustment_percent: row.price_adjustment as f64 / 100.0,
        further_keys: snapshot::further_credentials(row),
        circuit: circuit(engine, snapshot, provider),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn circuit(engine: &Engine, snapshot: &Snapshot, provider: &snapshot::Provider) -> Option<CircuitView> {
    let summary = conditions::summary(engine, snapshot, &provider.row);
    (summary.state != "closed").then(|| CircuitView {
        state: summary.state,
        retry_in_seconds: summary.retry_in.map(|left| left.as_secs_f64()),
        reason: summary.reason,
    })
}

fn view_of(engine: &Engine, id: Uuid) -> Result<Provider, Failure> {
    let snapshot = engine.snapshot.load();
    let provider = snapshot.provider(id).ok_or_else(|| providers::unknown(id))?;
    Ok(view(engine, &snapshot, provider))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ProviderList {
    pub providers: Vec<Provider>,
}

/// Configured providers, the built-in one last
#[utoipa::path(get, path = "/console/providers", tag = "Console", responses((status = 200, body = ProviderList), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(State(engine): State<Shared>) -> Json<ProviderList> {
    let snapshot = engine.snapshot.load();
    Json(ProviderList {
        providers: snapshot.providers.iter().map(|provider| view(&engine, &snapshot, provider)).collect(),
    })
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    #[schema(example = "openai")]
    preset: String,
    /// Made up from the preset when absent.
    #[serde(default)]
    name: Option<String>,
    /// The preset's when absent.
    #[serde(default)]
    base_url: Option<String>,
    /// Goes to the vault and is never shown again.
    #[serde(default, deserialize_with = "config::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    api_key: Option<Secret>,
    /// What the preset wants to be told besides a key, by name.
    #[serde(default)]
    settings: Option<Settings>,
    /// Higher is asked first, 0 to 1000000; 100 when absent.
    #[serde(default)]
    priority: Option<i64>,
    /// 0 to 1000000; 100 when absent.
    #[serde(default)]
    weight: Option<i64>,
    /// Seconds; the gateway's own when absent.
    #[serde(default)]
    timeout: Option<f64>,
    /// `api` when absent.
    #[serde(default)]
    billing: Option<PaidBy>,
    /// On the list's prices, -100 to 1000; less than 0: a discount. 0 when absent.
    #[serde(default)]
    price_adjustment_percent: Option<f64>,
}

/// How a provider is paid.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaidBy {
    /// By use.
    Api,
    /// A flat rate covers it.
    Subscription,
}

impl From<PaidBy> for Billing {
    fn from(paid: PaidBy) -> Self {
        match paid {
            PaidBy::Api => Self::Api,
            PaidBy::Subscription => Self::Subscription,
        }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderChange {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    base_url: Option<String>,
    /// Replaces the one in the vault.
    #[serde(default, deserialize_with = "config::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    api_key: Option<Secret>,
    /// One more, that stands in for those before it.
    #[serde(default, deserialize_with = "config::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    add_api_key: Option<Secret>,
    /// Keys besides the first, by their numbers.
    #[serde(default)]
    remove_keys: Vec<usize>,
    #[serde(default)]
    enabled: Option<bool>,
    /// What is not named stays as it is; an empty text goes back to the default.
    #[serde(default)]
    settings: Option<Settings>,
    /// Higher is asked first, 0 to 1000000.
    #[serde(default)]
    priority: Option<i64>,
    /// 0 to 1000000.
    #[serde(default)]
    weight: Option<i64>,
    /// Seconds; null goes back to the gateway's own.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    timeout: Edit<f64>,
    #[serde(default)]
    billing: Option<PaidBy>,
    /// On the list's prices, -100 to 1000; less than 0: a discount. For requests from now on.
    #[serde(default)]
    price_adjustment_percent: Option<f64>,
}

/// Add a provider; its key goes to the vault
#[utoipa::path(
    post, path = "/console/providers", tag = "Console", request_body = NewProvider,
    responses(
        (status = 201, body = Provider), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "The name is taken", body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, description = "The vault cannot be used", body = ErrorBody),
    )
)]
pub async fn add(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<NewProvider>,
) -> Result<(StatusCode, Json<Provider>), Failure> {
    let change = Change {
        name: body.name,
        base_url: body.base_url,
        api_key: body.api_key,
        settings: body.settings,
        priority: body.priority,
        weight: body.weight,
        timeout: body.timeout.map_or(Edit::Keep, Edit::Set),
        billing: body.billing.map(Billing::from),
        price_adjustment_percent: body.price_adjustment_percent,
        ..Change::default()
    };
    let row = providers::add(&engine, Actor::of(&authority), &body.preset, change).await?;
    Ok((StatusCode::CREATED, Json(view_of(&engine, row.id)?)))
}

fn parse(id: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(id).map_err(|_| providers::unknown(id))
}

/// Change a provider
#[utoipa::path(
    patch, path = "/console/providers/{id}", tag = "Console", request_body = ProviderChange, params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Provider), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub async fn change(
    State(engine): State<Shared>,
    authority: Authority,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ProviderChange>,
) -> Result<Json<Provider>, Failure> {
    let id = parse(&id)?;
    let change = Change {
        name: body.name,
        base_url: body.base_url,
        api_key: body.api_key,
        api_keys: None,
        add_api_key: body.add_api_key,
        remove_keys: body.remove_keys,
        enabled: body.enabled,
        settings: body.settings,
        priority: body.priority,
        weight: body.weight,
        timeout: body.timeout,
        billing: body.billing.map(Billing::from),
        price_adjustment_percent: body.price_adjustment_percent,
    };
    providers::change(&engine, Actor::of(&authority), id, change).await?;
    Ok(Json(view_of(&engine, id)?))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RemoveQuery {
    /// Remove the stored deployments that use it, too.
    #[serde(default)]
    cascade: bool,
}

/// Remove a provider and its credentials
///
/// One in use is not removed: `error.details.used_by` says by what.
#[utoipa::path(
    delete, path = "/console/providers/{id}", tag = "Console", params(("id" = Uuid, Path), RemoveQuery),
    responses((status = 204), (status = 409, description = "It is in use", body = ErrorBody), (status = 400, description = "The built-in provider", body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    Path(id): Path<String>,
    QueryOf(query): QueryOf<RemoveQuery>,
) -> Result<StatusCode, Failure> {
    providers::remove(&engine, Actor::of(&authority), parse(&id)?, query.cascade).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask a provider for its models with the stored credential
#[utoipa::path(
    post, path = "/console/providers/{id}/test", tag = "Console", params(("id" = Uuid, Path)),
    responses((status = 200, body = ProviderTest), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn test(
    State(engine): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<ProviderTest>, Failure> {
    Ok(Json(providers::test(&engine, parse(&id)?).await?))
}

/// The same before anything is stored
#[utoipa::path(
    post, path = "/console/providers/test", tag = "Console", request_body = NewProvider,
    responses((status = 200, body = ProviderTest), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn test_unsaved(
    State(engine): State<Shared>,
    JsonBody(body): JsonBody<NewProvider>,
) -> Result<Json<ProviderTest>, Failure> {
    let NewProvider { preset, base_url, api_key, settings, .. } = body;
    let change = Change { base_url, api_key, settings, ..Change::default() };
    Ok(Json(providers::test_unsaved(&engine, &preset, change).await?))
}
