//! OpenAI's responses: `POST /v1/responses`.
//!
//! One file per function of the format; `item` is what requests and replies are made of, `names` what becomes of
//! tools that are no plain functions. May use the crate's neutral parts, never another format. Start at [`CODEC`].

use crate::codec::Codec;
use crate::error::openai;
use crate::format::Format;
use crate::framing::Framing;

mod envelope;
mod error;
mod item;
mod logprobs;
mod models;
mod names;
mod read;
mod request;
mod response;
mod stream;
mod tools;
mod turn;
mod usage;
mod watch;

pub use turn::{
    echo_of, output_items, summary_item, turn_items, user_items, with_history, with_summaries_told,
};

const OWNER: Format = Format::OpenAiResponses;

/// What a request for log probabilities says in `include`.
const LOGPROBS: &str = "message.output_text.logprobs";

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::ServerSentEvents,
    meaning: &["previous_response_id", "conversation", "prompt", "background", "moderation", "tools"],
    image_limit: None,
    streams_by_default: false,
    read_envelope: envelope::read,
    read_usage: usage::read,
    read_response: read::read,
    watcher: || Box::new(watch::ResponsesWatcher),
    render_error: openai::render,
    error_event_name: Some("error"),
    render_stream_error: Some(error::render_stream),
    decode_request: request::decode,
    encode_request: request::encode,
    decode_response: response::decode,
    encode_response: response::encode,
    stream_decoder: || Box::new(stream::ResponsesDecoder::default()),
    stream_encoder: |ctx| Box::new(stream::ResponsesEncoder::new(ctx)),
};
