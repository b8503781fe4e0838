//! The messages format's usage object.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::usage::{Report, Usage, merged};

/// Reads a usage object. Here `input_tokens` is only what no cache touched, so the cached parts are added to it.
pub(super) fn read(raw: &RawValue) -> Option<Usage> {
    let usage = Report::parse(raw)?;
    let count = |path: &str| usage.counter(path).unwrap_or(0);
    let cache_read = count("cache_read_input_tokens");
    let for_an_hour = count("cache_creation/ephemeral_1h_input_tokens");
    let for_minutes = count("cache_creation/ephemeral_5m_input_tokens");
    // The total is authoritative; the breakdown is optional and may be older in a stream.
    let written = count("cache_creation_input_tokens").max(for_an_hour + for_minutes);
    let is_fast = usage.label("speed").as_deref() == Some("fast");
    Some(Usage {
        input: count("input_tokens") + cache_read + written,
        output: count("output_tokens"),
        cache_read,
        cache_write_5m: written - for_an_hour,
        cache_write_1h: for_an_hour,
        reasoning: count("output_tokens_details/thinking_tokens"),
        web_searches: count("server_tool_use/web_search_requests"),
        service_tier: if is_fast { Some("fast".to_owned()) } else { usage.label("service_tier") },
        raw: Some(raw.to_owned()),
        ..Usage::default()
    })
}

/// Writes usage that was read from another format.
pub(super) fn write(usage: &Usage) -> Value {
    let written = usage.cache_write_5m + usage.cache_write_1h;
    let mut object = json!({
        "input_tokens": usage.input.saturating_sub(usage.cache_read + written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
    });
    if usage.reasoning > 0 {
        object["output_tokens_details"] = json!({ "thinking_tokens": usage.reasoning });
    }
    if usage.cache_write_1h > 0 {
        object["cache_creation"] = json!({
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        });
    }
    if usage.web_searches > 0 {
        object["server_tool_use"] =
            json!({ "web_search_requests": usage.web_searches, "web_fetch_requests": 0 });
    }
    object
}

/// Usage that comes in pieces: at a stream's beginning, and again at its end with running totals.
#[derive(Debug, Default)]
pub(super) struct Reports(Option<Box<RawValue>>);

impl Reports {
    /// Lays a report over those before it and reads the whole.
    pub fn add(&mut self, raw: &RawValue) -> Option<Usage> {
        let whole = match &self.0 {
            Some(earlier) => merged(earlier, raw).unwrap_or_else(|| raw.to_owned()),
            None => raw.to_owned(),
        };
        let usage = read(&whole);
        self.0 = Some(whole);
        usage
    }
}
