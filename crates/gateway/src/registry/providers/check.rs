//! What may be said of a provider: each field with its range, and the sentence that refuses what is outside.

use postern_secrets::Secret;

use crate::config::LONGEST_TIMEOUT;
use crate::engine::Engine;
use crate::error::Failure;
use crate::providers::auth::Scheme;
use crate::providers::{self, ProviderSpec, Settings};
use crate::snapshot::DEMO;

const LONGEST_KEY: usize = 16 * 1024;
/// Priorities and weights.
const HIGHEST: i64 = 1_000_000;

pub(super) fn preset_spec(preset: &str) -> Result<&'static ProviderSpec, Failure> {
    providers::find(preset).filter(|spec| spec.id != DEMO).ok_or_else(|| {
        Failure::invalid(
            "unknown_preset",
            format!("there is no preset `{preset}`; GET /console/presets lists them"),
        )
        .with_param("preset")
    })
}

pub(super) fn free_name(engine: &Engine, wanted: &str) -> String {
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

pub(super) fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim().to_ascii_lowercase();
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(Failure::invalid("invalid_name", "name must be 1 to 64 letters, digits, '-', '_' or '.': it is the word before the slash in provider/model").with_param("name"));
    }
    Ok(name)
}

pub(super) fn checked_url(spec: &ProviderSpec, url: Option<&str>) -> Result<String, Failure> {
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
pub(super) fn settings_text(
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

pub(super) fn checked_key(spec: &ProviderSpec, key: &Secret, param: &str) -> Result<Secret, Failure> {
    let refuse = |problem: String| Err(Failure::invalid("invalid_api_key", problem).with_param(param));
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
        return refuse(format!("{param} must be {expected}: it was probably not copied whole"));
    }
    let key = Secret::from(text.to_owned());
    match spec.auth.problem(&key, &Settings::new()) {
        Some(problem) => refuse(format!("{param}: {problem}")),
        None => Ok(key),
    }
}

/// A priority or a weight.
pub(super) fn checked_number(param: &str, given: i64) -> Result<i64, Failure> {
    if (0..=HIGHEST).contains(&given) {
        return Ok(given);
    }
    Err(out_of_range(param, &format!("must be a whole number from 0 to {HIGHEST}; it is {given}")))
}

/// Seconds, as milliseconds.
pub(super) fn checked_timeout(seconds: f64) -> Result<i64, Failure> {
    let longest = LONGEST_TIMEOUT.as_secs_f64();
    if seconds > 0.0 && seconds <= longest {
        // What is shorter than the clock's step is one step, not none.
        return Ok(((seconds * 1000.0).round() as i64).max(1));
    }
    Err(out_of_range(
        "timeout",
        &format!("must be more than 0 and at most {longest} seconds, or null; it is {seconds}"),
    ))
}

fn out_of_range(param: &str, problem: &str) -> Failure {
    Failure::invalid("out_of_range", format!("{param} {problem}")).with_param(param)
}
