//! Content parts: `input_text`, `input_image`, `input_file`, `input_audio`, `output_text`, `refusal`.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::{OWNER, logprobs};
use crate::canonical::{
    CacheHint, Content, Encoding, Extra, File, Image, Notation, Opaque, Part, PartKind, Role, Source,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members, ObjectWriter, array};

/// Parts of a string or an array; `None` if it is neither.
pub(super) fn content(raw: &RawValue, role: Role) -> Option<Content> {
    if let Some(text) = json::string(raw) {
        return Some(Content { parts: vec![Part::text(text)], notation: Notation::Text });
    }
    let parts = json::elements(raw)?.into_iter().map(|raw| decode(raw, role)).collect();
    Some(Content { parts, notation: Notation::Parts })
}

/// A part that is not written as documented is kept whole.
fn decode(raw: &RawValue, role: Role) -> Part {
    known(raw, role).unwrap_or_else(|| {
        let kind = json::members(raw).and_then(|members| members.text("type").map(String::from));
        // An item is called that.
        let kind = kind.filter(|kind| kind != "message").unwrap_or_else(|| "part".to_owned());
        Part::new(PartKind::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }))
    })
}

/// The type of text is told by who speaks.
fn text_type(role: Role) -> &'static str {
    if role == Role::Assistant { "output_text" } else { "input_text" }
}

fn known(raw: &RawValue, role: Role) -> Option<Part> {
    let mut members = json::members(raw)?;
    let name: String = members.take_as("type")?;
    let kind = match name.as_str() {
        "input_text" | "output_text" if name == text_type(role) => {
            PartKind::Text { text: members.take_as("text")?, citations: citations(&mut members) }
        }
        // The wrong one of the two, which some clients write: only the owner gets it back like this.
        "input_text" | "output_text" | "text" => {
            let mut part = Part::text(members.take_as::<String>("text")?);
            let name = RawValue::from_string(json::quote(&name)).ok()?;
            part.extra.0.push(Opaque { owner: OWNER, kind: "type".to_owned(), raw: name });
            part.extra.add("", OWNER, members);
            return Some(part);
        }
        "refusal" => PartKind::Refusal(members.take_as("refusal")?),
        "input_image" => {
            let source = match members.take_as::<String>("image_url") {
                Some(url) => source(url),
                None => Source::FileId(members.take_as("file_id")?),
            };
            PartKind::Image(Image { source, detail: members.take_as("detail") })
        }
        "input_file" => {
            PartKind::File(File { source: file(&mut members)?, name: members.take_as("filename") })
        }
        "input_audio" => {
            let mut audio = json::members(members.take("input_audio")?)?;
            let kind = PartKind::Audio { data: audio.take_as("data")?, format: audio.take_as("format")? };
            if !audio.0.is_empty() {
                return None;
            }
            kind
        }
        _ => return None,
    };
    let cache = cache_hint(&mut members);
    Some(Part { kind, cache, extra: Extra::rest(OWNER, members) })
}

fn file(members: &mut Members<'_>) -> Option<Source> {
    if let Some(id) = members.take_as::<String>("file_id") {
        return Some(Source::FileId(id));
    }
    if let Some(url) = members.take_as::<String>("file_url") {
        return Some(Source::Url(url));
    }
    match source(members.take_as("file_data")?) {
        data @ Source::Base64 { .. } => Some(data),
        _ => None,
    }
}

fn citations(members: &mut Members<'_>) -> Option<Vec<Opaque>> {
    let raw = json::elements(members.get("annotations")?)?;
    members.take("annotations");
    let citation =
        |raw: &RawValue| Opaque { owner: OWNER, kind: "annotations".to_owned(), raw: raw.to_owned() };
    Some(raw.into_iter().map(citation).collect())
}

fn cache_hint(members: &mut Members<'_>) -> Option<CacheHint> {
    const MEMBER: &str = "prompt_cache_breakpoint";
    let raw = members.take(MEMBER)?;
    let ttl = json::members(raw).and_then(|mark| mark.text("ttl").map(String::from));
    Some(CacheHint { owner: OWNER, member: MEMBER.to_owned(), raw: raw.to_owned(), ttl })
}

fn source(url: String) -> Source {
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match data {
        Some((media_type, data)) => {
            Source::Base64 { media_type: media_type.to_owned(), data: data.to_owned() }
        }
        None => Source::Url(url),
    }
}

fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

