//! Sources of a text. Pages are known everywhere, by an address and a title; what else is cited here, such as a span of
//! a document, stays in this format's words.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::OWNER;
use crate::canonical::Opaque;

/// A citation, as an address and a title if it is one of a page. Its own encoder has it as it was.
pub(in super::super) fn decode(raw: &RawValue, kind: String) -> Opaque {
    Opaque { owner: OWNER, kind, raw: page(raw).unwrap_or_else(|| raw.to_owned()) }
}

fn page(raw: &RawValue) -> Option<Box<RawValue>> {
    let citation: Value = serde_json::from_str(raw.get()).ok()?;
    let web = citation.pointer("/location/web/url");
    // Results of searches may name pages, too.
    let source = citation.get("source").filter(|source| {
        source.as_str().is_some_and(|source| source.starts_with("https://") || source.starts_with("http://"))
    });
    let url = web.or(source)?.as_str()?;
    let title = citation.get("title").and_then(Value::as_str).unwrap_or_default();
    serde_json::value::to_raw_value(&json!({"url": url, "title": title})).ok()
}

/// Another format's citation of a page; `None` if it cites something else.
pub(in super::super) fn encode(citation: &Opaque) -> Option<String> {
    let value: Value = serde_json::from_str(citation.raw.get()).ok()?;
    let url = value.get("url")?.as_str()?;
    let mut out = json!({"location": {"web": {"url": url}}});
    if let Some(title) = value.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()) {
        out["title"] = json!(title);
    }
    Some(out.to_string())
}
