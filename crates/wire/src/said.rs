//! What a model said, for whoever wants to read it: the text of a complete response, and a stream put together to such a
//! response.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::canonical::{
    Choice, Content, Encoding, Event, Extra, Finish, Item, Message, Notation, Part, PartKind,
    ReasoningNotation, Response, Role, ToolCall,
};
use crate::format::Format;
use crate::framing::Frames;
use crate::json::Members;
use crate::read;
use crate::sse;
use crate::tap::{Seen, is_whole};
use crate::translate::ReplyContext;
use crate::usage::Usage;

/// Text and calls of a response; of several choices one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub text: String,
    pub calls: Vec<SaidCall>,
}

/// A tool that the model wants called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidCall {
    pub name: String,
    /// JSON as the model wrote it, which need not be valid.
    pub arguments: String,
}

/// What a complete response of that format says; `None` where it is none.
pub fn said(format: Format, body: &[u8]) -> Option<Said> {
    let members = Members::parse(read::response_text(body).ok()?).ok()?;
    let mut response = (format.codec().decode_response)(members).ok()?;
    response.join_items(&mut Encoding::of_reply(format));
    let mut said = Said::default();
    for choice in response.choices {
        for part in choice.message.content.parts {
            match part.kind {
                PartKind::Text { text, .. } | PartKind::Refusal(text) => said.text.push_str(&text),
                PartKind::ToolCall(ToolCall { name, arguments, .. }) => {
                    said.calls.push(SaidCall { name, arguments });
                }
                _ => {}
            }
        }
    }
    Some(said)
}

/// A stream, or as much of one as there is, as the complete response that its caller would have had. `created`, in Unix
/// seconds, is told where the format tells it. `None` where it holds nothing of that format.
pub fn put_together(format: Format, stream: &[u8], created: i64) -> Option<String> {
    let mut decoder = (format.codec().stream_decoder)();
    let mut watcher = (format.codec().watcher)();
    let (mut seen, mut events, mut pieces) = (Seen::default(), Vec::new(), Pieces::default());
    let mut read = |event: sse::Event<'_>| {
        watcher.event(event, &mut seen);
        // What cannot be read ends nothing: the rest of it may be.
        let _ = decoder.event(event, &mut events);
        events.drain(..).for_each(|event| pieces.add(event));
    };
    if stream.trim_ascii_start().starts_with(b"[") {
        for_each_element(stream, |data| {
            read(sse::Event { name: "", data: data.as_bytes(), id: "", retry: None, start: 0, end: 0 });
        });
    } else {
        let mut frames = Frames::new(format.framing());
        // A broken frame ends what can be read.
        let _ = frames.feed(stream, &mut read);
        frames.finish(|event| {
            if is_whole(event.data) {
                read(event);
            }
        });
    }
    let usage = seen.usage.take().or(pieces.usage.take());
    let response = pieces.response(format, usage)?;
    // As if it had come from elsewhere, so that nothing is left out that the caller's own provider would have said.
    let mut encoding = Encoding::of_reply(response.owner);
    let context = ReplyContext { created, ..ReplyContext::default() };
    Some((format.codec().encode_response)(response, &context, &mut encoding))
}

/// The elements of an array that need not be finished, as Gemini streams without events have it.
fn for_each_element(stream: &[u8], mut each: impl FnMut(&str)) {
    let text = String::from_utf8_lossy(stream);
    let mut rest = text.trim_start().strip_prefix('[').unwrap_or_default();
    loop {
        let element = rest.trim_start_matches(|before: char| before == ',' || before.is_whitespace());
        let mut values = serde_json::Deserializer::from_str(element).into_iter::<&RawValue>();
        let Some(Ok(value)) = values.next() else { return };
        each(value.get());
        rest = &element[values.byte_offset()..];
    }
}

#[derive(Default)]
struct Pieces {
    id: Option<String>,
    model: Option<String>,
    choices: BTreeMap<u64, Piece>,
    usage: Option<Usage>,
}

#[derive(Default)]
struct Piece {
    parts: Vec<Part>,
    /// Where the calls of each slot stand.
    calls: BTreeMap<u64, usize>,
    finish: Option<Finish>,
    stop_sequence: Option<String>,
}

impl Pieces {
    fn choice(&mut self, index: u64) -> &mut Piece {
        self.choices.entry(index).or_default()
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Start { id, model } => (self.id, self.model) = (id, model),
            Event::Text { choice, text } => self.choice(choice).text(text),
            Event::Refusal { choice, text } => {
                let parts = &mut self.choice(choice).parts;
                match parts.last_mut().map(|part| &mut part.kind) {
                    Some(PartKind::Refusal(before)) => before.push_str(&text),
                    _ => parts.push(Part::new(PartKind::Refusal(text))),
                }
            }
            Event::Thinking { choice, text } => self.choice(choice).thinking(&text, None),
            Event::Signature { choice, signature } => self.choice(choice).thinking("", Some(signature)),
            Event::RedactedThinking { choice, data } => {
                self.choice(choice).parts.push(Part::new(PartKind::RedactedThinking(data)));
            }
            Event::ToolCall { choice, slot, id, name, signature } => {
                let piece = self.choice(choice);
                piece.calls.insert(slot, piece.parts.len());
                let call = ToolCall { id, name, arguments: String::new(), signature };
                piece.parts.push(Part::new(PartKind::ToolCall(call)));
            }
            Event::Arguments { choice, slot, fragment } => {
                let piece = self.choice(choice);
                let part = piece.calls.get(&slot).and_then(|at| piece.parts.get_mut(*at));
                if let Some(PartKind::ToolCall(call)) = part.map(|part| &mut part.kind) {
                    call.arguments.push_str(&fragment);
                }
            }
            Event::Finish { choice, finish, stop_sequence } => {
                let piece = self.choice(choice);
                (piece.finish, piece.stop_sequence) = (Some(finish), stop_sequence);
            }
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Citation { .. }
            | Event::Logprobs { .. }
            | Event::Opaque(_)
            | Event::Error
            | Event::End => {}
        }
    }

    fn response(self, format: Format, usage: Option<Usage>) -> Option<Response> {
        if self.choices.is_empty() && usage.is_none() {
            return None;
        }
        let owner = if format == Format::OpenAiChat { Format::AnthropicMessages } else { Format::OpenAiChat };
        let choices = self.choices.into_iter().map(|(index, piece)| Choice {
            index,
            message: Message {
                role: Role::Assistant,
                content: Content { parts: piece.parts, notation: Notation::Parts },
                reasoning: ReasoningNotation::default(),
                item: Item::default(),
                extra: Extra::default(),
            },
            finish: piece.finish,
            stop_sequence: piece.stop_sequence,
            logprobs: None,
            extra: Extra::default(),
        });
        Some(Response {
            owner,
            id: self.id,
            model: self.model,
            created: None,
            choices: choices.collect(),
            usage,
            echo: Extra::default(),
            extra: Extra::default(),
        })
    }
}

impl Piece {
    fn text(&mut self, more: String) {
        match self.parts.last_mut().map(|part| &mut part.kind) {
            Some(PartKind::Text { text, .. }) => text.push_str(&more),
            _ => self.parts.push(Part::text(more)),
        }
    }

    fn thinking(&mut self, more: &str, sign: Option<String>) {
        match self.parts.last_mut().map(|part| &mut part.kind) {
            Some(PartKind::Thinking { text, signature }) if signature.is_none() => {
                text.push_str(more);
                *signature = sign;
            }
            _ => self.parts.push(Part::new(PartKind::Thinking { text: more.to_owned(), signature: sign })),
        }
    }
}

#[cfg(test)]
mod tests;