/// A content part as JSON. `None` if it was dropped.
pub(super) fn encode(
    part: &Part,
    role: Role,
    path: &str,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let is_own = to.from == OWNER;
    let mut out = ObjectWriter::new();
    match &part.kind {
        PartKind::Text { text, citations } => {
            // Written among the rest, if it is not the usual one.
            if !part.extra.0.iter().any(|member| member.owner == OWNER && member.kind == "type") {
                out.string("type", text_type(role));
            }
            out.string("text", text);
            write_citations(text, citations.as_deref(), path, &mut out, to);
            match part.extra.noted(OWNER, logprobs::MEMBER) {
                Some(logprobs) => out.raw(logprobs::MEMBER, logprobs.get()),
                // Clients rely on its being there.
                None if to.is_reply && !is_own => out.raw(logprobs::MEMBER, "[]"),
                None => &mut out,
            };
        }
        PartKind::Refusal(text) => {
            out.string("type", "refusal").string("refusal", text);
        }
        PartKind::Image(Image { source, detail }) => {
            out.string("type", "input_image");
            match source {
                Source::Base64 { media_type, data } => out.string("image_url", &data_url(media_type, data)),
                Source::Url(url) => out.string("image_url", url),
                // An id means something to the provider that gave it only.
                Source::FileId(id) if is_own => out.string("file_id", id),
                Source::FileId(_) | Source::Text { .. } => {
                    to.refuse(path, "an image by its file id")?;
                    return Ok(None);
                }
            };
            out.maybe_string("detail", detail.as_deref());
        }
        PartKind::File(file) => {
            if !write_file(file, path, &mut out, to)? {
                return Ok(None);
            }
        }
        PartKind::Audio { data, format } if is_own => {
            let mut audio = ObjectWriter::new();
            audio.string("data", data).string("format", format);
            out.string("type", "input_audio").raw("input_audio", &audio.finish());
        }
        PartKind::Audio { .. } => {
            to.refuse(path, "audio input")?;
            return Ok(None);
        }
        PartKind::Opaque(opaque) if opaque.owner == OWNER => return Ok(Some(opaque.raw.get().to_owned())),
        PartKind::Opaque(opaque) => {
            to.refuse(path, &format!("content of type `{}`", opaque.kind))?;
            return Ok(None);
        }
        PartKind::Thinking { .. }
        | PartKind::RedactedThinking(_)
        | PartKind::ToolCall(_)
        | PartKind::ToolResult(_) => {
            to.refuse(path, "this kind of content at this place")?;
            return Ok(None);
        }
    }
    match &part.cache {
        Some(cache) if cache.owner == OWNER => {
            out.raw(&cache.member, cache.raw.get());
        }
        Some(cache) => to.lose(path, &cache.member),
        None => {}
    }
    part.extra.write(OWNER, &mut out, path, &mut to.loss);
    Ok(Some(out.finish()))
}

/// `false` if it was dropped.
fn write_file(
    file: &File,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<bool, BadRequest> {
    let is_own = to.from == OWNER;
    let File { source, name } = file;
    match source {
        // Text is read as text everywhere.
        Source::Text { text, .. } => {
            to.lose_if(name.is_some(), path, "title");
            out.string("type", "input_text").string("text", text);
            return Ok(true);
        }
        Source::Base64 { media_type, data } => {
            out.string("type", "input_file").string("file_data", &data_url(media_type, data));
        }
        Source::Url(url) => {
            out.string("type", "input_file").string("file_url", url);
        }
        Source::FileId(id) if is_own => {
            out.string("type", "input_file").string("file_id", id);
        }
        Source::FileId(_) => {
            to.refuse(path, "a document by its file id")?;
            return Ok(false);
        }
    }
    match name {
        Some(name) if is_own || name.contains('.') => out.string("filename", name),
        // Data has to have a name, whose ending tells what it is; what is fetched has one of its own.
        _ if is_own || matches!(source, Source::Url(_)) => out,
        name => out.string("filename", &format!("{}.pdf", name.as_deref().unwrap_or("document"))),
    };
    Ok(true)
}

fn write_citations(
    text: &str,
    citations: Option<&[Opaque]>,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    if to.from == OWNER {
        if let Some(citations) = citations {
            out.raw("annotations", &array(citations.iter().map(|citation| citation.raw.get())));
        }
        return;
    }
    let end = text.chars().count() as u64;
    let mut annotations = Vec::new();
    for citation in citations.into_iter().flatten() {
        match annotation(citation, 0, end).filter(|_| to.is_reply) {
            Some(annotation) => annotations.push(annotation),
            None => citation.report(path, &mut to.loss),
        }
    }
    // Clients rely on its being there.
    if to.is_reply {
        out.raw("annotations", &array(annotations));
    }
}

/// Another format's citation as an annotation of the characters `start..end`; `None` if it cites something other
/// than a page.
pub(in super::super) fn annotation(citation: &Opaque, start: u64, end: u64) -> Option<String> {
    let value: Value = serde_json::from_str(citation.raw.get()).ok()?;
    // Chat has it in an object of its own.
    let page = value.get("url_citation").unwrap_or(&value);
    let url = page.get("url")?.as_str()?;
    let title = page.get("title").and_then(Value::as_str).unwrap_or_default();
    let at = |key: &str, otherwise: u64| page.get(key).and_then(Value::as_u64).unwrap_or(otherwise);
    let annotation = json!({
        "type": "url_citation",
        "start_index": at("start_index", start),
        "end_index": at("end_index", end),
        "title": title,
        "url": url,
    });
    Some(annotation.to_string())
}
