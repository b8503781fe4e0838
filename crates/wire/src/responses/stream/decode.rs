//! Events of this format into canonical ones.
//!
//! Every text comes twice or more often: in deltas, when it is done, with its part, with its item and with the response.
//! The deltas count; what a provider did not send in deltas is taken from the item.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::item::{REDACTED, SIGNATURE};
use super::super::{OWNER, logprobs, names, read, response, usage};
use crate::canonical::signature::of_call;
use crate::canonical::{Event, Logprobs, Opaque, StreamDecoder};
use crate::json::{self, Members, quote};
use crate::openai::logprobs::tokens;
use crate::sse;

#[derive(Default)]
pub(in super::super) struct ResponsesDecoder {
    started: bool,
    items: Vec<Entry>,
    /// Characters of the text being streamed.
    chars: u64,
    /// Something has been said: what the next item says is a new paragraph.
    has_text: bool,
    has_calls: bool,
    /// Of the text that comes next.
    logprobs: Option<Logprobs>,
    /// Google's, of the call that comes next.
    signature: Option<String>,
}

/// What must be known of an item that has begun.
#[derive(Default)]
struct Entry {
    index: u64,
    /// Something of its content has come in deltas.
    has_deltas: bool,
    /// Reasoning is told as a summary or as it was; whichever comes first is taken.
    reasoning: Option<&'static str>,
    /// The part that the last delta belonged to.
    part: Option<u64>,
    is_done: bool,
}

const SUMMARY: &str = "response.reasoning_summary_text.delta";
const THOUGHT: &str = "response.reasoning_text.delta";

impl StreamDecoder for ResponsesDecoder {
    fn event(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), String> {
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            return Ok(());
        }
        if event.name == "error" {
            out.push(Event::Error);
            return Ok(());
        }
        let text = std::str::from_utf8(data).map_err(|_| "an event is not UTF-8".to_owned())?;
        let members =
            Members::parse(text).map_err(|error| format!("an event is not a JSON object: {error}"))?;
        // As the watcher knows it.
        let kind = match event.name {
            "" => members.text("type").unwrap_or_default(),
            name => Cow::Borrowed(name),
        };
        let number = |key: &str| members.get(key).and_then(|raw| raw.get().parse::<u64>().ok());
        let index = number("output_index").unwrap_or(0);
        match kind.as_ref() {
            "response.created" | "response.in_progress" | "response.queued" => self.start(&members, out),
            "response.output_item.added" => {
                if let Some(item) = members.get("item").and_then(json::members) {
                    self.add(index, &item, out);
                }
            }
            "response.output_item.done" => {
                if let Some(raw) = members.get("item") {
                    self.done(index, raw, out);
                }
            }
            "response.output_text.annotation.added" => {
                if let Some(raw) = members.get("annotation") {
                    let kind = format!("output[{index}].annotations");
                    let citation = Opaque { owner: OWNER, kind, raw: raw.to_owned() };
                    out.push(Event::Citation { choice: 0, chars: self.chars, citation });
                }
            }
            "response.completed" | "response.incomplete" => self.end(&members, out),
            "response.failed" | "error" => out.push(Event::Error),
            delta if delta.rsplit('.').next() == Some("delta") => {
                if let Some(text) = members.text("delta").filter(|text| !text.is_empty()) {
                    self.logprobs = members.get(logprobs::MEMBER).and_then(read_logprobs);
                    let part = number("content_index").or_else(|| number("summary_index")).unwrap_or(0);
                    self.delta(delta, index, part, text.into_owned(), out);
                }
            }
            _ if members.get("error").is_some() => out.push(Event::Error),
            // What repeats the deltas, and what the format may still come up with.
            _ => {}
        }
        Ok(())
    }
}

impl ResponsesDecoder {
    fn start(&mut self, event: &Members<'_>, out: &mut Vec<Event>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let response = event.get("response").and_then(json::members).unwrap_or_default();
        let text = |key: &str| response.text(key).filter(|text| !text.is_empty()).map(String::from);
        out.push(Event::Start { id: text("id"), model: text("model") });
    }

