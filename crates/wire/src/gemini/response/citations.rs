//! Sources of a text: here they are metadata of the candidate, with the spans of text that each supports.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::OWNER;
use crate::canonical::Opaque;

/// The pages that a candidate is grounded in, each as an address and a title.
pub(in super::super) fn from_grounding(raw: &RawValue) -> Vec<Opaque> {
    let Ok(grounding) = serde_json::from_str::<Value>(raw.get()) else { return Vec::new() };
    let chunks = grounding.get("groundingChunks").and_then(Value::as_array);
    let pages = chunks.into_iter().flatten().filter_map(|chunk| chunk.get("web"));
    pages
        .filter_map(|page| {
            let url = page.get("uri")?.as_str()?;
            let title = page.get("title").and_then(Value::as_str).unwrap_or_default();
            let raw = serde_json::value::to_raw_value(&json!({"url": url, "title": title})).ok()?;
            Some(Opaque { owner: OWNER, kind: "groundingMetadata".to_owned(), raw })
        })
        .collect()
}

/// A source, and the span of the text it supports: here positions are counted in bytes.
pub(in super::super) struct Support<'a> {
    pub citation: &'a Opaque,
    pub start: u64,
    pub end: u64,
}

/// Other formats' citations of pages as metadata; `None` if there are none. What cites something else is given to `lost`.
pub(in super::super) fn to_grounding<'a>(
    supports: impl Iterator<Item = Support<'a>>,
    mut lost: impl FnMut(&Opaque),
) -> Option<String> {
    let (mut chunks, mut spans) = (Vec::new(), Vec::new());
    for Support { citation, start, end } in supports {
        let value: Value = serde_json::from_str(citation.raw.get()).unwrap_or_default();
        let Some(url) = value.get("url").and_then(Value::as_str) else {
            lost(citation);
            continue;
        };
        let title = value.get("title").and_then(Value::as_str).unwrap_or_default();
        let span = json!({"startIndex": start, "endIndex": end});
        spans.push(json!({"segment": span, "groundingChunkIndices": [chunks.len()]}));
        chunks.push(json!({"web": {"uri": url, "title": title}}));
    }
    (!chunks.is_empty()).then(|| json!({"groundingChunks": chunks, "groundingSupports": spans}).to_string())
}
