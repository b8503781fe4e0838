//! The row of functions that makes a format. The rest of the crate calls formats only through this.

use serde_json::value::RawValue;

use crate::canonical::{Encoding, Request, Response, StreamDecoder, StreamEncoder};
use crate::envelope::{BadRequest, EnvelopeParts, Fields};
use crate::error::ApiError;
use crate::framing::Framing;
use crate::json::Members;
use crate::read::{NotAResponse, ResponseSummary};
use crate::tap::Watcher;
use crate::translate::{ReplyContext, Target};
use crate::usage::Usage;

/// Writes whole events: an error, the request's id, the time.
pub(crate) type RenderEvents = fn(&ApiError, &str, &str) -> Vec<u8>;

/// What a format must provide, and nothing else.
pub(crate) struct Codec {
    pub framing: Framing,
    /// Members of its requests that have no place in the canonical model and must not be dropped on the way to another
    /// format: the answer would be to another question. Whatever else has no place is a hint.
    pub meaning: &'static [&'static str],
    /// The largest image in bytes that the format's provider takes within a request, where it states one.
    pub image_limit: Option<usize>,
    /// Whether a request that does not say so wants a stream.
    pub streams_by_default: bool,
    /// Reads the envelope's members, model and stream flag apart, and refuses a body without turns.
    pub read_envelope: fn(&Fields<'_>) -> Result<EnvelopeParts, BadRequest>,
    /// A usage object that stands alone.
    pub read_usage: fn(&RawValue) -> Option<Usage>,
    /// The summary of a complete response.
    pub read_response: fn(&str) -> Result<ResponseSummary, NotAResponse>,
    /// Eyes for a stream that is passed on untouched.
    pub watcher: fn() -> Box<dyn Watcher>,
    /// An error body; the arguments after the error are the request's id and the time.
    pub render_error: fn(&ApiError, &str, &str) -> String,
    /// The `event` field of an error within a stream, if the format names its events.
    pub error_event_name: Option<&'static str>,
    /// The same as whole events, where an error within a stream is not written as a body is.
    pub render_stream_error: Option<RenderEvents>,
    pub decode_request: fn(Members<'_>) -> Result<Request, BadRequest>,
    pub encode_request: fn(Request, &Target<'_>, &mut Encoding) -> Result<String, BadRequest>,
    pub decode_response: fn(Members<'_>) -> Result<Response, NotAResponse>,
    pub encode_response: fn(Response, &ReplyContext, &mut Encoding) -> String,
    pub stream_decoder: fn() -> Box<dyn StreamDecoder>,
    pub stream_encoder: fn(ReplyContext) -> Box<dyn StreamEncoder>,
}
