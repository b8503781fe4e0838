//! Asking a provider for its models with the credential in question: free of charge, and refused without a valid one.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use postern_store::table::providers::{self as table, ProviderRow};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::check::{checked_key, checked_url, preset_spec, settings_text};
use super::{Change, put_in_force, unknown};
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::providers::auth::{Proof, Signing};
use crate::providers::{self, ProviderSpec, Settings};
use crate::snapshot::{Address, Credential, fixed_headers};
use crate::upstream;

const TEST_PATIENCE: Duration = Duration::from_secs(15);

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

/// Tests a configured provider and remembers the result.
pub async fn test(engine: &Engine, id: Uuid) -> Result<ProviderTest, Failure> {
    let provider = engine.snapshot.load().provider(id).cloned().ok_or_else(|| unknown(id))?;
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
    let _one_at_a_time = engine.editing.lock().await;
    // Somebody may have changed or removed it in the meantime; then this result is not of what is there now.
    if let Some(now) = engine.snapshot.load().provider(id).map(|now| now.row.clone())
        && now.updated_at == provider.row.updated_at
    {
        // What was found is no change that anybody made.
        let found = ProviderRow { last_test: serde_json::to_string(&result).ok(), ..now };
        engine.store.write(move |connection| table::put(connection, &found)).await?;
        put_in_force(engine).await?;
    }
    Ok(result)
}

/// Tests what has not been stored yet.
pub async fn test_unsaved(engine: &Engine, preset: &str, change: Change) -> Result<ProviderTest, Failure> {
    let spec = preset_spec(preset)?;
    let base_url = checked_url(spec, change.base_url.as_deref())?;
    let given = change.settings.unwrap_or_default();
    settings_text(spec, &Settings::new(), Some(given.clone()))?;
    let settings = providers::settings::in_force(&spec.settings, &given);
    let key = change.api_key.as_ref().map(|key| checked_key(spec, key, "api_key")).transpose()?;
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
