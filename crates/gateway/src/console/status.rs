//! How is the gateway doing? Whoever may not look at it as a whole is told of their own requests, and neither paths nor
//! problems.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use postern_store::table::owners::SeenBy;
use postern_store::table::{settings, spend_hourly};
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::permissions::{Authority, Thing};
use crate::catalogue::Catalogue;
use crate::clock;
use crate::config::Problem;
use crate::console::totals;
use crate::directory::{Directory, VirtualKey};
use crate::engine::{Engine, ListenerState};
use crate::error::Failure;
use crate::events::{Event, Topic};
use crate::http::Shared;
use crate::ports;
use crate::registry::audit::Actor;
use crate::registry::listener;
use crate::shapes::names::{VaultKindName, VaultStateName};
use crate::shapes::{AtThisMachine, ErrorBody, JsonBody, QueryOf};

#[derive(Serialize, utoipa::ToSchema)]
pub struct Status {
    pub version: &'static str,
    /// Absent while the listener is stopped.
    pub base_url: Option<String>,
    pub listener: Listener,
    /// UTC milliseconds.
    pub started_at: i64,
    /// Only for who may look at the gateway as a whole.
    pub vault: Option<VaultStatus>,
    /// Only for who may look at the gateway as a whole.
    pub database: Option<Database>,
    /// Requests since the start whose bodies were to be kept and are not, because more came than could be written. Only for who
    /// may look at the gateway as a whole.
    pub bodies_dropped: Option<u64>,
    pub setup: Setup,
    /// Nano-dollars since midnight in `tz`.
    pub spend_today_nanos: i64,
    pub requests_today: i64,
    pub unpriced_today: i64,
    pub catalogue: CatalogueStatus,
    pub credential_problems: Vec<CredentialProblem>,
    /// Absent without a configuration file.
    pub config: Option<ConfigStatus>,
}

