//! Configured providers: add, change, remove, test.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use postern_secrets::Secret;
use postern_store::StoreError;
use postern_store::table::providers::{self as table, ProviderRow};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;
use crate::providers::auth::{Proof, Scheme, Signing};
use crate::providers::{self, ProviderSpec, Settings};
use crate::snapshot::{Address, Credential, DEMO, fixed_headers, provider_credential};
use crate::upstream;

const TEST_PATIENCE: Duration = Duration::from_secs(15);
const LONGEST_KEY: usize = 16 * 1024;

/// The result of asking a provider for its models with the credential in question.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProviderTest {
    /// Nothing went wrong.
    pub ok: bool,
    /// Whether the provider was asked at all: one without a list of models has nothing to be asked for free.
    #[serde(default = "was_asked")]
    pub asked: bool,
    /// UTC milliseconds.
    pub at: i64,
    pub latency_ms: i64,
    /// What the provider answered, if it did.
    pub status: Option<u16>,
    /// One sentence for a person.
    pub message: String,
    /// How many models it lists.
    pub models: Option<usize>,
}

/// Results from before there was a word about it.
fn was_asked() -> bool {
    true
}

/// What may be set of a provider.
#[derive(Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub base_url: Option<String>,
    pub api_key: Option<Secret>,
    pub enabled: Option<bool>,
    /// What is not named stays as it is; an empty text goes back to the default.
    pub settings: Option<Settings>,
}

pub async fn add(engine: &Engine, preset: &str, change: Change) -> Result<ProviderRow, Failure> {
    let spec = preset_spec(preset)?;
    let name = match change.name {
        Some(name) => name,
        None => free_name(engine, &spec.id),
    };
    let now = clock::now_ms();
    let mut row = ProviderRow {
        id: ids::new_id(),
        name: checked_name(&name)?,
        preset: spec.id.clone(),
        base_url: checked_url(spec, change.base_url.as_deref())?,
        settings: settings_text(spec, &Settings::new(), change.settings)?,
        enabled: change.enabled.unwrap_or(true),
        has_credential: false,
        credential_hint: None,
        last_test: None,
        created_at: now,
        updated_at: now,
    };
    ensure_name_is_free(engine, &row)?;
    set_credential(engine, &mut row, change.api_key).await?;
    put(engine, row).await
}

pub async fn change(engine: &Engine, id: Uuid, change: Change) -> Result<ProviderRow, Failure> {
    let mut row = existing(engine, id)?;
    let spec = preset_spec(&row.preset)?;
    if let Some(name) = change.name {
        row.name = checked_name(&name)?;
        ensure_name_is_free(engine, &row)?;
    }
    if let Some(url) = change.base_url {
        row.base_url = checked_url(spec, Some(&url))?;
        row.last_test = None;
    }
    if change.settings.is_some() {
        let before = serde_json::from_str(&row.settings).unwrap_or_default();
        row.settings = settings_text(spec, &before, change.settings)?;
        row.last_test = None;
    }
    row.enabled = change.enabled.unwrap_or(row.enabled);
    row.updated_at = clock::now_ms();
    set_credential(engine, &mut row, change.api_key).await?;
    put(engine, row).await
}

pub async fn remove(engine: &Engine, id: Uuid) -> Result<(), Failure> {
    existing(engine, id)?;
    engine.store.write(move |connection| table::remove(connection, id)).await?;
    engine.remove_credential(&provider_credential(id, 1)).await;
    engine.forget_refusal(&id.to_string());
    engine.changed(&[Topic::Providers, Topic::Models, Topic::Catalogue, Topic::Status]).await
}

/// The row of a provider that a person configured.
fn existing(engine: &Engine, id: Uuid) -> Result<ProviderRow, Failure> {
    match engine.snapshot.load().provider(id) {
        Some(provider) if provider.built_in => Err(Failure::invalid(
            "built_in_provider",
            "the built-in demo provider cannot be changed or removed",
        )),
        Some(provider) => Ok(provider.row.clone()),
        None => Err(Failure::not_found("provider_not_found", format!("there is no provider {id}"))),
    }
}

fn preset_spec(preset: &str) -> Result<&'static ProviderSpec, Failure> {
    providers::find(preset).filter(|spec| spec.id != DEMO).ok_or_else(|| {
        Failure::invalid(
            "unknown_preset",
            format!("there is no preset `{preset}`; GET /console/presets lists them"),
        )
        .with_param("preset")
    })
}

fn free_name(engine: &Engine, wanted: &str) -> String {
    let snapshot = engine.snapshot.load();
    let taken = |name: &str| snapshot.providers.iter().any(|provider| provider.row.name == name);
    if !taken(wanted) {
        return wanted.to_owned();
    }
    // One more than there are providers: one of these names must be free.
    (2..=snapshot.providers.len() + 2)
        .map(|number| format!("{wanted}-{number}"))
        .find(|name| !taken(name))
        .unwrap_or_else(|| wanted.to_owned())
}

fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim().to_ascii_lowercase();
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(Failure::invalid("invalid_name", "name must be 1 to 64 letters, digits, '-', '_' or '.': it is the word before the slash in provider/model").with_param("name"));
    }
    Ok(name)
}

