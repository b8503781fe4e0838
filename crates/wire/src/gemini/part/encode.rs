//! The canonical model into parts.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::spelling::{self, is_flagged, noted_text};
use super::{media, signature};
use crate::canonical::{
    Content, Encoding, Extra, File, Image, Part, PartKind, ToolCall, ToolResult, signature as marks,
};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array, quote};

/// What a part needs to know of the conversation around it.
#[derive(Debug, Default)]
pub(in super::super) struct Surroundings<'a> {
    /// The names of the functions that were called, by the ids of the calls: here a result states its function.
    pub names: HashMap<&'a str, &'a str>,
    /// Results may hold images; else those stand beside them.
    pub nested_media: bool,
}

/// Adds a part as JSON, or several, or none if there is nothing to send or it was dropped.
pub(in super::super) fn encode(
    part: &Part,
    path: &str,
    around: &Surroundings<'_>,
    to: &mut Encoding,
    out: &mut Vec<String>,
) -> Result<(), BadRequest> {
    let is_own = to.from == OWNER;
    let extra = &part.extra;
    let mut writer = ObjectWriter::new();
    let mut after = Vec::new();
    match &part.kind {
        // Parts without text are refused by the provider, and say nothing.
        PartKind::Text { text, .. } | PartKind::Refusal(text) if text.is_empty() && !is_own => return Ok(()),
        PartKind::Text { text, citations } => {
            // A reply's become metadata of the candidate.
            for citation in citations.iter().flatten().filter(|_| !is_own && !to.is_reply) {
                citation.report(path, &mut to.loss);
            }
            writer.string("text", text);
        }
        PartKind::Refusal(text) => {
            writer.string("text", text);
        }
        PartKind::Image(Image { source, detail }) => {
            to.lose_if(detail.as_deref().is_some_and(|detail| detail != "auto"), path, "image_url.detail");
            if !media::encode(source, None, extra, path, &mut writer, to)? {
                return Ok(());
            }
        }
        PartKind::File(File { source, name }) => {
            let name = name.as_deref().filter(|_| is_own);
            if !media::encode(source, name, extra, path, &mut writer, to)? {
                return Ok(());
            }
        }
        PartKind::Audio { data, format } => media::encode_audio(data, format, extra, &mut writer),
        PartKind::Thinking { text, signature } => {
            let signature = signature.as_deref().filter(|text| !text.is_empty());
            let is_google = signature.is_some_and(|text| marks::of_thought(text).is_some());
            if !is_own && !to.is_reply && !is_google {
                // Nobody takes thinking back that somebody else signed, or nobody.
                to.loss.add(path);
                return Ok(());
            }
            if !is_flagged(extra, "textless") {
                writer.string("text", text);
            }
            writer.put("thought", true);
            if let Some(text) = signature {
                writer.string(&spelling::name("thoughtSignature", extra), &signature::sent(text));
            }
        }
        PartKind::RedactedThinking(data) => {
            if !is_own && !to.is_reply {
                to.loss.add(path);
                return Ok(());
            }
            if !is_flagged(extra, "textless") {
                writer.string("text", "");
            }
            let name = spelling::name("thoughtSignature", extra);
            writer.put("thought", true).string(&name, &signature::redacted(data));
        }
        PartKind::ToolCall(call) => {
            write_call(call, extra, path, &mut writer, to);
        }
        PartKind::ToolResult(result) => {
            let Some(beside) = write_result(result, extra, path, around, &mut writer, to)? else {
                return Ok(());
            };
            after = beside;
        }
        PartKind::Opaque(opaque) if opaque.owner == OWNER => {
            out.push(opaque.raw.get().to_owned());
            return Ok(());
        }
        PartKind::Opaque(opaque) => return to.refuse(path, &format!("content of type `{}`", opaque.kind)),
    }
    if let Some(cache) = &part.cache {
        to.lose(path, &cache.member);
    }
    extra.write(OWNER, &mut writer, path, &mut to.loss);
    out.push(writer.finish());
    out.append(&mut after);
    Ok(())
}

