//! The canonical model into messages: one into several, where tool results and prose were together.

use std::collections::HashMap;

use super::super::OWNER;
use super::super::content::write_own;
use super::super::notes::noted_text;
use super::super::{calls, images};
use crate::canonical::{Content, Encoding, Message, Part, PartKind, Role, ToolResult};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array, quote};

/// Between pieces of text that were separate blocks and become one string.
const BLOCK_BREAK: &str = "\n\n";

/// The names of the functions that were called, by the ids of the calls: here a result states its function.
pub(in super::super) type Names<'a> = HashMap<&'a str, &'a str>;

/// A message as it was.
pub(in super::super) fn encode_own(message: &Message, path: &str, to: &mut Encoding) -> String {
    let Message { role: _, content, reasoning: _, item: _, extra } = message;
    let mut out = ObjectWriter::new();
    out.maybe_string("role", noted_text(extra, "role").as_deref());
    let content = match content.parts.as_slice() {
        [Part { kind: PartKind::ToolResult(result), .. }] => &result.content,
        _ => content,
    };
    write_own(content, "content", &mut out);
    for member in ["tool_call_id", "tool_name"] {
        out.maybe_string(member, noted_text(extra, member).as_deref());
    }
    extra.write(OWNER, &mut out, path, &mut to.loss);
    out.finish()
}

/// The messages that say the same.
pub(in super::super) fn encode_foreign<'m>(
    message: &'m Message,
    path: &str,
    names: &mut Names<'m>,
    to: &mut Encoding,
) -> Result<Vec<String>, BadRequest> {
    let Message { role, content, reasoning: _, item: _, extra } = message;
    let mut out = Vec::new();
    let mut spoken = Spoken::default();
    let mut has_results = false;
    for (index, part) in content.parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        match &part.kind {
            PartKind::ToolResult(result) => {
                has_results = true;
                report(part, &at, to);
                out.push(encode_result(result, &at, names, to)?);
            }
            PartKind::ToolCall(call) => {
                names.insert(&call.id, &call.name);
                spoken.add(part, &at, to)?;
            }
            _ => spoken.add(part, &at, to)?,
        }
    }
    let mut writer = ObjectWriter::new();
    extra.write(OWNER, &mut writer, path, &mut to.loss);
    if spoken.is_empty() && (has_results || *role == Role::Tool) {
        return Ok(out);
    }
    let (name, separator) = match role {
        Role::System | Role::Developer => ("system", BLOCK_BREAK),
        Role::User | Role::Tool => ("user", BLOCK_BREAK),
        // One output in several blocks is still one output.
        Role::Assistant => ("assistant", ""),
    };
    to.lose_if(spoken.is_mixed, path, "content");
    writer.string("role", name);
    spoken.write("content", separator, &mut writer);
    out.push(writer.finish());
    Ok(out)
}

/// Here a result is a message of its own.
fn encode_result(
    result: &ToolResult,
    path: &str,
    names: &Names<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let ToolResult { call_id, content: Content { parts, notation: _ }, is_error } = result;
    let mut spoken = Spoken::default();
    for (index, part) in parts.iter().enumerate() {
        spoken.add(part, &format!("{path}.content[{index}]"), to)?;
    }
    to.lose_if(*is_error == Some(true), path, "is_error");
    let mut out = ObjectWriter::new();
    out.string("role", "tool");
    spoken.write("content", BLOCK_BREAK, &mut out);
    out.maybe_string("tool_name", names.get(call_id.as_str()).copied())
        .maybe_string("tool_call_id", Some(call_id.as_str()).filter(|id| !id.is_empty()));
    Ok(out.finish())
}

/// Another format's parts, by the members that they become.
#[derive(Default)]
pub(in super::super) struct Spoken<'p> {
    texts: Vec<&'p str>,
    thinking: String,
    images: Vec<String>,
    calls: Vec<String>,
    is_mixed: bool,
    is_after_image: bool,
}

impl<'p> Spoken<'p> {
    pub fn add(&mut self, part: &'p Part, path: &str, to: &mut Encoding) -> Result<(), BadRequest> {
        match &part.kind {
            PartKind::Text { text, citations } => {
                for citation in citations.iter().flatten() {
                    citation.report(path, &mut to.loss);
                }
                self.say(text);
            }
            PartKind::Refusal(text) => self.say(text),
            PartKind::File(file) => {
                if let Some(text) = images::encode_file(file, path, to)? {
                    self.say(text);
                }
            }
            PartKind::Image(image) => {
                if let Some(data) = images::encode(image, path, to)? {
                    self.images.push(quote(data));
                    self.is_after_image = !self.texts.is_empty();
                }
            }
            PartKind::Audio { .. } => to.refuse(path, "sound")?,
            PartKind::Thinking { text, signature } => {
                let is_signed = signature.as_deref().is_some_and(|text| !text.is_empty());
                // Nobody takes thinking back that somebody else signed; a client is shown it.
                if is_signed && !to.is_reply {
                    to.loss.add(path);
                } else {
                    to.lose_if(is_signed, path, "signature");
                    self.thinking.push_str(text);
                }
            }
            PartKind::RedactedThinking(_) => to.loss.add(path),
            PartKind::ToolCall(call) => self.calls.push(calls::encode(call, self.calls.len(), path, to)),
            PartKind::ToolResult(_) => to.refuse(path, "this kind of content at this place")?,
            PartKind::Opaque(opaque) => to.refuse(path, &format!("content of type `{}`", opaque.kind))?,
        }
        report(part, path, to);
        Ok(())
    }

    fn say(&mut self, text: &'p str) {
        self.is_mixed |= self.is_after_image;
        self.texts.push(text);
    }

    /// Text stood on both sides of an image; here the images come first.
    pub fn is_mixed(&self) -> bool {
        self.is_mixed
    }

    /// For replies that have no member for images.
    pub fn drop_images(&mut self, path: &str, to: &mut Encoding) {
        to.lose_if(!self.images.is_empty(), path, "images");
        self.images.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.thinking.is_empty() && self.images.is_empty() && self.calls.is_empty()
    }

    /// The text is always there, even if there is none.
    pub fn write(&self, text_member: &str, separator: &str, out: &mut ObjectWriter) {
        out.string(text_member, &self.texts.join(separator))
            .maybe_string("thinking", Some(self.thinking.as_str()).filter(|text| !text.is_empty()));
        for (member, list) in [("images", &self.images), ("tool_calls", &self.calls)] {
            if !list.is_empty() {
                out.raw(member, &array(list));
            }
        }
    }
}

/// What stood beside a part.
fn report(part: &Part, path: &str, to: &mut Encoding) {
    if let Some(cache) = &part.cache {
        to.lose(path, &cache.member);
    }
    let mut unused = ObjectWriter::new();
    part.extra.write(OWNER, &mut unused, path, &mut to.loss);
}
