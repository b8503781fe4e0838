//! Sources of a text: here a list beside the content, each with the place of what it supports and the documents or
//! tools' results that support it.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::super::OWNER;
use super::decode::PLAN;
use crate::canonical::{Opaque, Part, PartKind};

/// Gives the citations to the parts they are about. How they were written is noted elsewhere.
pub(super) fn attach(citations: &[&RawValue], parts: &mut [Part]) {
    for raw in citations {
        let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
        let is_plan = |part: &Part| part.extra.noted(OWNER, PLAN).is_some();
        let is_text = |part: &Part| matches!(part.kind, PartKind::Text { .. }) && !is_plan(part);
        let at = match value.get("type").and_then(Value::as_str) {
            Some("PLAN") => parts.iter().position(is_plan),
            kind => match value.get("content_index").and_then(Value::as_u64) {
                Some(index) => usize::try_from(index).ok().filter(|at| *at < parts.len()),
                None if kind == Some("THINKING_CONTENT") => {
                    parts.iter().position(|part| matches!(part.kind, PartKind::Thinking { .. }))
                }
                None => None,
            },
        };
        let Some(at) = at.or_else(|| parts.iter().position(is_text)).or_else(|| parts.len().checked_sub(1))
        else {
            continue;
        };
        match &mut parts[at].kind {
            PartKind::Text { citations, .. } => {
                citations.get_or_insert_default().extend(to_others(raw));
            }
            // Nobody has a place for them there.
            _ => parts[at].extra.0.push(opaque("citations/0", raw)),
        }
    }
}

/// A citation as others know them: pages, one for each source that has an address; the citation itself if none has.
pub(in super::super) fn to_others(raw: &RawValue) -> Vec<Opaque> {
    let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let sources = value.get("sources").and_then(Value::as_array).into_iter().flatten();
    let pages = sources.filter_map(|source| {
        let document = source.get("document").or_else(|| source.get("tool_output"))?;
        let url = document.get("url")?.as_str()?;
        let title = document.get("title").and_then(Value::as_str).unwrap_or_default();
        let mut page = json!({"url": url, "title": title});
        for (name, member) in [("start_index", "start"), ("end_index", "end")] {
            if let Some(at) = value.get(member).and_then(Value::as_u64) {
                page[name] = json!(at);
            }
        }
        Some(opaque("citations", &to_raw_value(&page).ok()?))
    });
    let pages: Vec<Opaque> = pages.collect();
    if pages.is_empty() { vec![opaque("citations", raw)] } else { pages }
}

fn opaque(kind: &str, raw: &RawValue) -> Opaque {
    Opaque { owner: OWNER, kind: kind.to_owned(), raw: raw.to_owned() }
}

/// Another format's citation of a page, as a document. `text` is what it is about, at `start` of the content part with
/// that index. `None` if it cites something other than a page.
pub(in super::super) fn from_other(
    citation: &Opaque,
    text: &str,
    start: u64,
    content_index: u64,
) -> Option<String> {
    let value: Value = serde_json::from_str(citation.raw.get()).ok()?;
    let page = value.get("url_citation").unwrap_or(&value);
    let url = page.get("url")?.as_str()?;
    let offset = |key: &str| page.get(key).and_then(Value::as_u64);
    // A citation that says where it stands is more exact than the text it came with.
    let length = text.chars().count() as u64;
    let end = offset("end_index").unwrap_or(length).min(length);
    let first = offset("start_index").unwrap_or(0).min(end);
    let cited: String = text.chars().skip(first as usize).take((end - first) as usize).collect();
    let mut document = json!({"id": url, "url": url});
    if let Some(title) = page.get("title").and_then(Value::as_str) {
        document["title"] = json!(title);
    }
    let citation = json!({
        "start": start.saturating_add(first),
        "end": start.saturating_add(end),
        "text": cited,
        "sources": [{"type": "document", "id": url, "document": document}],
        "content_index": content_index,
        "type": "TEXT_CONTENT",
    });
    Some(citation.to_string())
}