fn checked_url(spec: &ProviderSpec, url: Option<&str>) -> Result<String, Failure> {
    let given = url.map(str::trim).filter(|url| !url.is_empty()).unwrap_or(&spec.base_url);
    if given == spec.base_url && !given.is_empty() {
        // It may name settings, which no address of a person's does.
        return Ok(given.to_owned());
    }
    if given.is_empty() {
        return Err(Failure::invalid("missing_base_url", format!("{} needs a base_url", spec.label))
            .with_param("base_url"));
    }
    providers::check_base_url(given)
        .map_err(|problem| Failure::invalid("invalid_base_url", problem).with_param("base_url"))
}

/// The settings after a change, checked, as they are stored.
fn settings_text(
    spec: &ProviderSpec,
    before: &Settings,
    change: Option<Settings>,
) -> Result<String, Failure> {
    let mut settings = before.clone();
    settings.extend(change.unwrap_or_default());
    settings.retain(|_, value| !value.is_empty());
    if let Some((name, problem)) = providers::settings::check(&spec.settings, &settings) {
        return Err(Failure::invalid("invalid_settings", problem).with_param(&format!("settings.{name}")));
    }
    serde_json::to_string(&settings).map_err(|error| Failure::internal(error.to_string()))
}

fn ensure_name_is_free(engine: &Engine, row: &ProviderRow) -> Result<(), Failure> {
    let taken = engine
        .snapshot
        .load()
        .providers
        .iter()
        .any(|other| other.row.name == row.name && other.row.id != row.id);
    if taken {
        return Err(name_taken(&row.name));
    }
    Ok(())
}

fn name_taken(name: &str) -> Failure {
    Failure::conflict("name_taken", format!("there is a provider named {name} already")).with_param("name")
}

