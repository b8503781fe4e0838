//! Claude's events as Bedrock carries them: one Anthropic event, in base64, in each binary message.
//!
//! Whoever calls puts [`ClaudeEvents`] before a tap or transcoder of the messages format: what comes out is the stream
//! that Anthropic itself would have sent.

use super::error;
use super::stream::write_event;
use crate::base64;
use crate::error::{ApiError, ErrorKind, exception};
use crate::framing::aws::{EXCEPTION, Parser};
use crate::json::Members;
use crate::sse::Event;

/// Bytes of `invoke-with-response-stream` in, cut anywhere; bytes of Anthropic's event stream out.
#[derive(Debug, Default)]
pub struct ClaudeEvents {
    messages: Parser,
    /// An error was told: nothing may follow it.
    is_over: bool,
}

impl ClaudeEvents {
    pub fn new() -> Self {
        Self::default()
    }

    /// The events that these bytes complete. An exception, or bytes that are no such stream, become an error event. Half
    /// a message at the end says nothing: what comes out then lacks its end, too.
    pub fn feed(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(chunk.len());
        let is_over = &mut self.is_over;
        let fed = self.messages.feed(chunk, |event| {
            if !*is_over && let Err(error) = translate(event, &mut out) {
                *is_over = true;
                write_event("error", &error::brief(&error), &mut out);
            }
        });
        if let Err(problem) = fed
            && !std::mem::replace(is_over, true)
        {
            write_event("error", &error::brief(&unreadable(&problem.to_string())), &mut out);
        }
        out
    }
}

fn translate(event: Event<'_>, out: &mut Vec<u8>) -> Result<(), Box<ApiError>> {
    if let Some(name) = event.name.strip_prefix(EXCEPTION) {
        return Err(Box::new(exception(name, event.data)));
    }
    if event.name != "chunk" {
        // New events are to be ignored.
        return Ok(());
    }
    let text = std::str::from_utf8(event.data).ok();
    let bytes = text.and_then(|text| base64::decode(&Members::parse(text).ok()?.text("bytes")?));
    let inner = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let inner = inner.ok_or_else(|| Box::new(unreadable("a message holds no event")))?;
    // Between values a line break is as good as a space, and in strings there is none.
    let inner = inner.trim().replace(['\r', '\n'], " ");
    let kind = Members::parse(&inner).ok().and_then(|members| members.text("type").map(String::from));
    let kind = kind.filter(|kind| !kind.contains(['\r', '\n']));
    write_event(&kind.ok_or_else(|| Box::new(unreadable("an event has no type")))?, &inner, out);
    Ok(())
}

fn unreadable(what: &str) -> ApiError {
    ApiError::new(
        502,
        ErrorKind::Upstream,
        format!("The provider sent a stream that cannot be read: {what}."),
    )
}
