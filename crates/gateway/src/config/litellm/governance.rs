//! What the file says of keys, users and budgets.

use std::time::Duration;

use serde_json::{Map, Value};

use super::problem::Wrong;
use super::read::Reading;
use super::router::Section;
use super::value::{LONGEST_SECONDS, Node};
use crate::config::{ProviderLimits, ProviderModelLimits, Unpriced};
use crate::durations;

/// The largest budget, in dollars: its nano-dollars must fit.
const LARGEST_BUDGET: f64 = 9_000_000.0;

/// Puts a setting in force; false if there is none of that name in that section.
pub fn setting(reading: &mut Reading, section: Section, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
    let rules = &mut reading.file.governance;
    match (section, name) {
        (Section::Litellm, "timezone") => {
            rules.zone = durations::zone(node.text()?).map_err(|problem| node.wrong(&problem))?;
        }
        (Section::Litellm, "max_budget") => rules.max_budget_nanos = Some(budget(node)?),
        (Section::Litellm, "budget_duration") => rules.budget_duration = Some(duration(node)?),
        (Section::Litellm, "default_key_generate_params") => rules.default_key_params = object(node)?,
        (Section::Litellm, "upperbound_key_generate_params") => rules.upper_key_params = object(node)?,
        (Section::Litellm, "key_generation_settings") => rules.key_generation = object(node)?,
        (Section::Litellm, "default_internal_user_params") => rules.default_user_params = object(node)?,
        (Section::Litellm, "default_team_params") => rules.default_team_params = object(node)?,
        (Section::Litellm, "max_end_user_budget") => rules.end_user_budget_nanos = Some(budget(node)?),
        (Section::Litellm, "max_end_user_budget_id") => {
            rules.end_user_budget_id = Some(node.text()?.to_owned());
        }
        (Section::Litellm, "max_ui_session_budget") => rules.session_budget_nanos = Some(budget(node)?),
        (Section::General, "enforce_user_param") => rules.enforce_user = node.flag()?,
        (Section::General, "reject_clientside_metadata_tags") => rules.reject_tags = node.flag()?,
        (Section::General, "user_header_name") => rules.user_header = Some(header(node)?),
        (Section::General, "litellm_key_header_name") => rules.key_header = Some(header(node)?),
        (Section::General, "over_budget_status") => rules.over_budget_status = status(node, [402, 400])?,
        (Section::General, "expired_key_status") => rules.expired_key_status = status(node, [401, 400])?,
        (Section::General, "session_duration") => rules.session = lasting(node)?,
        (Section::General, "maximum_spend_logs_retention_period") => {
            rules.requests_kept = if node.value.is_null() { None } else { Some(lasting(node)?) };
        }
        (Section::General, "key_rotation_grace") => rules.rotation_grace = lasting(node)?,
        (Section::General, "unpriced_models_with_budget") => {
            rules.unpriced = match node.text()? {
                "refuse" => Unpriced::Refuse,
                "allow" => Unpriced::Allow,
                _ => return Err(node.wrong("refuse or allow")),
            };
        }
        (Section::Router, "provider_budget_config") => {
            for (provider, node) in node.members()? {
                let limits = provider_limits(reading, &node)?;
                reading.file.governance.provider_limits.insert(provider.to_owned(), limits);
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// One provider's limits; its budget is of a day, where nothing else is said.
fn provider_limits(reading: &mut Reading, node: &Node<'_>) -> Result<ProviderLimits, Wrong> {
    let mut limits = ProviderLimits::default();
    let mut duration_said = None;
    for (name, node) in node.members()? {
        match name {
            "budget_limit" | "max_budget" => limits.max_budget_nanos = Some(budget(&node)?),
            "soft_budget" => limits.soft_budget_nanos = Some(budget(&node)?),
            "time_period" | "budget_duration" => duration_said = Some(duration(&node)?),
            "rpm_limit" | "rpm" => limits.rpm_limit = count(&node)?,
            "tpm_limit" | "tpm" => limits.tpm_limit = count(&node)?,
            "max_parallel_requests" => limits.max_parallel_requests = count(&node)?,
            "allowed_models" => {
                let texts = node.texts()?.into_iter();
                limits.allowed_models = texts.map(|(text, _)| text.to_owned()).collect();
            }
            "model_max_budget" => {
                for (model, node) in node.members()? {
                    model_limits(reading, &node, limits.models.entry(model.to_owned()).or_default())?;
                }
            }
            "model_rpm_limit" => {
                for (model, node) in node.members()? {
                    limits.models.entry(model.to_owned()).or_default().rpm_limit = count(&node)?;
                }
            }
            "model_tpm_limit" => {
                for (model, node) in node.members()? {
                    limits.models.entry(model.to_owned()).or_default().tpm_limit = count(&node)?;
                }
            }
            _ => reading.unknown(&node.path),
        }
    }
    if limits == ProviderLimits::default() {
        return Err(node.wrong(
            "a map with budget_limit, soft_budget, rpm_limit, tpm_limit, max_parallel_requests, allowed_models, model_max_budget, model_rpm_limit or model_tpm_limit",
        ));
    }
    limits.budget_duration = duration_said.unwrap_or_else(|| "1d".to_owned());
    for limits in limits.models.values_mut().filter(|limits| limits.max_budget_nanos.is_some()) {
        limits.budget_duration.get_or_insert_with(|| "1d".to_owned());
    }
    Ok(limits)
}

/// Of one model: `5`, or `{budget_limit: 5, time_period: 1d, rpm_limit: 1, tpm_limit: 1}`.
fn model_limits(
    reading: &mut Reading,
    node: &Node<'_>,
    limits: &mut ProviderModelLimits,
) -> Result<(), Wrong> {
    if node.value.is_number() {
        limits.max_budget_nanos = Some(budget(node)?);
        return Ok(());
    }
    for (name, node) in node.members()? {
        match name {
            "budget_limit" | "max_budget" => limits.max_budget_nanos = Some(budget(&node)?),
            "time_period" | "budget_duration" => limits.budget_duration = Some(duration(&node)?),
            "rpm_limit" | "rpm" => limits.rpm_limit = count(&node)?,
            "tpm_limit" | "tpm" => limits.tpm_limit = count(&node)?,
            _ => reading.unknown(&node.path),
        }
    }
    if *limits == ProviderModelLimits::default() {
        return Err(node.wrong("a number of dollars, or a map with budget_limit, rpm_limit or tpm_limit"));
    }
    Ok(())
}

fn count(node: &Node<'_>) -> Result<Option<u64>, Wrong> {
    Ok(Some(u64::from(node.whole(0..=u32::MAX)?)))
}

fn budget(node: &Node<'_>) -> Result<i64, Wrong> {
    Ok((node.number(0.0..=LARGEST_BUDGET, " dollars")? * 1e9).round() as i64)
}

fn duration(node: &Node<'_>) -> Result<String, Wrong> {
    let text = node.text()?;
    durations::check(text).map_err(|problem| Wrong::new(&node.path, &format!(": {problem}")))?;
    Ok(text.to_owned())
}

/// `24h`, or seconds.
fn lasting(node: &Node<'_>) -> Result<Duration, Wrong> {
    match node.value.as_str() {
        Some(text) => {
            let start = jiff::Timestamp::UNIX_EPOCH;
            let end = durations::after(text, start)
                .map_err(|problem| Wrong::new(&node.path, &format!(": {problem}")))?;
            Ok(Duration::from_millis(end.unsigned_abs()))
        }
        None => node.seconds(0.0..=LONGEST_SECONDS * 366.0),
    }
}

fn object(node: &Node<'_>) -> Result<Map<String, Value>, Wrong> {
    node.map().cloned()
}

fn header(node: &Node<'_>) -> Result<String, Wrong> {
    let name = node.text()?.to_ascii_lowercase();
    axum::http::HeaderName::try_from(name.as_str()).map_err(|_| node.wrong("the name of a header"))?;
    Ok(name)
}

fn status(node: &Node<'_>, known: [u16; 2]) -> Result<u16, Wrong> {
    let number = node.whole(400..=499)?;
    let found = known.into_iter().find(|status| u32::from(*status) == number);
    found.ok_or_else(|| node.wrong(&format!("{} or {}", known[0], known[1])))
}
