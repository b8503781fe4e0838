//! The format's usage object.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::spelling;
use crate::json::{self, Members};
use crate::usage::{MOST, Usage};

/// Reads a usage object. Here thoughts are no part of the candidates' tokens, and what tools brought into the prompt is
/// no part of the prompt's; both are added.
pub(super) fn read(raw: &RawValue) -> Option<Usage> {
    let members = json::members(raw)?;
    let count = |name: &str| spelling::find(&members, name).map_or(0, number);
    let of = |name: &str, modality: &str| modality_count(&members, name, modality);
    let reasoning = count("thoughtsTokenCount");
    let tier = spelling::find(&members, "serviceTier").and_then(json::string);
    Some(Usage {
        input: count("promptTokenCount").saturating_add(count("toolUsePromptTokenCount")),
        output: count("candidatesTokenCount").saturating_add(reasoning),
        cache_read: count("cachedContentTokenCount"),
        reasoning,
        audio_input: of("promptTokensDetails", "AUDIO"),
        audio_output: of("candidatesTokensDetails", "AUDIO"),
        image_input: of("promptTokensDetails", "IMAGE"),
        image_output: of("candidatesTokensDetails", "IMAGE"),
        service_tier: tier.map(|tier| tier.to_lowercase()).filter(|tier| tier != "standard"),
        raw: Some(raw.to_owned()),
        ..Usage::default()
    })
}

/// The tokens of one kind in a list of `{modality, tokenCount}`.
fn modality_count(members: &Members<'_>, list: &str, modality: &str) -> u64 {
    let entries = spelling::find(members, list).and_then(json::elements).unwrap_or_default();
    let matching = entries.into_iter().filter_map(json::members);
    let matching = matching.filter(|entry| entry.text("modality").as_deref() == Some(modality));
    matching.filter_map(|entry| spelling::find(&entry, "tokenCount").map(number)).sum()
}

/// Google's interfaces write large numbers as strings now and then.
fn number(raw: &RawValue) -> u64 {
    raw.get().trim_matches('"').parse().unwrap_or(0).min(MOST)
}

/// Writes usage that was read from another format.
pub(super) fn write(usage: &Usage) -> Value {
    let mut object = json!({
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output.saturating_sub(usage.reasoning),
        "totalTokenCount": usage.input.saturating_add(usage.output),
    });
    for (member, tokens) in
        [("cachedContentTokenCount", usage.cache_read), ("thoughtsTokenCount", usage.reasoning)]
    {
        if tokens > 0 {
            object[member] = json!(tokens);
        }
    }
    let prompt = [("AUDIO", usage.audio_input), ("IMAGE", usage.image_input)];
    let candidates = [("AUDIO", usage.audio_output), ("IMAGE", usage.image_output)];
    for (member, parts) in [("promptTokensDetails", &prompt), ("candidatesTokensDetails", &candidates)] {
        let entries: Vec<Value> = parts
            .iter()
            .filter(|(_, tokens)| *tokens > 0)
            .map(|(modality, tokens)| json!({"modality": modality, "tokenCount": tokens}))
            .collect();
        if !entries.is_empty() {
            object[member] = json!(entries);
        }
    }
    object
}
