//! The usage object, with the habits of the providers that imitate it.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::usage::{Report, Usage};

/// Reads a usage object.
///
/// Some providers leave reasoning out of `completion_tokens` but count it in `total_tokens`; what the total has
/// beyond prompt and completion is therefore output. Cached tokens are part of `prompt_tokens` everywhere.
pub(crate) fn read(raw: &RawValue, service_tier: Option<String>) -> Option<Usage> {
    let usage = Report::parse(raw)?;
    let first = |paths: &[&str]| paths.iter().find_map(|path| usage.counter(path)).unwrap_or(0);
    let input = first(&["prompt_tokens", "input_tokens"]);
    let completion = first(&["completion_tokens", "output_tokens"]);
    // Perplexity says how large the search's context was, and counts the searches of deep research alone.
    let search_context = usage.label("search_context_size");
    let searches = ["server_tool_use/web_search_requests", "num_search_queries"];
    let searches = searches.iter().find_map(|path| usage.counter(path));
    let hidden = first(&["total_tokens"]).saturating_sub(input.saturating_add(completion));
    Some(Usage {
        input,
        output: completion + hidden,
        cache_read: first(&[
            "prompt_tokens_details/cached_tokens",
            "cache_read_input_tokens",
            "prompt_cache_hit_tokens",
            "cached_tokens",
        ]),
        cache_write_5m: first(&["prompt_tokens_details/cache_write_tokens", "cache_creation_input_tokens"]),
        cache_write_1h: 0,
        reasoning: first(&["completion_tokens_details/reasoning_tokens", "reasoning_tokens"]).max(hidden),
        audio_input: first(&["prompt_tokens_details/audio_tokens"]),
        audio_output: first(&["completion_tokens_details/audio_tokens"]),
        image_input: first(&["prompt_tokens_details/image_tokens"]),
        image_output: first(&["completion_tokens_details/image_tokens"]),
        web_searches: searches.unwrap_or_else(|| u64::from(search_context.is_some())),
        search_context,
        service_tier: service_tier.or_else(|| usage.label("service_tier")),
        raw: Some(raw.to_owned()),
    })
}

/// Writes usage that was read from another format.
pub(crate) fn write(usage: &Usage) -> Value {
    let mut prompt = Map::new();
    prompt.insert("cached_tokens".into(), json!(usage.cache_read));
    prompt.insert("audio_tokens".into(), json!(usage.audio_input));
    let written = usage.cache_write_5m + usage.cache_write_1h;
    for (key, count) in [("cache_write_tokens", written), ("image_tokens", usage.image_input)] {
        if count > 0 {
            prompt.insert(key.into(), json!(count));
        }
    }
    let mut completion = Map::new();
    completion.insert("reasoning_tokens".into(), json!(usage.reasoning));
    completion.insert("audio_tokens".into(), json!(usage.audio_output));
    if usage.image_output > 0 {
        completion.insert("image_tokens".into(), json!(usage.image_output));
    }
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": completion,
    })
}