    fn entry(&mut self, index: u64) -> &mut Entry {
        let at = if let Some(at) = self.items.iter().position(|entry| entry.index == index) {
            at
        } else {
            self.items.push(Entry { index, ..Entry::default() });
            self.items.len() - 1
        };
        &mut self.items[at]
    }

    fn add(&mut self, index: u64, item: &Members<'_>, out: &mut Vec<Event>) {
        let kind = item.text("type").unwrap_or_default().into_owned();
        if self.items.iter().any(|entry| entry.index == index) {
            return;
        }
        self.entry(index);
        if !is_call(&kind) {
            return;
        }
        self.has_calls = true;
        let text = |key: &str| item.text(key).map(String::from).filter(|text| !text.is_empty());
        let id = text("call_id").or_else(|| text("id")).unwrap_or_else(|| format!("call_{index}"));
        let name = names::flat(text("namespace").as_deref(), &text("name").unwrap_or_default());
        let signature = self.signature.take();
        out.push(Event::ToolCall { choice: 0, slot: index, id, name, signature });
    }

    fn delta(&mut self, kind: &str, index: u64, part: u64, text: String, out: &mut Vec<Event>) {
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                let is_refusal = kind == "response.refusal.delta";
                self.prose(index, part, text, is_refusal, out);
            }
            SUMMARY => self.thought(SUMMARY, index, part, text, out),
            THOUGHT => self.thought(THOUGHT, index, part, text, out),
            "response.function_call_arguments.delta" => {
                self.entry(index).has_deltas = true;
                out.push(Event::Arguments { choice: 0, slot: index, fragment: text });
            }
            "response.custom_tool_call_input.delta" => self.input(index, &text, out),
            // Deltas of what the provider's own tools do.
            _ => {}
        }
    }

    fn prose(&mut self, index: u64, part: u64, text: String, is_refusal: bool, out: &mut Vec<Event>) {
        let entry = self.entry(index);
        let is_new_item = !std::mem::replace(&mut entry.has_deltas, true);
        if entry.part.replace(part) != Some(part) {
            self.chars = 0;
        }
        if is_new_item && self.has_text && !is_refusal {
            out.push(Event::Text { choice: 0, text: "\n\n".to_owned() });
        }
        self.chars += text.chars().count() as u64;
        self.has_text = true;
        out.extend(self.logprobs.take().map(|logprobs| Event::Logprobs { choice: 0, logprobs }));
        out.push(if is_refusal {
            Event::Refusal { choice: 0, text }
        } else {
            Event::Text { choice: 0, text }
        });
    }

    fn thought(&mut self, kind: &'static str, index: u64, part: u64, text: String, out: &mut Vec<Event>) {
        let entry = self.entry(index);
        if *entry.reasoning.get_or_insert(kind) != kind {
            return;
        }
        let is_new = entry.part.replace(part).is_some_and(|before| before != part);
        entry.has_deltas = true;
        if is_new {
            out.push(Event::Thinking { choice: 0, text: "\n\n".to_owned() });
        }
        out.push(Event::Thinking { choice: 0, text });
    }

    /// Text for a tool, as the one argument of a function.
    fn input(&mut self, index: u64, text: &str, out: &mut Vec<Event>) {
        let entry = self.entry(index);
        let is_first = !std::mem::replace(&mut entry.has_deltas, true);
        let quoted = quote(text);
        let escaped = &quoted[1..quoted.len() - 1];
        let fragment = if is_first {
            format!("{}{escaped}", names::wrap("").trim_end_matches("\"}"))
        } else {
            escaped.to_owned()
        };
        out.push(Event::Arguments { choice: 0, slot: index, fragment });
    }

    /// The whole item, of which some providers send nothing else.
    fn done(&mut self, index: u64, raw: &RawValue, out: &mut Vec<Event>) {
        let Some(item) = json::members(raw) else { return };
        self.add(index, &item, out);
        let kind = item.text("type").unwrap_or_default().into_owned();
        let entry = self.entry(index);
        if std::mem::replace(&mut entry.is_done, true) {
            return;
        }
        let had_deltas = entry.has_deltas;
        let text = |key: &str| item.text(key).unwrap_or_default().into_owned();
        match kind.as_str() {
            "message" if !had_deltas => {
                for (part, raw) in
                    item.get("content").and_then(json::elements).unwrap_or_default().iter().enumerate()
                {
                    let Some(content) = json::members(raw) else { continue };
                    let refusal = content.text("refusal");
                    let is_refusal = refusal.is_some();
                    let said = refusal.or_else(|| content.text("text")).unwrap_or_default().into_owned();
                    if !said.is_empty() {
                        self.logprobs = content.get(logprobs::MEMBER).and_then(read_logprobs);
                        self.prose(index, part as u64, said, is_refusal, out);
                    }
                }
            }
            "function_call" if !had_deltas => {
                out.push(Event::Arguments { choice: 0, slot: index, fragment: text("arguments") });
            }
            "custom_tool_call" if !had_deltas => {
                out.push(Event::Arguments { choice: 0, slot: index, fragment: names::wrap(&text("input")) });
            }
            "custom_tool_call" => {
                out.push(Event::Arguments { choice: 0, slot: index, fragment: "\"}".to_owned() });
            }
            "message" | "function_call" => {}
            "reasoning" => self.signature = reasoning(index, &item, had_deltas, out),
            _ => out.push(Event::Opaque(Opaque {
                owner: OWNER,
                kind: format!("output[{index}].{kind}"),
                raw: raw.to_owned(),
            })),
        }
    }

    fn end(&mut self, event: &Members<'_>, out: &mut Vec<Event>) {
        // Without a response nothing says that it is whole; the watcher takes it for no end, either.
        let Some(response) = event.get("response").and_then(json::members) else {
            out.extend(event.get("error").map(|_| Event::Error));
            return;
        };
        if response.text("status").as_deref() == Some("failed") {
            out.push(Event::Error);
            return;
        }
        self.start(event, out);
        let items = response.get("output").and_then(json::elements).unwrap_or_default();
        for (index, raw) in items.into_iter().enumerate() {
            let index = index as u64;
            if !self.items.iter().any(|entry| entry.index == index && entry.is_done) {
                self.done(index, raw, out);
            }
        }
        if let Some(usage) = usage::of_response(&response) {
            out.push(Event::Usage(usage));
        }
        let reason = read::finish_reason(&response);
        if let Some(finish) = response::finish(reason.as_deref().or(Some("completed")), self.has_calls) {
            out.push(Event::Finish { choice: 0, finish, stop_sequence: None });
        }
        out.push(Event::End);
    }
}

