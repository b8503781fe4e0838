//! Cohere's chat, second version: `POST /v2/chat`.
//!
//! One file per function of the format. What it has of its own: a plan beside an assistant's content, citations beside
//! both, documents beside the messages, and counts of tokens of which only some are charged. May use the crate's
//! neutral parts, never another format. Start at [`CODEC`].

use crate::codec::Codec;
use crate::format::Format;
use crate::framing::Framing;

mod envelope;
mod error;
mod message;
mod models;
mod read;
mod request;
mod response;
mod stream;
mod tools;
mod usage;
mod watch;

const OWNER: Format = Format::Cohere;

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::ServerSentEvents,
    meaning: &[],
    image_limit: Some(20 * 1024 * 1024),
    streams_by_default: false,
    read_envelope: envelope::read,
    read_usage: usage::read,
    read_response: read::read,
    watcher: || Box::new(watch::CohereWatcher),
    render_error: error::render,
    error_event_name: None,
    render_stream_error: Some(error::render_in_stream),
    decode_request: request::decode,
    encode_request: request::encode,
    decode_response: response::decode,
    encode_response: response::encode,
    stream_decoder: || Box::new(stream::CohereDecoder::default()),
    stream_encoder: |ctx| Box::new(stream::CohereEncoder::new(ctx)),
};
