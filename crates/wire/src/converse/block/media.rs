//! Images, documents and sound. Bytes come with a format's short name in place of a media type; what lies in a bucket is
//! named by its address there.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::super::OWNER;
use super::decode::nothing_left;
use crate::base64;
use crate::canonical::{Encoding, Extra, File, Image, Opaque, PartKind, Source};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter};

/// Documents' formats and their media types.
const DOCUMENTS: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("html", "text/html"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
];

const SOUNDS: &[&str] = &[
    "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm",
    "webm",
];

/// The longest name of a document.
const MAX_NAME_CHARS: usize = 200;

pub(super) fn image(raw: &RawValue, extra: &mut Extra) -> Option<PartKind> {
    let mut image = json::members(raw)?;
    let format: String = image.take_as("format")?;
    let media_type = format!("image/{format}");
    let source = match source(image.take("source")?)? {
        Found::Bytes(data) => Source::Base64 { media_type, data },
        Found::Kept(uri, raw) => {
            extra.note(OWNER, "s3Location", raw);
            extra.note(OWNER, "format", &text(&format)?);
            Source::FileId(uri)
        }
        Found::Text(_) => return None,
    };
    extra.add("image", OWNER, image);
    Some(PartKind::Image(Image { source, detail: None }))
}

pub(super) fn document(raw: &RawValue, extra: &mut Extra) -> Option<PartKind> {
    let mut document = json::members(raw)?;
    let format: Option<String> = document.take_as("format");
    let known = DOCUMENTS.iter().find(|(known, _)| Some(*known) == format.as_deref());
    let media_type = known.map_or("text/plain", |(_, media_type)| media_type).to_owned();
    if let Some(format) = &format {
        extra.note(OWNER, "format", &text(format)?);
    }
    let source = match source(document.take("source")?)? {
        Found::Bytes(data) if known.is_some() => Source::Base64 { media_type, data },
        Found::Bytes(_) => return None,
        Found::Kept(uri, raw) => {
            extra.note(OWNER, "s3Location", raw);
            Source::FileId(uri)
        }
        Found::Text(text) => Source::Text { media_type, text },
    };
    let name = document.take_as("name");
    extra.add("document", OWNER, document);
    Some(PartKind::File(File { source, name }))
}

pub(super) fn audio(raw: &RawValue) -> Option<PartKind> {
    let mut audio = json::members(raw)?;
    let format = audio.take_as("format")?;
    let Found::Bytes(data) = source(audio.take("source")?)? else { return None };
    nothing_left(&audio).map(|()| PartKind::Audio { data, format })
}

enum Found<'a> {
    Bytes(String),
    /// In a bucket: its address, and the whole location.
    Kept(String, &'a RawValue),
    Text(String),
}

fn source(raw: &RawValue) -> Option<Found<'_>> {
    let mut source = json::members(raw)?;
    let found = match source.0.first()?.0.clone().as_ref() {
        "bytes" => Found::Bytes(source.take_as("bytes")?),
        "s3Location" => {
            let location = source.take("s3Location")?;
            Found::Kept(json::members(location)?.text("uri")?.into_owned(), location)
        }
        "text" => Found::Text(source.take_as("text")?),
        _ => return None,
    };
    nothing_left(&source).map(|()| found)
}

fn text(text: &str) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(text).ok()
}