fn write_call(call: &ToolCall, extra: &Extra, path: &str, out: &mut ObjectWriter, to: &mut Encoding) {
    let ToolCall { id, name, arguments, signature } = call;
    let mut inner = ObjectWriter::new();
    let is_unnamed = if to.from == OWNER { is_flagged(extra, "without id") } else { id.is_empty() };
    if !is_unnamed {
        inner.string("id", id);
    }
    inner.string("name", name);
    if !is_flagged(extra, "without args") {
        inner.raw("args", &args(arguments, path, to));
    }
    extra.write_nested(OWNER, "functionCall", &mut inner);
    out.raw(&spelling::name("functionCall", extra), &inner.finish())
        .maybe_string(&spelling::name("thoughtSignature", extra), signature.as_deref());
}

/// Arguments as an object. What a model wrote that is none is kept as text in one, so that the call stays readable.
fn args(arguments: &str, path: &str, to: &mut Encoding) -> String {
    if arguments.trim().is_empty() {
        return "{}".to_owned();
    }
    let is_object = |raw: &&RawValue| to.from == OWNER || json::members(raw).is_some();
    if let Some(raw) = serde_json::from_str::<&RawValue>(arguments).ok().filter(is_object) {
        return raw.get().to_owned();
    }
    to.lose(path, "arguments");
    format!("{{\"raw_arguments\":{}}}", quote(arguments))
}

/// Writes a result; gives back the parts that have to stand beside it, or `None` if it was dropped.
fn write_result(
    result: &ToolResult,
    extra: &Extra,
    path: &str,
    around: &Surroundings<'_>,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<Option<Vec<String>>, BadRequest> {
    let ToolResult { call_id, content: Content { parts, notation: _ }, is_error } = result;
    let mut inner = ObjectWriter::new();
    let mut beside = Vec::new();
    if to.from == OWNER {
        let parts = write_own(parts, extra, &mut inner);
        inner.maybe_string("id", noted_text(extra, "id").as_deref());
        inner.maybe_string("name", noted_text(extra, "name").as_deref());
        write_nested(parts, path, around, &mut inner, to)?;
        extra.write_nested(OWNER, "functionResponse", &mut inner);
    } else {
        let Some(name) = around.names.get(call_id.as_str()) else {
            to.refuse(path, "the result of a call that is not among the messages before it")?;
            return Ok(None);
        };
        if !call_id.is_empty() {
            inner.string("id", call_id);
        }
        let (text, media): (Vec<&Part>, Vec<&Part>) =
            parts.iter().partition(|part| matches!(part.kind, PartKind::Text { .. }));
        let text = text.iter().filter_map(|part| match &part.kind {
            PartKind::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let mut response = ObjectWriter::new();
        let member = if *is_error == Some(true) { "error" } else { "output" };
        response.string(member, &text.collect::<Vec<_>>().join("\n\n"));
        inner.string("name", name).raw("response", &response.finish());
        for (index, part) in parts.iter().enumerate() {
            if let Some(cache) = &part.cache {
                to.lose(&format!("{path}.content[{index}]"), &cache.member);
            }
        }
        if around.nested_media {
            write_nested(media, path, around, &mut inner, to)?;
        } else {
            for part in media {
                encode(part, path, around, to, &mut beside)?;
            }
        }
    }
    out.raw(&spelling::name("functionResponse", extra), &inner.finish());
    Ok(Some(beside))
}

/// Writes the response as it was; the parts after it are given back.
fn write_own<'p>(parts: &'p [Part], extra: &Extra, out: &mut ObjectWriter) -> Vec<&'p Part> {
    let (Some(how), Some((first, rest))) = (extra.noted(OWNER, "response"), parts.split_first()) else {
        return parts.iter().collect();
    };
    let PartKind::Text { text, .. } = &first.kind else { return parts.iter().collect() };
    let mut response = ObjectWriter::new();
    if let Some(name) = json::string(how) {
        response.string(&name, text);
        out.raw("response", &response.finish());
    } else if let Some(name) = json::elements(how).and_then(|names| json::string(names.first()?)) {
        response.raw(&name, text);
        out.raw("response", &response.finish());
    } else {
        out.raw("response", text);
    }
    rest.iter().collect()
}

fn write_nested(
    parts: Vec<&Part>,
    path: &str,
    around: &Surroundings<'_>,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let mut encoded = Vec::with_capacity(parts.len());
    for part in parts {
        encode(part, path, around, to, &mut encoded)?;
    }
    if !encoded.is_empty() {
        out.raw("parts", &array(encoded));
    }
    Ok(())
}
