//! An event stream in pieces: SageMaker passes on what an endpoint of one's own sends, cut anywhere, as the payloads of binary
//! messages.

use super::aws::{EXCEPTION, Parser};
use crate::error::exception;

/// Bytes of `invocations-response-stream` in, cut anywhere; the bytes that the endpoint's server sent out.
#[derive(Debug, Default)]
pub struct PayloadParts {
    messages: Parser,
}

impl PayloadParts {
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes that these complete. Fails with what went wrong on the other side, or with what cannot be read.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::with_capacity(chunk.len());
        let mut failed = None;
        let fed = self.messages.feed(chunk, |event| match event.name.strip_prefix(EXCEPTION) {
            Some(name) => {
                failed.get_or_insert_with(|| exception(name, event.data).message);
            }
            None if event.name == "PayloadPart" => out.extend_from_slice(event.data),
            // New events are to be ignored.
            None => {}
        });
        match (failed, fed) {
            (Some(message), _) => Err(message),
            (None, Err(problem)) => Err(problem.to_string()),
            (None, Ok(())) => Ok(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::{Header, HeaderValue, Message};

    use super::*;

    fn message(kind: &str, name: &str, payload: &[u8]) -> Vec<u8> {
        let text = |text: &str| HeaderValue::String(text.to_owned().into());
        let message = Message::new(payload.to_vec())
            .add_header(Header::new(":message-type", text(kind)))
            .add_header(Header::new(format!(":{kind}-type"), text(name)));
        let mut out = Vec::new();
        write_message_to(&message, &mut out).unwrap();
        out
    }

    #[test]
    fn pieces_are_put_together_however_they_are_cut() {
        let mut bytes = message("event", "PayloadPart", b"data: {\"a\"");
        bytes.extend(message("event", "PayloadPart", b":1}\n\n\xff"));
        let mut parts = PayloadParts::new();
        let out: Vec<u8> = bytes.chunks(1).flat_map(|byte| parts.feed(byte).unwrap()).collect();
        assert_eq!(out, b"data: {\"a\":1}\n\n\xff");
    }

    #[test]
    fn what_goes_wrong_is_told() {
        let bytes = message("exception", "ModelStreamError", br#"{"message":"The container stopped."}"#);
        let told = PayloadParts::new().feed(&bytes).unwrap_err();
        assert!(told.contains("The container stopped."), "{told}");
        assert!(PayloadParts::new().feed(&[7; 64]).is_err());
    }
}
