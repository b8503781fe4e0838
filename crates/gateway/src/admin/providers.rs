//! `/admin/providers`: providers by a small number, with their rank among each other and their health.

mod fields;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use fields::ProviderFields;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::errors::AdminErrorBody;
use crate::auth::permissions::Authority;
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::providers as specs;
use crate::providers::Settings;
use crate::registry::audit::Actor;
use crate::registry::{conditions, providers};
use crate::shapes::names::BillingName;
use crate::shapes::{JsonBody, QueryOf};
use crate::snapshot::{self, FurtherCredential, Snapshot};

/// A configured provider.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AdminProvider {
    /// Small, and never given to another provider.
    pub id: i64,
    pub uuid: String,
    /// The word before the slash in `provider/model`.
    pub name: String,
    /// The preset that it was made from.
    #[serde(rename = "type")]
    pub kind: String,
    pub base_url: String,
    pub has_api_key: bool,
    /// The end of the key, to recognise it by.
    pub api_key_hint: Option<String>,
    /// Keys that stand in for the first.
    pub further_keys: Vec<FurtherCredential>,
    pub enabled: bool,
    /// Higher is asked first.
    pub priority: i64,
    /// Its share among providers of the same priority.
    pub weight: i64,
    /// Seconds; null where the gateway's own is in force.
    #[schema(value_type = Option<f64>)]
    pub timeout: Value,
    /// How it is paid: `local` runs on this machine.
    #[schema(value_type = BillingName)]
    pub billing: &'static str,
    /// Below 0 a discount, above it a mark-up on all of its costs.
    pub price_adjustment_percent: f64,
    /// What it was told besides a key, by name.
    pub settings: Settings,
    pub health: AdminProviderHealth,
    /// RFC 3339, UTC.
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AdminProviderHealth {
    /// `closed`, `half_open` or `open`: of its deployments the worst.
    pub state: &'static str,
    pub consecutive_failures: u32,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AdminProviders {
    /// In the order in which they were added.
    pub providers: Vec<AdminProvider>,
    pub total: usize,
}

/// Whole seconds as a whole number.
fn seconds(milliseconds: Option<i64>) -> Value {
    match milliseconds {
        None => Value::Null,
        Some(whole) if whole % 1000 == 0 => json!(whole / 1000),
        Some(part) => json!(part as f64 / 1000.0),
    }
}

fn view(engine: &Engine, snapshot: &Snapshot, provider: &snapshot::Provider) -> AdminProvider {
    let row = &provider.row;
    let summary = conditions::summary(engine, snapshot, row);
    AdminProvider {
        id: row.number,
        uuid: row.id.to_string(),
        name: row.name.clone(),
        kind: row.preset.clone(),
        base_url: row.base_url.clone(),
        has_api_key: row.has_credential,
        api_key_hint: row.credential_hint.clone(),
        further_keys: snapshot::further_credentials(row),
        enabled: row.enabled,
        priority: row.priority,
        weight: row.weight,
        timeout: seconds(row.timeout_ms),
        billing: provider.billing().as_str(),
        price_adjustment_percent: row.price_adjustment as f64 / 100.0,
        settings: serde_json::from_str(&row.settings).unwrap_or_default(),
        health: AdminProviderHealth {
            state: summary.state,
            consecutive_failures: summary.consecutive_failures,
        },
        created_at: clock::text(row.created_at),
        updated_at: clock::text(row.updated_at),
    }
}

fn view_of(engine: &Engine, id: Uuid) -> Result<AdminProvider, Failure> {
    let snapshot = engine.snapshot.load();
    let provider = snapshot.provider(id).ok_or_else(|| providers::unknown(id))?;
    Ok(view(engine, &snapshot, provider))
}

/// The configured provider of that number, UUID or name.
pub fn find(snapshot: &Snapshot, wanted: &str) -> Option<Uuid> {
    let mut configured = snapshot.providers.iter().filter(|provider| !provider.built_in);
    let by = |fits: &dyn Fn(&snapshot::Provider) -> bool| {
        configured.clone().find(|provider| fits(provider)).map(|provider| provider.row.id)
    };
    if let Ok(number) = wanted.parse::<i64>()
        && let Some(found) = by(&|provider| provider.row.number == number)
    {
        return Some(found);
    }
    if let Ok(id) = Uuid::parse_str(wanted)
        && let Some(found) = by(&|provider| provider.row.id == id)
    {
        return Some(found);
    }
    let name = wanted.to_ascii_lowercase();
    configured.find(|provider| provider.row.name == name).map(|provider| provider.row.id)
}

/// The provider that a path names.
pub struct Named(Uuid);

impl FromRequestParts<Shared> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, engine: &Shared) -> Result<Self, Failure> {
        let Path(wanted) = Path::<String>::from_request_parts(parts, engine)
            .await
            .map_err(|_| providers::unknown("of that name"))?;
        let snapshot = engine.snapshot.load();
        if wanted == snapshot::DEMO || Uuid::parse_str(&wanted).is_ok_and(|id| id.is_nil()) {
            return Err(providers::built_in());
        }
        find(&snapshot, &wanted).map(Self).ok_or_else(|| providers::unknown(&wanted))
    }
}

