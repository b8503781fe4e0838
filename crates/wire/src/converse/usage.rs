//! The format's usage object.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::json::{self, Members};
use crate::usage::{Report, Usage};

/// Reads a usage object. Here `inputTokens` is only what no cache touched, so the cached parts are added to it.
pub(super) fn read(raw: &RawValue) -> Option<Usage> {
    let usage = Report::parse(raw)?;
    let count = |path: &str| usage.counter(path).unwrap_or(0);
    let cache_read = count("cacheReadInputTokens");
    let for_an_hour = written_for(raw, "1h");
    let written = count("cacheWriteInputTokens").max(for_an_hour.saturating_add(written_for(raw, "5m")));
    Some(Usage {
        input: count("inputTokens").saturating_add(cache_read).saturating_add(written),
        output: count("outputTokens"),
        cache_read,
        cache_write_5m: written - for_an_hour,
        cache_write_1h: for_an_hour,
        raw: Some(raw.to_owned()),
        ..Usage::default()
    })
}

/// What the breakdown says of one lifetime.
fn written_for(raw: &RawValue, ttl: &str) -> u64 {
    let details = json::members(raw).and_then(|members| json::elements(members.get("cacheDetails")?));
    let details = details.unwrap_or_default().into_iter().filter_map(json::members);
    let matching = details.filter(|detail| detail.text("ttl").as_deref() == Some(ttl));
    matching
        .filter_map(|detail| detail.get("inputTokens")?.get().parse::<u64>().ok())
        .fold(0, u64::saturating_add)
}

/// The usage of a reply, or of the event that closes a stream, with the tier that stands beside it.
pub(super) fn of(holder: &Members<'_>) -> Option<Usage> {
    let mut usage = read(holder.get("usage")?)?;
    let tier = holder
        .get("serviceTier")
        .and_then(json::members)
        .and_then(|tier| tier.text("type").map(String::from));
    usage.service_tier = tier.filter(|tier| tier != "default");
    Some(usage)
}

/// Writes usage that was read from another format.
pub(super) fn write(usage: &Usage) -> Value {
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    let cached = usage.cache_read.saturating_add(written);
    let mut object = json!({
        "inputTokens": usage.input.saturating_sub(cached),
        "outputTokens": usage.output,
        "totalTokens": usage.input.saturating_add(usage.output),
    });
    if cached > 0 {
        object["cacheReadInputTokens"] = json!(usage.cache_read);
        object["cacheWriteInputTokens"] = json!(written);
    }
    let details = [("1h", usage.cache_write_1h), ("5m", usage.cache_write_5m)];
    let details = details.into_iter().filter(|(_, tokens)| *tokens > 0);
    let details: Vec<Value> =
        details.map(|(ttl, tokens)| json!({"ttl": ttl, "inputTokens": tokens})).collect();
    if !details.is_empty() {
        object["cacheDetails"] = json!(details);
    }
    object
}