/// `None` if there are none, as usual.
fn read_logprobs(raw: &RawValue) -> Option<Logprobs> {
    let tokens = tokens(raw).filter(|tokens| !tokens.is_empty())?;
    Some(Logprobs { raw: raw.to_owned(), tokens })
}

fn is_call(kind: &str) -> bool {
    matches!(kind, "function_call" | "custom_tool_call")
}

/// What of a thought came with its item only; or the signature of the next call.
fn reasoning(index: u64, item: &Members<'_>, had_deltas: bool, out: &mut Vec<Event>) -> Option<String> {
    let texts = |key: &str| -> Vec<String> {
        let parts = item.get(key).and_then(json::elements).unwrap_or_default();
        parts.into_iter().filter_map(|part| json::members(part)?.text("text").map(String::from)).collect()
    };
    if !had_deltas {
        let mut thoughts = texts("content");
        if thoughts.is_empty() {
            thoughts = texts("summary");
        }
        let text = thoughts.join("\n\n");
        if !text.is_empty() {
            out.push(Event::Thinking { choice: 0, text });
        }
    }
    let raw = item.get("encrypted_content")?;
    let sealed = json::string(raw).unwrap_or_default();
    if let Some(signature) = sealed.strip_prefix(SIGNATURE).and_then(of_call) {
        return Some(signature.to_owned());
    }
    if let Some(signature) = sealed.strip_prefix(SIGNATURE) {
        out.push(Event::Signature { choice: 0, signature: signature.to_owned() });
    } else if let Some(data) = sealed.strip_prefix(REDACTED) {
        out.push(Event::RedactedThinking { choice: 0, data: data.to_owned() });
    } else {
        let kind = format!("output[{index}].encrypted_content");
        out.push(Event::Opaque(Opaque { owner: OWNER, kind, raw: raw.to_owned() }));
    }
    None
}
