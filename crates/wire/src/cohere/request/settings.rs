//! How to generate, in this format's bounds.

use super::super::models::Abilities;
use crate::canonical::{Encoding, OutputFormat, RawText, Sampling, Schema, Stop, Thinking};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array, quote};

/// What the provider takes at most.
const MAX_STOP_SEQUENCES: usize = 5;
const MAX_TOP_K: f64 = 500.0;
/// Tokens that a budget for thinking has to leave to the answer.
const ROOM_FOR_ANSWER: u64 = 1000;

pub(super) fn write_own_sampling(sampling: &Sampling, out: &mut ObjectWriter) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    for (member, value) in [
        ("temperature", temperature),
        ("p", top_p),
        ("k", top_k),
        ("frequency_penalty", frequency_penalty),
        ("presence_penalty", presence_penalty),
        ("seed", seed),
    ] {
        out.maybe_raw(member, value.as_deref());
    }
}

/// Writes what is within the bounds as it was, what is not as the nearest bound, and reports that.
pub(super) fn write_sampling(sampling: &Sampling, out: &mut ObjectWriter, to: &mut Encoding) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    for (member, theirs, value, low, high) in [
        ("temperature", "temperature", temperature, 0.0, 1.0),
        ("p", "top_p", top_p, 0.01, 0.99),
        ("k", "top_k", top_k, 0.0, MAX_TOP_K),
        ("frequency_penalty", "frequency_penalty", frequency_penalty, 0.0, 1.0),
        ("presence_penalty", "presence_penalty", presence_penalty, 0.0, 1.0),
    ] {
        let Some(raw) = value else { continue };
        let number = raw.get().parse::<f64>().ok();
        match number.map(|number| (number, number.clamp(low, high))) {
            Some((number, bound)) if (number - bound).abs() > f64::EPSILON => {
                to.lose("", theirs);
                write_number(member, bound, out);
            }
            _ => {
                out.raw(member, raw.get());
            }
        }
    }
    match seed.as_ref().map(|raw| raw.get()) {
        Some(seed) if !seed.starts_with('-') => {
            out.raw("seed", seed);
        }
        Some(_) => to.lose("", "seed"),
        None => {}
    }
}

fn write_number(member: &str, number: f64, out: &mut ObjectWriter) {
    if number.fract() == 0.0 {
        out.put(member, number as i64);
    } else {
        out.put(member, number);
    }
}

pub(super) fn write_stop(stop: &Stop, is_own: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    let kept = if is_own { stop.sequences.len() } else { stop.sequences.len().min(MAX_STOP_SEQUENCES) };
    to.lose_if(kept < stop.sequences.len(), "", &format!("stop[{kept}]"));
    if is_own || kept > 0 {
        out.raw("stop_sequences", &array(stop.sequences[..kept].iter().map(|text| quote(text))));
    }
}

/// What another format asks of the model's thoughts.
pub(super) struct Asked<'a> {
    pub effort: Option<&'a str>,
    pub thinking: Option<&'a Thinking>,
    pub max_tokens: Option<u64>,
}

/// The `thinking` that comes nearest. Models that think do so unless they are told not to.
pub(super) fn plan_thinking(asked: &Asked<'_>, abilities: Abilities, to: &mut Encoding) -> Option<String> {
    let wants = matches!(asked.thinking, Some(Thinking::Enabled { .. } | Thinking::Adaptive));
    if !abilities.thinking {
        to.lose_if(asked.effort.is_some_and(|effort| effort != "none"), "", "reasoning_effort");
        to.lose_if(wants, "", "thinking");
        return None;
    }
    let budget = match (asked.thinking, asked.effort) {
        (Some(Thinking::Disabled), _) | (_, Some("none")) => {
            return Some(r#"{"type":"disabled"}"#.to_owned());
        }
        (Some(Thinking::Enabled { budget_tokens }), _) => Some(*budget_tokens),
        (_, Some("minimal")) => Some(1024),
        (_, Some("low")) => Some(2048),
        (_, Some("medium")) => Some(8192),
        (_, Some(_)) | (Some(Thinking::Adaptive), None) => None,
        (None, None) => return None,
    };
    let mut out = ObjectWriter::new();
    out.string("type", "enabled");
    if let Some(budget) = budget {
        let room = asked.max_tokens.map_or(u64::MAX, |tokens| tokens.saturating_sub(ROOM_FOR_ANSWER));
        out.put("token_budget", budget.min(room).max(1));
    }
    Some(out.finish())
}

/// Writes the format of the reply. This format has none for a model that has tools.
pub(super) fn write_output(
    output: &OutputFormat,
    has_tools: bool,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let schema: Option<&RawText> = match output {
        OutputFormat::Text => return Ok(()),
        OutputFormat::JsonObject => None,
        OutputFormat::JsonSchema(Schema { name: _, description, json, strict: _ }) => {
            to.lose_if(description.is_some(), "response_format", "json_schema.description");
            json.as_ref()
        }
    };
    if has_tools {
        return to.refuse("response_format", "a format of the reply together with tools");
    }
    let mut format = ObjectWriter::new();
    format.string("type", "json_object").maybe_raw("json_schema", schema.map(AsRef::as_ref));
    out.raw("response_format", &format.finish());
    Ok(())
}
