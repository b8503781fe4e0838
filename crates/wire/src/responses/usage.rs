//! The usage object.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::json::{self, Members};
use crate::usage::{Report, Usage};

/// Reads a usage object. Cached tokens are part of the input, reasoning is part of the output.
pub(super) fn read(raw: &RawValue) -> Option<Usage> {
    let usage = Report::parse(raw)?;
    let count = |path: &str| usage.counter(path).unwrap_or(0);
    Some(Usage {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cache_read: count("input_tokens_details/cached_tokens"),
        cache_write_5m: count("input_tokens_details/cache_write_tokens"),
        reasoning: count("output_tokens_details/reasoning_tokens"),
        audio_input: count("input_tokens_details/audio_tokens"),
        audio_output: count("output_tokens_details/audio_tokens"),
        image_input: count("input_tokens_details/image_tokens"),
        image_output: count("output_tokens_details/image_tokens"),
        raw: Some(raw.to_owned()),
        ..Usage::default()
    })
}

/// A response's usage, with what else it is billed by.
pub(super) fn of_response(response: &Members<'_>) -> Option<Usage> {
    let mut usage = read(response.get("usage")?)?;
    usage.service_tier = response.text("service_tier").map(String::from);
    let items = response.get("output").and_then(json::elements).unwrap_or_default();
    let searches = items.into_iter().filter(|item| {
        json::members(item).and_then(|item| item.text("type").map(|kind| kind == "web_search_call"))
            == Some(true)
    });
    usage.web_searches = searches.count() as u64;
    Some(usage)
}

/// Writes usage that was read from another format.
pub(super) fn write(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write_5m + usage.cache_write_1h,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    })
}
