//! Wire formats: reading them, watching them, and translating between them.
//!
//! Pure functions and small state machines over bytes. No I/O, no clock, no HTTP, no async: whoever calls feeds
//! bytes in and sends bytes out. May depend on JSON and byte crates only.
//!
//! Where to start: [`Envelope`] is what the gateway reads of a request, [`StreamTap`] watches a stream that is
//! passed on untouched, [`translate_request`], [`translate_response`] and [`StreamTranscoder`] go between formats
//! by way of `canonical`. A format is a folder (`chat/`, `messages/`, `responses/`, ..) that provides the functions listed
//! in `codec`; nothing else knows one format from another.

mod canonical;
mod chat;
mod codec;
mod cohere;
mod completions;
mod envelope;
mod error;
mod estimate;
mod format;
mod framing;
mod gemini;
mod json;
mod loss;
mod messages;
mod ollama;
mod openai;
mod read;
mod responses;
pub mod sse;
mod surgery;
mod tap;
mod translate;
mod usage;

pub use envelope::{BadRequest, Beside, Controls, Edits, Envelope, Memory};
pub use error::{ApiError, ErrorKind, parse_error, render_error, render_stream_error};
pub use estimate::estimate_tokens;
pub use format::{Format, UnknownFormat};
pub use framing::{EventReader, Framing};
pub use loss::LossReport;
pub use read::{NotAResponse, ResponseSummary, read_response, read_usage};
pub use responses::{echo_of, output_items, turn_items, with_history};
pub use surgery::Surgery;
pub use tap::{EndState, StreamEnd, StreamTap, Tapped};
pub use translate::{
    ReplyContext, StreamTranscoder, Target, ToolAlias, Transcoded, TranslatedRequest, TranslatedResponse,
    translate_request, translate_response,
};
pub use usage::Usage;