/// Configured providers
#[utoipa::path(
    get, path = "/admin/providers", tag = "Orchestrator",
    responses((status = 200, body = AdminProviders), (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody))
)]
pub async fn list(State(engine): State<Shared>) -> Json<AdminProviders> {
    let snapshot = engine.snapshot.load();
    let mut shown: Vec<AdminProvider> = snapshot
        .providers
        .iter()
        .filter(|provider| !provider.built_in)
        .map(|provider| view(&engine, &snapshot, provider))
        .collect();
    shown.sort_by_key(|provider| provider.id);
    Json(AdminProviders { total: shown.len(), providers: shown })
}

/// Add a provider
///
/// `type` is required. In force from the next request on. Keys go to the vault and are never shown again. The answer has status 200.
#[utoipa::path(
    post, path = "/admin/providers", tag = "Orchestrator", request_body = ProviderFields,
    responses(
        (status = 200, body = AdminProvider), (status = 400, description = "A field is unknown or makes no sense; `details.param` names it", body = AdminErrorBody),
        (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody), (status = 409, description = "The name is taken", body = AdminErrorBody),
        (status = 503, description = "The vault cannot be used", body = AdminErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(fields): JsonBody<ProviderFields>,
) -> Result<Json<AdminProvider>, Failure> {
    let (kind, change) = fields.read()?;
    let kind = kind.ok_or_else(|| {
        Failure::invalid("missing_field", "type is required: a preset's id such as openai").with_param("type")
    })?;
    if !change.remove_keys.is_empty() {
        let message = "remove_keys: a provider that is being added has no keys yet";
        return Err(Failure::invalid("unknown_key_number", message).with_param("remove_keys"));
    }
    let row = providers::add(&engine, Actor::of(&authority), fields::preset(&kind)?, change).await?;
    Ok(Json(view_of(&engine, row.id)?))
}

/// One provider
#[utoipa::path(
    get, path = "/admin/providers/{provider_id}", tag = "Orchestrator",
    params(("provider_id" = String, Path, description = "Its number, UUID or name")),
    responses((status = 200, body = AdminProvider), (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody), (status = 404, body = AdminErrorBody))
)]
pub async fn get(State(engine): State<Shared>, Named(id): Named) -> Result<Json<AdminProvider>, Failure> {
    Ok(Json(view_of(&engine, id)?))
}

/// Change a provider
///
/// What is not named stays as it is. A provider that is in use by name is not renamed (409).
#[utoipa::path(
    patch, path = "/admin/providers/{provider_id}", tag = "Orchestrator", request_body = ProviderFields,
    params(("provider_id" = String, Path, description = "Its number, UUID or name")),
    responses(
        (status = 200, body = AdminProvider), (status = 400, description = "A field is unknown or makes no sense; `details.param` names it", body = AdminErrorBody),
        (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody), (status = 404, body = AdminErrorBody),
        (status = 409, description = "The name is taken, or the provider is in use under its name", body = AdminErrorBody), (status = 503, body = AdminErrorBody),
    )
)]
pub async fn change(
    State(engine): State<Shared>,
    authority: Authority,
    Named(id): Named,
    JsonBody(fields): JsonBody<ProviderFields>,
) -> Result<Json<AdminProvider>, Failure> {
    let (kind, change) = fields.read()?;
    if let Some(kind) = kind {
        let wanted = fields::preset(&kind)?;
        let known = view_of(&engine, id)?.kind;
        if specs::find(wanted).is_none_or(|spec| spec.id != known) {
            let message =
                format!("type cannot be changed: the provider is of type {known}; add another one instead");
            return Err(Failure::invalid("type_is_fixed", message).with_param("type"));
        }
    }
    providers::change(&engine, Actor::of(&authority), id, change).await?;
    Ok(Json(view_of(&engine, id)?))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AdminRemoveQuery {
    /// `true`: remove the stored deployments that use it, too.
    cascade: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AdminRemoved {
    pub message: String,
    pub id: i64,
    pub removed: AdminRemovedWith,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AdminRemovedWith {
    /// Ids.
    pub deployments: Vec<String>,
}

/// Remove a provider and its keys
///
/// One that is in use is not removed (409): `details.used_by` says by what, and `cascade=true` removes what of it is stored.
/// What stands in the configuration file has to be changed there.
#[utoipa::path(
    delete, path = "/admin/providers/{provider_id}", tag = "Orchestrator",
    params(("provider_id" = String, Path, description = "Its number, UUID or name"), AdminRemoveQuery),
    responses(
        (status = 200, body = AdminRemoved), (status = 400, body = AdminErrorBody), (status = 401, body = AdminErrorBody), (status = 403, body = AdminErrorBody),
        (status = 404, body = AdminErrorBody), (status = 409, description = "It is in use", body = AdminErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    Named(id): Named,
    QueryOf(query): QueryOf<AdminRemoveQuery>,
) -> Result<Json<AdminRemoved>, Failure> {
    let cascade = match query.cascade.as_deref() {
        None | Some("" | "false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(super::query::wrong("cascade", "must be true or false")),
    };
    let shown = view_of(&engine, id)?;
    let deployments = providers::remove(&engine, Actor::of(&authority), id, cascade).await?;
    Ok(Json(AdminRemoved {
        message: format!("Provider {} was removed", shown.name),
        id: shown.id,
        removed: AdminRemovedWith { deployments },
    }))
}
