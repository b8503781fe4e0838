//! Sources of a text: chat's `annotations` know web pages only.

use serde_json::{Value, json};

use crate::canonical::Opaque;

/// A citation as an annotation of the characters `start..end`; `None` if it cites something other than a page.
/// `index` numbers the entries of a streamed list.
pub(in super::super) fn annotation(
    citation: &Opaque,
    start: u64,
    end: u64,
    index: Option<u64>,
) -> Option<String> {
    let value: Value = serde_json::from_str(citation.raw.get()).ok()?;
    let url = value.get("url")?.as_str()?;
    // A citation that says where it stands is more exact than the text it came with.
    let offset = |key: &str| value.get(key).and_then(Value::as_u64).map(|at| start.saturating_add(at));
    let (start, end) = (offset("start_index").unwrap_or(start), offset("end_index").unwrap_or(end));
    let title = value.get("title").and_then(Value::as_str).unwrap_or_default();
    let mut annotation = json!({
        "type": "url_citation",
        "url_citation": {"start_index": start, "end_index": end, "title": title, "url": url},
    });
    if let Some(index) = index {
        annotation["index"] = json!(index);
    }
    Some(annotation.to_string())
}