/// Writes the member `image`. False if it was dropped.
pub(super) fn encode_image(
    image: &Image,
    extra: &Extra,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<bool, BadRequest> {
    let Image { source, detail } = image;
    to.lose_if(detail.as_deref().is_some_and(|detail| detail != "auto"), path, "image_url.detail");
    let mut inner = ObjectWriter::new();
    match source {
        Source::Base64 { media_type, data } => {
            let format = match media_type.to_ascii_lowercase().strip_prefix("image/") {
                Some("jpg") => Some("jpeg".to_owned()),
                Some(format) if to.from == OWNER || ["png", "jpeg", "gif", "webp"].contains(&format) => {
                    Some(format.to_owned())
                }
                _ => None,
            };
            let Some(format) = format else {
                to.refuse(path, &format!("an image of type `{media_type}`"))?;
                return Ok(false);
            };
            inner.string("format", &format).raw("source", &bytes(data));
        }
        Source::FileId(_) if to.from == OWNER => {
            inner.maybe_raw("format", extra.noted(OWNER, "format"));
            inner.raw("source", &kept(extra));
        }
        // An id means something to the provider that gave it only.
        Source::FileId(_) => {
            to.refuse(path, "an image by its file id")?;
            return Ok(false);
        }
        // Bedrock fetches nothing but what lies in a bucket of AWS's.
        Source::Url(_) | Source::Text { .. } => {
            to.refuse(path, "an image by its address")?;
            return Ok(false);
        }
    }
    extra.write_nested(OWNER, "image", &mut inner);
    out.raw("image", &inner.finish());
    Ok(true)
}

/// Writes the member `document`; `names` are those the request has used. False if it was dropped.
pub(super) fn encode_document(
    file: &File,
    extra: &Extra,
    names: &mut HashSet<String>,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<bool, BadRequest> {
    let File { source, name } = file;
    let mut inner = ObjectWriter::new();
    if to.from == OWNER {
        inner.maybe_raw("format", extra.noted(OWNER, "format"));
        inner.maybe_string("name", name.as_deref());
        inner.raw(
            "source",
            &match source {
                Source::Base64 { data, .. } => bytes(data),
                Source::Text { text, .. } => {
                    let mut source = ObjectWriter::new();
                    source.string("text", text);
                    source.finish()
                }
                Source::FileId(_) | Source::Url(_) => kept(extra),
            },
        );
        extra.write_nested(OWNER, "document", &mut inner);
        out.raw("document", &inner.finish());
        return Ok(true);
    }
    let (media_type, data) = match source {
        Source::Base64 { media_type, data } => (media_type, data.clone()),
        // As a file it is taken by every model that takes files.
        Source::Text { media_type, text } => (media_type, base64::encode(text.as_bytes())),
        Source::Url(_) => {
            to.refuse(path, "a document by its address")?;
            return Ok(false);
        }
        Source::FileId(_) => {
            to.refuse(path, "a document by its file id")?;
            return Ok(false);
        }
    };
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some((format, _)) = DOCUMENTS.iter().find(|(_, known)| *known == bare) else {
        to.refuse(path, &format!("a document of type `{media_type}`"))?;
        return Ok(false);
    };
    let given = name.as_deref().map(|name| name.strip_suffix(&format!(".{format}")).unwrap_or(name));
    let name = unused(&permitted(given.unwrap_or_default()), names);
    to.lose_if(given.is_some_and(|given| given != name), path, "title");
    inner.string("format", format).string("name", &name).raw("source", &bytes(&data));
    for member in extra.0.iter().filter(|member| is_shared(member)) {
        inner.raw(&member.kind, member.raw.get());
    }
    out.raw("document", &inner.finish());
    Ok(true)
}

/// What others say of a document in this format's own words.
pub(super) fn is_shared(member: &Opaque) -> bool {
    match member.kind.as_str() {
        "context" => json::string(&member.raw).is_some(),
        "citations" => json::members(&member.raw).is_some_and(|setting| setting.get("enabled").is_some()),
        _ => false,
    }
}

/// Writes the member `audio`. False if it was dropped.
pub(super) fn encode_audio(
    data: &str,
    format: &str,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<bool, BadRequest> {
    if to.from != OWNER && !SOUNDS.contains(&format) {
        to.refuse(path, &format!("audio of type `{format}`"))?;
        return Ok(false);
    }
    let mut inner = ObjectWriter::new();
    inner.string("format", format).raw("source", &bytes(data));
    out.raw("audio", &inner.finish());
    Ok(true)
}

fn bytes(data: &str) -> String {
    let mut source = ObjectWriter::new();
    source.string("bytes", data);
    source.finish()
}

/// A location as it was.
fn kept(extra: &Extra) -> String {
    let mut source = ObjectWriter::new();
    source.maybe_raw("s3Location", extra.noted(OWNER, "s3Location"));
    source.finish()
}

/// The name in letters, digits, single spaces, hyphens and brackets, which is all that the provider takes.
fn permitted(name: &str) -> String {
    let fine = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "-()[]".contains(c);
    let replaced: String = name.chars().map(|c| if fine(c) { c } else { '-' }).collect();
    let name: String =
        replaced.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_NAME_CHARS - 10).collect();
    if name.trim().is_empty() { "document".to_owned() } else { name.trim().to_owned() }
}

/// No two documents of a request may have one name.
fn unused(name: &str, names: &mut HashSet<String>) -> String {
    let mut unused = name.to_owned();
    let mut count = 1;
    while !names.insert(unused.clone()) {
        count += 1;
        unused = format!("{name} ({count})");
    }
    unused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_is_permitted_and_differ() {
        for (given, expected) in [
            ("Q3 report (final) [v2]", "Q3 report (final) [v2]"),
            ("a_b.c/d", "a-b-c-d"),
            ("  too \t many\nspaces ", "too many spaces"),
            ("Übersicht", "-bersicht"),
            ("", "document"),
        ] {
            assert_eq!(permitted(given), expected);
        }
        assert!(permitted(&"x".repeat(500)).len() < MAX_NAME_CHARS);
        let mut names = HashSet::new();
        let used: Vec<String> = (0..3).map(|_| unused("document", &mut names)).collect();
        assert_eq!(used, ["document", "document (2)", "document (3)"]);
    }
}
