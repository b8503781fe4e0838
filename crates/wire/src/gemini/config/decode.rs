//! `generationConfig` into the canonical model. What is not taken here stays in the request's `extra`.

use serde_json::value::RawValue;

use super::super::spelling::{self, Spelling, flag};
use super::super::{OWNER, schema};
use crate::canonical::{Extra, OutputFormat, OutputLimit, RawText, Sampling, Schema, Stop, Thinking};
use crate::json::{self, Members};

#[derive(Debug, Default)]
pub(in super::super) struct Config {
    pub limit: Option<OutputLimit>,
    pub sampling: Sampling,
    pub stop: Option<Stop>,
    pub choices: Option<u64>,
    pub logprobs: Option<bool>,
    pub top_logprobs: Option<RawText>,
    pub effort: Option<String>,
    pub thinking: Option<Thinking>,
    pub output: Option<OutputFormat>,
    pub modalities: Option<Vec<String>>,
}

/// Takes the member out of a request. Something other than an object stays where it is.
pub(in super::super) fn decode(
    request: &mut Members<'_>,
    spelling: &mut Spelling,
    extra: &mut Extra,
) -> Config {
    let raw = spelling::find(request, "generationConfig");
    let Some(mut members) = raw.and_then(json::members) else { return Config::default() };
    spelling.take(request, "generationConfig");
    flag(extra, "generationConfig");
    let config = &mut members;
    let (effort, thinking) = thinking(config, spelling, extra);
    let out = Config {
        limit: spelling
            .take_as(config, "maxOutputTokens")
            .map(|tokens| OutputLimit { tokens, member: "maxOutputTokens".to_owned() }),
        sampling: sampling(config, spelling),
        stop: spelling.take_as(config, "stopSequences").map(|sequences| Stop { sequences, as_string: false }),
        choices: spelling.take_as(config, "candidateCount"),
        logprobs: spelling.take_as(config, "responseLogprobs"),
        top_logprobs: spelling.take(config, "logprobs").map(RawValue::to_owned),
        effort,
        thinking,
        output: output(config, spelling, extra),
        modalities: modalities(config, spelling, extra),
    };
    extra.add("generationConfig", OWNER, members);
    out
}

fn sampling(config: &mut Members<'_>, spelling: &mut Spelling) -> Sampling {
    let mut number = |member| spelling.take(config, member).map(RawValue::to_owned);
    Sampling {
        temperature: number("temperature"),
        top_p: number("topP"),
        top_k: number("topK"),
        frequency_penalty: number("frequencyPenalty"),
        presence_penalty: number("presencePenalty"),
        seed: number("seed"),
    }
}

/// A level is an effort; of the budgets two have a meaning of their own.
fn thinking(
    config: &mut Members<'_>,
    spelling: &mut Spelling,
    extra: &mut Extra,
) -> (Option<String>, Option<Thinking>) {
    let raw = spelling::find(config, "thinkingConfig");
    let Some(mut thinking) = raw.and_then(json::members) else { return (None, None) };
    spelling.take(config, "thinkingConfig");
    flag(extra, "thinkingConfig");
    let budget = spelling::find(&thinking, "thinkingBudget").and_then(|raw| match raw.get() {
        "-1" => Some(Thinking::Adaptive),
        "0" => Some(Thinking::Disabled),
        tokens => tokens.parse().ok().map(|budget_tokens| Thinking::Enabled { budget_tokens }),
    });
    if budget.is_some() {
        spelling.take(&mut thinking, "thinkingBudget");
    }
    let level = spelling::find(&thinking, "thinkingLevel").and_then(json::string);
    let effort = level.filter(|level| ["MINIMAL", "LOW", "MEDIUM", "HIGH"].contains(&level.as_ref()));
    let effort = effort.map(|level| level.to_ascii_lowercase());
    if effort.is_some() {
        spelling.take(&mut thinking, "thinkingLevel");
    }
    // Elsewhere thoughts that can be shown are shown.
    if let Some(raw) = spelling.take(&mut thinking, "includeThoughts") {
        extra.note(OWNER, "includeThoughts", raw);
    }
    extra.add("generationConfig.thinkingConfig", OWNER, thinking);
    (effort, budget)
}

/// A schema comes in one of two dialects, and a media type with it.
fn output(config: &mut Members<'_>, spelling: &mut Spelling, extra: &mut Extra) -> Option<OutputFormat> {
    let media_type = spelling::find(config, "responseMimeType").and_then(json::string);
    match media_type.as_deref() {
        Some("application/json") => {}
        Some("text/plain") => {
            spelling.take(config, "responseMimeType");
            return Some(OutputFormat::Text);
        }
        Some(_) => return None,
        None if spelling::find(config, "responseMimeType").is_some() => return None,
        None => flag(extra, "without responseMimeType"),
    }
    let own = spelling::find(config, "responseSchema");
    // One that cannot be read stays as it is, and its media type with it.
    let converted = match own.map(schema::to_json_schema) {
        Some(None) => return None,
        converted => converted.flatten(),
    };
    let has_type = spelling.take(config, "responseMimeType").is_some();
    let json = if let (Some(own), Some(converted)) = (own, converted) {
        spelling.take(config, "responseSchema");
        extra.note(OWNER, "responseSchema", own);
        Some(converted)
    } else {
        spelling.take(config, "responseJsonSchema").map(RawValue::to_owned)
    };
    match json {
        None => has_type.then_some(OutputFormat::JsonObject),
        json => Some(OutputFormat::JsonSchema(Schema { name: None, description: None, json, strict: None })),
    }
}

fn modalities(config: &mut Members<'_>, spelling: &mut Spelling, extra: &mut Extra) -> Option<Vec<String>> {
    let raw = spelling::find(config, "responseModalities")?;
    let names: Vec<String> = spelling.take_as(config, "responseModalities")?;
    extra.note(OWNER, "responseModalities", raw);
    Some(names.into_iter().map(|name| name.to_ascii_lowercase()).collect())
}