fn checked_key(spec: &ProviderSpec, key: &Secret) -> Result<Secret, Failure> {
    let refuse = |problem: String| Err(Failure::invalid("invalid_api_key", problem).with_param("api_key"));
    let text = key.expose().trim();
    // A credential's file, as several clouds have it, is JSON; what it must hold the scheme knows.
    let is_file = spec.auth.scheme != Scheme::Key && text.starts_with('{');
    let is_sound = if is_file {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
    } else {
        text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if text.is_empty() || text.len() > LONGEST_KEY || !is_sound {
        let expected = if is_file { "one JSON object" } else { "visible ASCII characters without spaces" };
        return refuse(format!("api_key must be {expected}: it was probably not copied whole"));
    }
    let key = Secret::from(text.to_owned());
    match spec.auth.problem(&key, &Settings::new()) {
        Some(problem) => refuse(format!("api_key: {problem}")),
        None => Ok(key),
    }
}

async fn set_credential(engine: &Engine, row: &mut ProviderRow, key: Option<Secret>) -> Result<(), Failure> {
    let Some(key) = key else { return Ok(()) };
    let key = checked_key(preset_spec(&row.preset)?, &key)?;
    row.credential_hint = credential_hint(key.expose());
    row.has_credential = true;
    row.last_test = None;
    engine.forget_refusal(&row.id.to_string());
    engine.store_credential(&provider_credential(row.id, 1), key).await
}

/// The end of a key; of a credential's file, whose it is.
fn credential_hint(text: &str) -> Option<String> {
    let Ok(file) = serde_json::from_str::<serde_json::Value>(text) else { return ids::credential_hint(text) };
    ["client_email", "aws_access_key_id", "AccessKeyId", "client_id", "clientId"]
        .iter()
        .find_map(|name| file.get(name)?.as_str())
        .map(|name| name.chars().take(80).collect())
}

async fn put(engine: &Engine, row: ProviderRow) -> Result<ProviderRow, Failure> {
    let written = row.clone();
    engine.store.write(move |connection| table::put(connection, &written)).await.map_err(
        |error| match &error {
            StoreError::Sql(sql) if postern_store::is_constraint(sql) => name_taken(&row.name),
            _ => error.into(),
        },
    )?;
    engine.changed(&[Topic::Providers, Topic::Models, Topic::Catalogue, Topic::Status]).await?;
    Ok(row)
}

/// Tests a configured provider and remembers the result.
pub async fn test(engine: &Engine, id: Uuid) -> Result<ProviderTest, Failure> {
    let provider = engine
        .snapshot
        .load()
        .provider(id)
        .cloned()
        .ok_or_else(|| Failure::not_found("provider_not_found", format!("there is no provider {id}")))?;
    if provider.built_in {
        return Ok(ProviderTest {
            ok: true,
            asked: false,
            at: clock::now_ms(),
            latency_ms: 0,
            status: None,
            message: "The built-in model answers.".into(),
            models: Some(1),
        });
    }
    let result = match provider.credential() {
        Credential::Missing => failed(None, 0, "No credential is stored yet.".into()),
        Credential::Unavailable(reason) => {
            failed(None, 0, format!("The credential cannot be read now: {reason}"))
        }
        Credential::Loaded | Credential::NotNeeded => {
            let proof = provider.proof().cloned();
            ask(engine, provider.spec, &provider.row.base_url, proof, &provider.settings).await
        }
    };
    if result.ok {
        engine.forget_refusal(&id.to_string());
    }
    let mut row = provider.row.clone();
    row.last_test = serde_json::to_string(&result).ok();
    put(engine, row).await?;
    Ok(result)
}

/// Tests what has not been stored yet.
pub async fn test_unsaved(engine: &Engine, preset: &str, change: Change) -> Result<ProviderTest, Failure> {
    let spec = preset_spec(preset)?;
    let base_url = checked_url(spec, change.base_url.as_deref())?;
    let given = change.settings.unwrap_or_default();
    settings_text(spec, &Settings::new(), Some(given.clone()))?;
    let settings = providers::settings::in_force(&spec.settings, &given);
    let key = change.api_key.as_ref().map(|key| checked_key(spec, key)).transpose()?;
    if key.is_none() && spec.needs_key_with(&settings) {
        return Ok(failed(None, 0, format!("{} needs a key.", spec.label)));
    }
    let proof = spec
        .auth
        .proof(key.as_ref(), &settings)
        .map_err(|problem| Failure::invalid("invalid_api_key", problem).with_param("api_key"))?;
    Ok(ask(engine, spec, &base_url, proof, &settings).await)
}

fn failed(status: Option<u16>, latency_ms: i64, message: String) -> ProviderTest {
    ProviderTest { ok: false, asked: true, at: clock::now_ms(), latency_ms, status, message, models: None }
}

/// A provider that lists no models: what can be known without a request that costs is whether there is a token or a
/// signature to be had.
async fn without_list(engine: &Engine, spec: &ProviderSpec, signing: Option<&Signing>) -> ProviderTest {
    let started = Instant::now();
    let rest = format!("{} has no list of models to test with: send it a request.", spec.label);
    let Some(signing) = signing else {
        return ProviderTest { ok: true, asked: false, ..failed(None, 0, rest) };
    };
    match engine.clients.try_signing(signing, &spec.label).await {
        Ok(()) => {
            let message = format!("The credential can be used. {rest}");
            ProviderTest { ok: true, ..failed(None, clock::micros_since(started) / 1000, message) }
        }
        Err(failure) => failed(None, clock::micros_since(started) / 1000, failure.error.message),
    }
}

/// Asks for the list of models: free of charge, and refused without a valid credential.
async fn ask(
    engine: &Engine,
    spec: &ProviderSpec,
    base_url: &str,
    proof: Option<Proof>,
    settings: &Settings,
) -> ProviderTest {
    let mut headers: HeaderMap = fixed_headers(&spec.headers).collect();
    let signing = match proof {
        Some(Proof::Header(name, value)) => {
            headers.insert(name, value);
            None
        }
        Some(Proof::Signed(signing)) => Some(signing),
        None => None,
    };
    let started = Instant::now();
    let elapsed = || clock::micros_since(started) / 1000;
    let Some(url) = spec.models_url(base_url, settings) else {
        return without_list(engine, spec, signing.as_deref()).await;
    };
    let Some(address) = Address::parse(&url) else { return failed(None, 0, format!("{url} is not a URL.")) };
    let shown = address.url();
    headers.insert(header::ACCEPT, axum::http::HeaderValue::from_static("application/json"));
    let signing = signing.as_deref();
    let sent = engine.clients.send(Method::GET, &address, headers, Bytes::new(), signing, &spec.label);
    let reply = match tokio::time::timeout(TEST_PATIENCE, sent).await {
        Err(_) => return failed(None, elapsed(), format!("No answer within {} s.", TEST_PATIENCE.as_secs())),
        Ok(Err(failure)) => return failed(None, elapsed(), failure.error.message),
        Ok(Ok(reply)) => reply,
    };
    let status = reply.status;
    let body = upstream::read_error(reply, TEST_PATIENCE).await;
    let latency_ms = elapsed();
    match status {
        200..=299 => {
            let answer = serde_json::from_slice::<serde_json::Value>(&body).ok();
            let Some(count) =
                answer.and_then(|answer| spec.listed_models(&answer).map(|models| models.len()))
            else {
                return failed(
                    Some(status),
                    latency_ms,
                    format!("{} answered, but not with a list of models: is the base URL right?", spec.label),
                );
            };
            ProviderTest {
                ok: true,
                asked: true,
                at: clock::now_ms(),
                latency_ms,
                status: Some(status),
                message: format!("{} answered with {count} models.", spec.label),
                models: Some(count),
            }
        }
        401 | 403 => {
            let error = postern_wire::parse_error(spec.format, status, &body);
            failed(
                Some(status),
                latency_ms,
                format!("{} refuses the credential: {}", spec.label, error.message),
            )
        }
        404 => failed(
            Some(status),
            latency_ms,
            format!("{} has no list of models at {shown}: is the base URL right?", spec.label),
        ),
        _ => {
            let error = postern_wire::parse_error(spec.format, status, &body);
            failed(
                Some(status),
                latency_ms,
                format!("{} answered with status {status}: {}", spec.label, error.message),
            )
        }
    }
}
