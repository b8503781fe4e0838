//! Wire formats: reading them, watching them, and translating between them.
//!
//! Pure functions and small state machines over bytes. No I/O, no clock, no HTTP, no async: whoever calls feeds
//! bytes in and sends bytes out. May depend on crates for JSON, bytes and the framing of bytes only.
//!
//! Where to start: [`Envelope`] is what the gateway reads of a request, [`StreamTap`] watches a stream that is
//! passed on untouched, [`translate_request`], [`translate_response`] and [`StreamTranscoder`] go between formats
//! by way of `canonical`. A format is a folder (`chat/`, `messages/`, `responses/`, ..) that provides the functions listed
//! in `codec`; nothing else knows one format from another.

mod base64;
mod canonical;
mod chat;
mod claude;
mod codec;
mod cohere;
mod completions;
mod converse;
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
mod said;
pub mod sse;
mod surgery;
mod tap;
mod translate;
mod usage;

pub use envelope::{
    BadRequest, Beside, Controls, Edits, Envelope, Memory, OtherModels, RoutingControls, read_controls,
};
pub use error::{ApiError, ErrorKind, parse_error, render_error, render_stream_error};
pub use estimate::estimate_tokens;
pub use format::{Format, UnknownFormat};
pub use framing::{EventReader, Framing, PayloadParts};
pub use loss::LossReport;
pub use messages::ClaudeEvents;
pub use read::{NotAResponse, ResponseSummary, read_response, read_usage};
pub use responses::{
    echo_of, output_items, summary_item, turn_items, user_items, with_history, with_summaries_told,
};
pub use said::{Said, SaidCall, put_together, said};
pub use surgery::Surgery;
pub use tap::{EndState, StreamEnd, StreamTap, Tapped};
pub use translate::{
    ReplyContext, StreamTranscoder, Target, ToolAlias, Transcoded, TranslatedRequest, TranslatedResponse,
    translate_request, translate_response,
};
pub use usage::Usage;