/// The configuration file.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConfigStatus {
    pub path: String,
    /// When the one in force was read, in UTC milliseconds.
    pub loaded_at: i64,
    /// Why the file, as it is now, was refused; the one read before stays in force.
    pub error: Option<Problem>,
    /// Of the one in force.
    pub warnings: Vec<Problem>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Listener {
    pub state: ListenerName,
    pub address: String,
    pub message: Option<String>,
    /// A free port near the one that another program has taken.
    pub free_port: Option<u16>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListenerName {
    Running,
    Stopped,
    Failed,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct VaultStatus {
    #[schema(value_type = VaultKindName)]
    pub kind: &'static str,
    #[schema(value_type = VaultStateName)]
    pub state: &'static str,
    /// Which is in use and why, or what is the matter.
    pub detail: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Database {
    pub path: String,
    pub size_bytes: u64,
    pub schema_version: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Setup {
    /// Besides the built-in one.
    pub providers: usize,
    /// Keys and requests that the caller may see.
    pub keys: usize,
    pub requests: i64,
    /// With a virtual key.
    pub external_requests: i64,
    pub guide_dismissed: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CatalogueStatus {
    pub models: usize,
    pub version: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CredentialProblem {
    pub provider_id: String,
    pub provider_name: String,
    pub message: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatusQuery {
    /// IANA time zone whose today is meant; UTC when absent.
    tz: Option<String>,
}

const GUIDE: &str = "guide_dismissed";

/// How the gateway is doing
///
/// Figures are of what the caller may see. What is wrong with vault, providers and configuration is told to administrators,
/// and to those who look at everything.
#[utoipa::path(
    get, path = "/console/status", tag = "Console", params(StatusQuery),
    responses((status = 200, body = Status), (status = 400, description = "Unknown time zone", body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn status(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<StatusQuery>,
) -> Result<Json<Status>, Failure> {
    Ok(Json(read(&engine, &authority, query.tz.as_deref()).await?))
}

/// What the tray shows of today, in that time zone. Nothing else is read for it: a tray with nobody at it asks for as long
/// as the gateway runs.
pub async fn today(engine: &Engine, tz: Option<&str>) -> Result<spend_hourly::Totals, Failure> {
    let midnight = totals::midnight(&totals::zone(tz)?, clock::now())?;
    engine.read(move |connection| totals_since(connection, midnight, None)).await
}

fn totals_since(
    connection: &Connection,
    start: i64,
    seen_by: Option<&SeenBy>,
) -> Result<spend_hourly::Totals, SqlError> {
    let mut totals = spend_hourly::Totals::default();
    for hour in totals::hours(connection, start, i64::MAX, seen_by)? {
        totals.add(&hour.totals);
    }
    Ok(totals)
}

async fn read(engine: &Engine, authority: &Authority, tz: Option<&str>) -> Result<Status, Failure> {
    let zone = totals::zone(tz)?;
    let today = totals::midnight(&zone, clock::now())?;
    let directory = engine.directory.load_full();
    let whole = authority.sees_gateway();
    let seen_by = authority.on("GET", "/console/spend").seen_by(&directory).filter(|_| !whole);
    let (totals, requests, external, dismissed) = engine
        .read(move |connection| {
            let seen_by = seen_by.as_ref();
            let totals = totals_since(connection, today, seen_by)?;
            let dismissed = settings::get(connection, GUIDE)?.as_deref() == Some("true");
            let (requests, external) = spend_hourly::counts(connection, Uuid::nil(), seen_by)?;
            Ok((totals, requests, external, dismissed))
        })
        .await?;
    let snapshot = engine.snapshot.load();
    let providers = snapshot.providers.iter().filter(|provider| !provider.built_in);
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        base_url: engine.base_url(),
        listener: if whole {
            listener_view(engine)
        } else {
            Listener { message: None, ..listener_view(engine) }
        },
        started_at: engine.started_at,
        vault: whole.then(|| vault_status(engine)),
        database: whole.then(|| Database {
            path: engine.store.path().display().to_string(),
            size_bytes: engine.store.size_bytes(),
            schema_version: postern_store::table::SCHEMA_VERSION,
        }),
        bodies_dropped: whole.then(|| engine.bodies.dropped()),
        setup: Setup {
            providers: providers.clone().count(),
            keys: keys_seen(authority, &directory),
            requests,
            external_requests: external,
            // It is about setting up the gateway.
            guide_dismissed: dismissed || !authority.is_administrator(),
        },
        spend_today_nanos: totals.cost_nanos,
        requests_today: totals.requests,
        unpriced_today: totals.unpriced,
        catalogue: CatalogueStatus {
            models: Catalogue::embedded().size(),
            version: Catalogue::embedded().version().to_owned(),
        },
        credential_problems: providers
            .filter(|_| whole)
            .filter_map(|provider| {
                Some(CredentialProblem {
                    provider_id: provider.row.id.to_string(),
                    provider_name: provider.row.name.clone(),
                    message: engine.refusal_of(&provider.row.id.to_string())?,
                })
            })
            .collect(),
        config: config_status(engine).filter(|_| whole),
    })
}

fn vault_status(engine: &Engine) -> VaultStatus {
    let state = engine.vault.vault.state();
    let detail = if state.is_ready() { engine.vault.why.clone() } else { state.detail().to_owned() };
    VaultStatus { kind: engine.vault.vault.kind().as_str(), state: state.as_str(), detail }
}

/// How many keys the caller may see, those of sign-ins left out.
fn keys_seen(authority: &Authority, directory: &Directory) -> usize {
    let looking = authority.on("GET", "/key/info");
    let is_seen = |key: &&Arc<VirtualKey>| {
        let thing = Thing::Key {
            id: key.id,
            user: key.user_id.as_deref(),
            team: key.team_id.as_deref(),
            organization: key.organization_id.as_deref(),
        };
        !key.is_session && looking.reaches(directory, thing)
    };
    directory.keys().filter(is_seen).count()
}

fn config_status(engine: &Engine) -> Option<ConfigStatus> {
    let path = engine.options.config.as_ref()?.display().to_string();
    let state = engine.config_state();
    let warnings = engine.config_warnings();
    Some(ConfigStatus { path, loaded_at: state.loaded_at, error: state.error, warnings })
}

pub fn listener_view(engine: &Engine) -> Listener {
    let (state, address, message) = match engine.listener_state() {
        ListenerState::Running(address) => (ListenerName::Running, address, None),
        ListenerState::Stopped => (ListenerName::Stopped, engine.address(), None),
        ListenerState::Failed { address, message } => (ListenerName::Failed, address, Some(message)),
    };
    let free_port = message.as_ref().and_then(|_| ports::free_port_instead_of(address));
    Listener { state, address: address.to_string(), message, free_port }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct SetListener {
    running: bool,
}

/// Start or stop listening, from the window or the command line only
#[utoipa::path(
    post, path = "/console/listener", tag = "Console", request_body = SetListener,
    responses((status = 200, body = Listener), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn set_listener(
    State(engine): State<Shared>,
    authority: Authority,
    _: AtThisMachine,
    JsonBody(body): JsonBody<SetListener>,
) -> Result<Json<Listener>, Failure> {
    listener::switch(&engine, Actor::of(&authority), body.running).await?;
    Ok(Json(listener_view(&engine)))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct SetGuide {
    dismissed: bool,
}

/// Dismiss the first-run guide, or bring it back
#[utoipa::path(
    post, path = "/console/guide", tag = "Console", request_body = SetGuide,
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn guide(
    State(engine): State<Shared>,
    JsonBody(body): JsonBody<SetGuide>,
) -> Result<StatusCode, Failure> {
    let value = body.dismissed.to_string();
    engine.store.write(move |connection| settings::set(connection, GUIDE, &value)).await?;
    engine.events.publish(Event::Stale(vec![Topic::Status]));
    Ok(StatusCode::NO_CONTENT)
}
