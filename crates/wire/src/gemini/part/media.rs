//! `inlineData` and `fileData`: images, sound, documents.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::spelling::{self, Spelling, flag, is_flagged, note_text, noted_text};
use crate::base64::{self, Changed};
use crate::canonical::{Encoding, Extra, File, Image, PartKind, Source};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter};

/// `None` for what no other format knows, which is kept whole.
pub(super) fn decode_inline(raw: &RawValue, spelling: &mut Spelling, extra: &mut Extra) -> Option<PartKind> {
    let mut blob = json::members(raw)?;
    let media_type: String = spelling.take_as(&mut blob, "mimeType")?;
    let (data, changed) = base64::standard(blob.take_as("data")?);
    if changed.alphabet {
        flag(extra, "base64url");
    }
    if changed.filling {
        flag(extra, "unfilled");
    }
    let kind = match media_type.split_once('/')?.0 {
        "image" => PartKind::Image(Image { source: Source::Base64 { media_type, data }, detail: None }),
        "audio" => {
            note_text(extra, "mimeType", &media_type);
            let format = match media_type.split_once('/')?.1 {
                "mpeg" | "mp3" => "mp3",
                "wav" | "x-wav" | "wave" => "wav",
                other => other,
            };
            PartKind::Audio { format: format.to_owned(), data }
        }
        "video" => return None,
        _ => {
            let name = spelling.take_as(&mut blob, "displayName");
            PartKind::File(File { source: Source::Base64 { media_type, data }, name })
        }
    };
    extra.add("inlineData", OWNER, blob);
    Some(kind)
}

pub(super) fn decode_file(raw: &RawValue, spelling: &mut Spelling, extra: &mut Extra) -> Option<PartKind> {
    let mut file = json::members(raw)?;
    let uri: String = spelling.take_as(&mut file, "fileUri")?;
    let media_type: String = spelling.take_as(&mut file, "mimeType")?;
    // What is kept at Google means nothing to others.
    let is_kept = uri.starts_with("gs://") || uri.contains("generativelanguage.googleapis.com/");
    let source = match uri.split_once("://")?.0 {
        _ if is_kept => Source::FileId(uri),
        "http" | "https" => Source::Url(uri),
        _ => return None,
    };
    note_text(extra, "mimeType", &media_type);
    let kind = match media_type.split_once('/')?.0 {
        "image" => PartKind::Image(Image { source, detail: None }),
        "audio" | "video" => return None,
        _ => {
            let name = spelling.take_as(&mut file, "displayName");
            PartKind::File(File { source, name })
        }
    };
    extra.add("fileData", OWNER, file);
    Some(kind)
}

/// Writes an image or a file as a member of a part. False if it was dropped.
pub(super) fn encode(
    source: &Source,
    name: Option<&str>,
    extra: &Extra,
    path: &str,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<bool, BadRequest> {
    match source {
        Source::Base64 { media_type, data } => encode_inline(media_type, data, name, extra, out),
        Source::Url(uri) if to.from != OWNER && !uri.starts_with("https://") => {
            to.refuse(path, "a file by an address that is not https")?;
            return Ok(false);
        }
        // An id means something to the provider that gave it only.
        Source::FileId(_) if to.from != OWNER => {
            to.refuse(path, "a file by its id")?;
            return Ok(false);
        }
        // Google fetches public addresses for its newer models.
        Source::Url(uri) | Source::FileId(uri) => {
            let media_type = noted_text(extra, "mimeType");
            let media_type = media_type.as_deref().or_else(|| media_type_of(uri));
            let mut file = ObjectWriter::new();
            file.maybe_string(&spelling::name("mimeType", extra), media_type)
                .string(&spelling::name("fileUri", extra), uri)
                .maybe_string(&spelling::name("displayName", extra), name.filter(|_| to.from == OWNER));
            extra.write_nested(OWNER, "fileData", &mut file);
            out.raw(&spelling::name("fileData", extra), &file.finish());
        }
        Source::Text { text, .. } => {
            to.lose_if(name.is_some(), path, "title");
            out.string("text", text);
        }
    }
    Ok(true)
}

pub(super) fn encode_audio(data: &str, format: &str, extra: &Extra, out: &mut ObjectWriter) {
    let noted = noted_text(extra, "mimeType");
    let media_type = noted.map_or_else(|| format!("audio/{format}"), String::from);
    encode_inline(&media_type, data, None, extra, out);
}

fn encode_inline(media_type: &str, data: &str, name: Option<&str>, extra: &Extra, out: &mut ObjectWriter) {
    let changed =
        Changed { alphabet: is_flagged(extra, "base64url"), filling: is_flagged(extra, "unfilled") };
    let mut blob = ObjectWriter::new();
    blob.string(&spelling::name("mimeType", extra), media_type);
    if changed == Changed::default() {
        blob.string("data", data);
    } else {
        blob.string("data", &base64::restored(data, changed));
    }
    // Google's own interface has no place for names; the one of its cloud does.
    blob.maybe_string(&spelling::name("displayName", extra), name);
    extra.write_nested(OWNER, "inlineData", &mut blob);
    out.raw(&spelling::name("inlineData", extra), &blob.finish());
}

/// Other formats leave the type to the server of the address.
fn media_type_of(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next()?;
    let ending = path.rsplit_once('.')?.1.to_ascii_lowercase();
    Some(match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "pdf" => "application/pdf",
        "txt" | "md" => "text/plain",
        _ => return None,
    })
}
