//! Content parts: `text`, `image_url`, `file`, `input_audio`, `refusal`.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::decode::FOREIGN_CALL;
use crate::canonical::{
    CacheHint, Content, Encoding, Extra, File, Image, Notation, Opaque, Part, PartKind, Source,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members, ObjectWriter};

/// A part that is not written as documented is kept whole.
pub(super) fn decode(raw: &RawValue) -> Part {
    known(raw).unwrap_or_else(|| {
        let kind = json::members(raw).and_then(|members| members.text("type").map(String::from));
        // Calls are kept under that name.
        let kind = kind.filter(|kind| kind != FOREIGN_CALL).unwrap_or_else(|| "part".to_owned());
        Part::new(PartKind::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }))
    })
}

fn known(raw: &RawValue) -> Option<Part> {
    let mut members = json::members(raw)?;
    let kind: String = members.take_as("type")?;
    let kind = match kind.as_str() {
        "text" => PartKind::Text { text: members.take_as("text")?, citations: None },
        "refusal" => PartKind::Refusal(members.take_as("refusal")?),
        "image_url" => {
            let image = members.take("image_url")?;
            // Mistral takes, and its clients send, the bare address too.
            if let Some(url) = json::string(image) {
                let image = Image { source: source(url.into_owned()), detail: None };
                return Some(finish(PartKind::Image(image), members));
            }
            let mut image = json::members(image)?;
            let kind = PartKind::Image(Image {
                source: source(image.take_as("url")?),
                detail: image.take_as("detail"),
            });
            nothing_left(&image)?;
            kind
        }
        "input_audio" => {
            let mut audio = json::members(members.take("input_audio")?)?;
            let kind = PartKind::Audio { data: audio.take_as("data")?, format: audio.take_as("format")? };
            nothing_left(&audio)?;
            kind
        }
        "file" => {
            let mut file = json::members(members.take("file")?)?;
            let source = match file.take_as::<String>("file_id") {
                Some(id) => Source::FileId(id),
                None => match source(file.take_as("file_data")?) {
                    data @ Source::Base64 { .. } => data,
                    _ => return None,
                },
            };
            let kind = PartKind::File(File { source, name: file.take_as("filename") });
            nothing_left(&file)?;
            kind
        }
        _ => return None,
    };
    Some(finish(kind, members))
}

fn finish(kind: PartKind, mut members: Members<'_>) -> Part {
    let cache = cache_hint(&mut members);
    Part { kind, cache, extra: Extra::rest(OWNER, members) }
}

fn nothing_left(members: &Members<'_>) -> Option<()> {
    members.0.is_empty().then_some(())
}

/// OpenAI's own mark, or the one that several providers of this format took over from Anthropic.
pub(in super::super) fn cache_hint(members: &mut Members<'_>) -> Option<CacheHint> {
    ["prompt_cache_breakpoint", "cache_control"].into_iter().find_map(|member| {
        let mark = json::members(members.get(member)?)?;
        let ttl = mark.text("ttl").map(String::from);
        let raw = members.take(member)?.to_owned();
        Some(CacheHint { owner: OWNER, member: member.to_owned(), raw, ttl })
    })
}

pub(in super::super) fn write_cache(
    cache: Option<&CacheHint>,
    out: &mut ObjectWriter,
    path: &str,
    to: &mut Encoding,
) {
    match cache {
        Some(cache) if cache.owner == OWNER => {
            out.raw(&cache.member, cache.raw.get());
        }
        Some(cache) => to.lose(path, &cache.member),
        None => {}
    }
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
pub(super) fn encode(part: &Part, path: &str, to: &mut Encoding) -> Result<Option<String>, BadRequest> {
    let mut out = ObjectWriter::new();
    match &part.kind {
        PartKind::Text { text, citations } => {
            for citation in citations.iter().flatten() {
                citation.report(path, &mut to.loss);
            }
            out.string("type", "text").string("text", text);
        }
        PartKind::Refusal(text) => {
            out.string("type", "refusal").string("refusal", text);
        }
        PartKind::Image(Image { source, detail }) => {
            let url = match source {
                Source::Base64 { media_type, data } => data_url(media_type, data),
                Source::Url(url) => url.clone(),
                Source::FileId(_) | Source::Text { .. } => {
                    to.refuse(path, "an image by its file id")?;
                    return Ok(None);
                }
            };
            let mut image = ObjectWriter::new();
            image.string("url", &url).maybe_string("detail", detail.as_deref());
            out.string("type", "image_url").raw("image_url", &image.finish());
        }
        PartKind::File(file) => {
            // Text is read as text everywhere; as a file only by a few.
            if let Source::Text { text, .. } = &file.source {
                to.lose_if(file.name.is_some(), path, "title");
                out.string("type", "text").string("text", text);
            } else if let Some(file) = encode_file(file, path, to)? {
                out.string("type", "file").raw("file", &file);
            } else {
                return Ok(None);
            }
        }
        PartKind::Audio { data, format } => {
            let mut audio = ObjectWriter::new();
            audio.string("data", data).string("format", format);
            out.string("type", "input_audio").raw("input_audio", &audio.finish());
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
    write_cache(part.cache.as_ref(), &mut out, path, to);
    part.extra.write(OWNER, &mut out, path, &mut to.loss);
    Ok(Some(out.finish()))
}

fn encode_file(file: &File, path: &str, to: &mut Encoding) -> Result<Option<String>, BadRequest> {
    let mut out = ObjectWriter::new();
    match &file.source {
        Source::Base64 { media_type, data } => {
            out.string("file_data", &data_url(media_type, data));
        }
        // An id means something to the provider that gave it only.
        Source::FileId(id) if to.from == OWNER => {
            out.string("file_id", id);
        }
        Source::FileId(_) => {
            to.refuse(path, "a document by its file id")?;
            return Ok(None);
        }
        Source::Url(_) | Source::Text { .. } => {
            to.refuse(path, "a document by its URL")?;
            return Ok(None);
        }
    }
    match &file.name {
        Some(name) if to.from == OWNER || name.contains('.') => out.string("filename", name),
        None if to.from == OWNER => &mut out,
        // A name is required, and its ending tells what it is.
        name => out.string("filename", &format!("{}.pdf", name.as_deref().unwrap_or("document"))),
    };
    Ok(Some(out.finish()))
}

/// Parts of a string or an array; `None` if it is neither.
pub(in super::super) fn content(raw: &RawValue) -> Option<Content> {
    if let Some(text) = json::string(raw) {
        return Some(Content { parts: vec![Part::text(text)], notation: Notation::Text });
    }
    let parts = json::elements(raw)?.into_iter().map(decode).collect();
    Some(Content { parts, notation: Notation::Parts })
}
