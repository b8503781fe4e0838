//! `application/vnd.amazon.eventstream`: binary messages, each with its length, headers, a payload and two checksums.
//!
//! A message becomes an event named by its header `:event-type`, with the payload as its data. An exception has another
//! header in that place, and is told apart by its name: see [`EXCEPTION`].

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::{Buf, BytesMut};

use super::FramingError;
use crate::json::ObjectWriter;
use crate::sse::{Event, EventTooLarge, MAX_EVENT_BYTES};

/// Begins the name of an event that is an exception: `exception/throttlingException`.
pub(crate) const EXCEPTION: &str = "exception/";

/// Two lengths and the checksum over them.
const PRELUDE_BYTES: usize = 12;

#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// The message being received.
    buffer: BytesMut,
    /// Where it starts on the stream.
    start: u64,
    /// The very first bytes are the beginning of no message.
    foreign: bool,
    /// Where the next message would begin is unknown, so nothing more is read.
    failed: Option<FramingError>,
}

impl Parser {
    pub fn feed(&mut self, chunk: &[u8], mut on_event: impl FnMut(Event<'_>)) -> Result<(), FramingError> {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(chunk);
            self.failed = self.divide(&mut on_event).err();
        }
        match &self.failed {
            Some(failure) => {
                self.buffer = BytesMut::new();
                Err(failure.clone())
            }
            None => Ok(()),
        }
    }

    pub fn pending_start(&self) -> u64 {
        self.start
    }

    pub fn is_foreign(&self) -> bool {
        self.foreign
    }

    fn divide(&mut self, on_event: &mut impl FnMut(Event<'_>)) -> Result<(), FramingError> {
        while let Some(mut prelude) = self.buffer.get(..PRELUDE_BYTES) {
            // Checked before anything is waited for: a damaged length would be waited for in vain.
            let sum = crc32fast::hash(&prelude[..8]);
            let length = prelude.get_u32() as usize;
            prelude.advance(4);
            if sum != prelude.get_u32() {
                self.foreign = self.start == 0;
                return Err(FramingError::Damaged("the lengths do not match their checksum".to_owned()));
            }
            if length > MAX_EVENT_BYTES {
                return Err(EventTooLarge.into());
            }
            if self.buffer.len() < length {
                return Ok(());
            }
            let message = read_message_from(&self.buffer[..length])
                .map_err(|error| FramingError::Damaged(error.to_string()))?;
            self.buffer.advance(length);
            let start = self.start;
            self.start += length as u64;
            let (name, data) = read(&message);
            on_event(Event { name: &name, data: &data, id: "", retry: None, start, end: self.start });
        }
        Ok(())
    }
}

/// The event's name and data.
fn read(message: &Message) -> (String, Vec<u8>) {
    let header = |name: &str| {
        let found = message.headers().iter().find(|header| header.name().as_str() == name)?;
        found.value().as_string().ok().map(|text| text.as_str().to_owned())
    };
    let payload = message.payload();
    // Without members there may be nothing at all.
    let data = if payload.trim_ascii().is_empty() { b"{}".to_vec() } else { payload.to_vec() };
    match header(":message-type").as_deref() {
        Some("exception") => {
            let name = header(":exception-type").unwrap_or_default();
            (format!("{EXCEPTION}{name}"), data)
        }
        // What the service did not foresee has its words in headers.
        Some("error") => {
            let name = header(":error-code").unwrap_or_default();
            let mut said = ObjectWriter::new();
            said.maybe_string("message", header(":error-message").as_deref());
            (format!("{EXCEPTION}{name}"), said.finish().into_bytes())
        }
        _ => (header(":event-type").unwrap_or_default(), data),
    }
}

/// Writes an event, or an exception if its name says so.
pub(crate) fn write(name: &str, json: &str, out: &mut Vec<u8>) {
    let (kind, header, name) = match name.strip_prefix(EXCEPTION) {
        Some(name) => ("exception", ":exception-type", name),
        None => ("event", ":event-type", name),
    };
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(json.to_owned().into_bytes())
        .add_header(Header::new(header, text(name)))
        .add_header(Header::new(":content-type", text("application/json")))
        .add_header(Header::new(":message-type", text(kind)));
    let before = out.len();
    if write_message_to(&message, out).is_err() {
        // Only a payload of gigabytes cannot be written, and half of it would be worse than nothing.
        out.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: impl IntoIterator<Item = Vec<u8>>) -> (Vec<String>, Option<FramingError>) {
        let mut parser = Parser::default();
        let mut seen = Vec::new();
        for chunk in chunks {
            let fed = parser.feed(&chunk, |event| {
                let data = String::from_utf8_lossy(event.data);
                seen.push(format!("{} {data} {}..{}", event.name, event.start, event.end));
            });
            if let Err(failure) = fed {
                return (seen, Some(failure));
            }
        }
        (seen, None)
    }

    fn written() -> Vec<u8> {
        let mut out = Vec::new();
        write("messageStart", r#"{"role":"assistant"}"#, &mut out);
        write("exception/throttlingException", r#"{"message":"Wait."}"#, &mut out);
        write("messageStop", "", &mut out);
        out
    }

    #[test]
    fn what_is_written_is_read_however_it_is_cut() {
        let bytes = written();
        let (whole, failure) = events([bytes.clone()]);
        assert_eq!(failure, None);
        assert_eq!(whole.len(), 3);
        assert!(whole[0].starts_with(r#"messageStart {"role":"assistant"} 0.."#), "{whole:?}");
        assert!(whole[1].starts_with(r#"exception/throttlingException {"message":"Wait."} "#), "{whole:?}");
        assert!(whole[2].starts_with("messageStop {} ") && whole[2].ends_with(&format!("..{}", bytes.len())));
        assert_eq!(events(bytes.chunks(1).map(<[u8]>::to_vec)).0, whole);
        for cut in 0..bytes.len() {
            let (seen, failure) = events([bytes[..cut].to_vec()]);
            assert_eq!((&whole[..seen.len()], failure), (&seen[..], None), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_damaged_anywhere_is_noticed() {
        let bytes = written();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x20;
            let (seen, failure) = events([damaged]);
            assert!(seen.len() < 3 && failure.is_some(), "byte {at}: {seen:?}");
        }
    }

    #[test]
    fn errors_without_a_model_have_their_words_in_headers() {
        let text = |text: &str| HeaderValue::String(text.to_owned().into());
        let message = Message::new(Vec::new())
            .add_header(Header::new(":message-type", text("error")))
            .add_header(Header::new(":error-code", text("InternalError")))
            .add_header(Header::new(":error-message", text("It broke.")));
        let mut out = Vec::new();
        write_message_to(&message, &mut out).unwrap();
        let (seen, _) = events([out]);
        assert!(seen[0].starts_with(r#"exception/InternalError {"message":"It broke."} "#), "{seen:?}");
    }

    #[test]
    fn a_page_is_foreign_and_a_message_without_end_is_refused() {
        let mut parser = Parser::default();
        assert!(parser.feed(b"<!DOCTYPE html><html>", |_| panic!("no event")).is_err());
        assert!(parser.is_foreign());
        let mut prelude = (MAX_EVENT_BYTES as u32 + 1).to_be_bytes().to_vec();
        prelude.extend([0; 4]);
        prelude.extend(crc32fast::hash(&prelude).to_be_bytes());
        let mut parser = Parser::default();
        assert_eq!(parser.feed(&prelude, |_| ()), Err(EventTooLarge.into()));
        assert_eq!(parser.feed(b"more", |_| ()), Err(EventTooLarge.into()));
        assert!(!parser.is_foreign());
    }
}
