//! Images: base64 without a word about what it is the base64 of.

use serde_json::value::RawValue;

use super::OWNER;
use crate::canonical::{Encoding, File, Image, Opaque, Part, PartKind, Source};
use crate::envelope::BadRequest;
use crate::json;

/// The kind under which images are kept that nothing can be said about.
pub(super) const UNKNOWN_IMAGE: &str = "images";

/// How the base64 of each kind of image begins.
const BEGINNINGS: [(&str, &str); 4] =
    [("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp")];

pub(super) fn decode(raw: &RawValue) -> Part {
    let data = json::string(raw);
    let media_type = data.as_deref().and_then(media_type);
    let kind = match (data, media_type) {
        (Some(data), Some(media_type)) => {
            let source = Source::Base64 { media_type: media_type.to_owned(), data: data.into_owned() };
            PartKind::Image(Image { source, detail: None })
        }
        _ => PartKind::Opaque(Opaque { owner: OWNER, kind: UNKNOWN_IMAGE.to_owned(), raw: raw.to_owned() }),
    };
    Part::new(kind)
}

fn media_type(data: &str) -> Option<&'static str> {
    let (_, media_type) = BEGINNINGS.iter().find(|(beginning, _)| data.starts_with(beginning))?;
    // The beginning of a RIFF file: what it holds is said further on, and sound is among it.
    let is_webp = || data.get(12..16) == Some("RUJQ");
    (*media_type != "image/webp" || is_webp()).then_some(media_type)
}

/// An image's data; `None` if it was dropped.
pub(super) fn encode<'i>(
    image: &'i Image,
    path: &str,
    to: &mut Encoding,
) -> Result<Option<&'i str>, BadRequest> {
    let Image { source, detail } = image;
    to.lose_if(detail.as_deref().is_some_and(|detail| detail != "auto"), path, "image_url.detail");
    match source {
        Source::Base64 { media_type: _, data } => Ok(Some(data)),
        Source::Url(_) => to.refuse(path, "an image by its address").map(|()| None),
        Source::FileId(_) | Source::Text { .. } => to.refuse(path, "an image by its file id").map(|()| None),
    }
}

/// A document's text; `None` if it was dropped.
pub(super) fn encode_file<'f>(
    file: &'f File,
    path: &str,
    to: &mut Encoding,
) -> Result<Option<&'f str>, BadRequest> {
    let File { source, name } = file;
    match source {
        Source::Text { media_type: _, text } => {
            to.lose_if(name.is_some(), path, "title");
            Ok(Some(text))
        }
        Source::Base64 { .. } | Source::Url(_) | Source::FileId(_) => {
            to.refuse(path, "a document").map(|()| None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn images_are_told_by_how_they_begin() {
        for (data, expected) in [
            ("iVBORw0KGgoAAAANSUhEUg==", Some("image/png")),
            ("/9j/4AAQSkZJRg==", Some("image/jpeg")),
            ("R0lGODlhAQABAAAAACw=", Some("image/gif")),
            ("UklGRiQAAABXRUJQVlA4", Some("image/webp")),
            ("UklGRiQAAABXQVZFZm10", None),
            ("https://example.com/cat.png", None),
            ("", None),
        ] {
            assert_eq!(media_type(data), expected, "{data}");
        }
    }
}
