//! Settings of a request that both formats spell alike.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::canonical::{Encoding, Extra, OutputFormat, Sampling, Schema, Stop};
use crate::format::Format;
use crate::json::{self, Members, ObjectWriter, array, quote};

/// What the provider takes at most.
const MAX_STOP_SEQUENCES: usize = 4;
/// Longer names of users are refused.
const MAX_USER_CHARS: usize = 64;
/// Used where the other format's schema has no name.
const SCHEMA_NAME: &str = "response";

pub(crate) fn sampling(members: &mut Members<'_>) -> Sampling {
    let mut number = |member: &str| members.take(member).map(RawValue::to_owned);
    Sampling {
        temperature: number("temperature"),
        top_p: number("top_p"),
        top_k: number("top_k"),
        frequency_penalty: number("frequency_penalty"),
        presence_penalty: number("presence_penalty"),
        seed: number("seed"),
    }
}

pub(crate) fn stop(members: &mut Members<'_>) -> Option<Stop> {
    if let Some(sequence) = members.take_as::<String>("stop") {
        return Some(Stop { sequences: vec![sequence], as_string: true });
    }
    Some(Stop { sequences: members.take_as("stop")?, as_string: false })
}

pub(crate) fn write_stop(stop: &Stop, is_own: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    let kept = if is_own { stop.sequences.len() } else { stop.sequences.len().min(MAX_STOP_SEQUENCES) };
    to.lose_if(kept < stop.sequences.len(), "", &format!("stop_sequences[{kept}]"));
    match stop.sequences.as_slice() {
        [one] if stop.as_string => out.string("stop", one),
        [] if !is_own => out,
        all => out.raw("stop", &array(all[..kept].iter().map(|text| quote(text)))),
    };
}

pub(crate) fn write_user(user: &str, is_own: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    if is_own || user.chars().count() <= MAX_USER_CHARS {
        out.string("user", user);
    } else {
        to.lose("metadata", "user_id");
    }
}

/// `stream_options`, whose other members go to `extra`.
pub(crate) fn include_usage(members: &mut Members<'_>, owner: Format, extra: &mut Extra) -> Option<bool> {
    let mut options = json::members(members.get("stream_options")?)?;
    let include = options.take_as("include_usage")?;
    members.take("stream_options");
    extra.add("stream_options", owner, options);
    Some(include)
}

pub(crate) fn write_include_usage(include: bool, owner: Format, extra: &Extra, out: &mut ObjectWriter) {
    let mut options = ObjectWriter::new();
    options.put("include_usage", include);
    extra.write_nested(owner, "stream_options", &mut options);
    out.raw("stream_options", &options.finish());
}

/// `response_format`.
pub(crate) fn output(members: &mut Members<'_>) -> Option<OutputFormat> {
    let mut format = json::members(members.get("response_format")?)?;
    let output = match format.take_as::<String>("type")?.as_str() {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => {
            let mut schema = json::members(format.take("json_schema")?)?;
            let read = Schema {
                name: schema.take_as("name"),
                description: schema.take_as("description"),
                json: schema.take("schema").map(RawValue::to_owned),
                strict: schema.take_as("strict"),
            };
            if !schema.0.is_empty() {
                return None;
            }
            OutputFormat::JsonSchema(read)
        }
        _ => return None,
    };
    if !format.0.is_empty() {
        return None;
    }
    members.take("response_format");
    Some(output)
}

pub(crate) fn write_output(output: &OutputFormat, is_own: bool, out: &mut ObjectWriter) {
    let mut format = ObjectWriter::new();
    match output {
        OutputFormat::Text => {
            format.string("type", "text");
        }
        OutputFormat::JsonObject => {
            format.string("type", "json_object");
        }
        OutputFormat::JsonSchema(Schema { name, description, json, strict }) => {
            let mut inner = ObjectWriter::new();
            let name = name.as_deref().or((!is_own).then_some(SCHEMA_NAME));
            inner
                .maybe_string("name", name)
                .maybe_string("description", description.as_deref())
                .maybe_raw("schema", json.as_deref());
            let fits = || {
                let schema = json.as_ref().and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
                schema.is_some_and(|schema| json::is_strict(&schema))
            };
            if let Some(strict) = strict.or_else(|| (!is_own).then(fits)) {
                inner.put("strict", strict);
            }
            format.string("type", "json_schema").raw("json_schema", &inner.finish());
        }
    }
    out.raw("response_format", &format.finish());
}
