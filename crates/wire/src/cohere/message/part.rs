//! Content parts: `text`, `image_url`, `thinking`, and the `document` of a tool's result.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::decode::{FOREIGN_CALL, shown};
use crate::canonical::{Encoding, Extra, Image, Opaque, Part, PartKind, Source};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter};

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
    let mut extra = Extra::default();
    let kind = match members.take_as::<String>("type")?.as_str() {
        "text" => PartKind::Text { text: members.take_as("text")?, citations: None },
        "thinking" => PartKind::Thinking { text: members.take_as("thinking")?, signature: None },
        "image_url" => {
            let mut image = json::members(members.take("image_url")?)?;
            let source = source(image.take_as("url")?);
            let kind = PartKind::Image(Image { source, detail: image.take_as("detail") });
            if !image.0.is_empty() {
                return None;
            }
            kind
        }
        // What a tool found. Others know results as text.
        "document" => {
            let raw = members.take("document")?;
            let mut document = json::members(raw)?;
            let text = shown(document.take("data")?);
            extra.note(OWNER, "document", raw);
            extra.add("document", OWNER, document);
            PartKind::Text { text, citations: None }
        }
        _ => return None,
    };
    extra.add("", OWNER, members);
    Some(Part { kind, cache: None, extra })
}

fn source(url: String) -> Source {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media_type, data)) => {
            Source::Base64 { media_type: media_type.to_owned(), data: data.to_owned() }
        }
        None => Source::Url(url),
    }
}

/// A content part as JSON. `None` if it was dropped.
pub(in super::super) fn encode(
    part: &Part,
    path: &str,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let mut out = ObjectWriter::new();
    match &part.kind {
        PartKind::Text { text, citations } => {
            if let Some(document) = part.extra.noted(OWNER, "document") {
                out.string("type", "document").raw("document", document.get());
            } else {
                out.string("type", "text").string("text", text);
            }
            // They stand beside the content, and in replies only.
            for citation in citations.iter().flatten().filter(|_| !to.is_reply && to.from != OWNER) {
                citation.report(path, &mut to.loss);
            }
        }
        PartKind::Refusal(text) => {
            out.string("type", "text").string("text", text);
        }
        PartKind::Thinking { text, signature } => {
            to.lose_if(signature.as_ref().is_some_and(|text| !text.is_empty()), path, "signature");
            out.string("type", "thinking").string("thinking", text);
        }
        PartKind::Image(Image { source, detail }) => {
            let url = match source {
                Source::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
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
        PartKind::File(file) => match &file.source {
            Source::Text { text, .. } => {
                to.lose_if(file.name.is_some(), path, "title");
                out.string("type", "text").string("text", text);
            }
            Source::Base64 { .. } | Source::Url(_) | Source::FileId(_) => {
                to.refuse(path, "a document other than text")?;
                return Ok(None);
            }
        },
        PartKind::Audio { .. } => {
            to.refuse(path, "audio input")?;
            return Ok(None);
        }
        PartKind::Opaque(opaque) if opaque.owner == OWNER => return Ok(Some(opaque.raw.get().to_owned())),
        PartKind::Opaque(opaque) => {
            to.refuse(path, &format!("content of type `{}`", opaque.kind))?;
            return Ok(None);
        }
        PartKind::RedactedThinking(_) | PartKind::ToolCall(_) | PartKind::ToolResult(_) => {
            to.refuse(path, "this kind of content at this place")?;
            return Ok(None);
        }
    }
    if let Some(cache) = &part.cache {
        to.lose(path, &cache.member);
    }
    part.extra.write(OWNER, &mut out, path, &mut to.loss);
    Ok(Some(out.finish()))
}
