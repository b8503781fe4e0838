//! Between formats: decode into the canonical model, encode from it.

use crate::envelope::BadRequest;
use crate::format::Format;
use crate::loss::LossReport;
use crate::read::{NotAResponse, ResponseSummary};
use crate::tap::StreamEnd;
use crate::usage::Usage;

/// Where a request is going.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The model name to send.
    pub model: &'a str,
    /// Sent where the format requires a limit of output tokens and the client gave none.
    pub default_max_tokens: u64,
    /// Drop what the target cannot express even if it changes the meaning, instead of refusing the request.
    pub drop_params: bool,
}

/// A request in the target's format.
#[derive(Clone, Debug)]
pub struct TranslatedRequest {
    pub body: Vec<u8>,
    /// What was dropped or changed.
    pub loss: LossReport,
}

/// What a reply in the caller's format needs beyond what the provider sent.
#[derive(Clone, Debug, Default)]
pub struct ReplyContext {
    /// Unix seconds.
    pub created: i64,
    /// Used if the provider sent no id.
    pub fallback_id: String,
    /// The model to name if the provider names none.
    pub model: String,
    /// The caller asked for a usage chunk at the end of its chat stream.
    pub include_usage: bool,
}

/// A complete response in the caller's format.
#[derive(Clone, Debug)]
pub struct TranslatedResponse {
    pub body: Vec<u8>,
    /// In the provider's words.
    pub summary: ResponseSummary,
    pub loss: LossReport,
}

/// What to do after feeding bytes.
#[derive(Clone, Debug, Default)]
pub struct Transcoded {
    /// Bytes for the caller.
    pub bytes: Vec<u8>,
    /// These bytes hold the caller's format's own end.
    pub terminal: bool,
    /// These bytes hold the stream's first content.
    pub first_content: bool,
    /// The provider sent an error event. It is not among `bytes`: the gateway renders it, with its request id.
    pub error: bool,
}

/// Translates a request. Hints that the target lacks are dropped and listed; what carries meaning is refused,
/// unless the target says to drop it.
pub fn translate_request(
    from: Format,
    to: Format,
    body: &[u8],
    target: &Target<'_>,
) -> Result<TranslatedRequest, BadRequest> {
    let _ = (from, to, body, target);
    Err(BadRequest::new("unsupported_value", "", "Translation between formats is not available."))
}

/// Translates a complete response from the provider's format to the caller's.
pub fn translate_response(
    from: Format,
    to: Format,
    body: &[u8],
    ctx: &ReplyContext,
) -> Result<TranslatedResponse, NotAResponse> {
    let _ = (from, to, body, ctx);
    Err(NotAResponse::new("Translation between formats is not available."))
}

/// Translates a stream, event by event.
pub struct StreamTranscoder {
    tap: crate::tap::StreamTap,
}

impl StreamTranscoder {
    /// `from` is the provider's format, `to` the caller's.
    pub fn new(from: Format, to: Format, ctx: ReplyContext) -> Self {
        let _ = (to, ctx);
        Self { tap: crate::tap::StreamTap::new(from, false) }
    }

    /// Takes bytes from the provider, gives bytes for the caller.
    pub fn feed(&mut self, chunk: &[u8]) -> Transcoded {
        let tapped = self.tap.feed(bytes::Bytes::copy_from_slice(chunk));
        Transcoded { error: tapped.error, ..Transcoded::default() }
    }

    /// The end of the input, or of the connection. A stream that was cut gets no end marker.
    pub fn finish(&mut self) -> StreamEnd {
        self.tap.finish()
    }

    /// As [`crate::StreamTap::usage_so_far`].
    pub fn usage_so_far(&self) -> (Option<Usage>, u64) {
        self.tap.usage_so_far()
    }
}
