//! OpenAI's chat completions: `POST /v1/chat/completions`.
//!
//! One file per function of the format; the habits of providers that imitate it are noted where they matter. May
//! use the crate's neutral parts, never another format. Start at [`CODEC`].

use crate::codec::Codec;
use crate::error;
use crate::format::Format;
use crate::framing::Framing;
use crate::openai::watch::ChunkWatcher;
use crate::openai::{read, usage};

mod envelope;
mod message;
mod models;
mod request;
mod response;
mod stream;
mod tools;
mod watch;

const OWNER: Format = Format::OpenAiChat;

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::ServerSentEvents,
    meaning: &["audio", "functions", "function_call", "web_search_options", "tools"],
    image_limit: None,
    streams_by_default: false,
    read_envelope: envelope::read,
    read_usage: |raw| usage::read(raw, None),
    read_response: read::read,
    watcher: || Box::new(ChunkWatcher::new(&watch::WORDS)),
    render_error: error::openai::render,
    error_event_name: None,
    render_stream_error: None,
    decode_request: request::decode,
    encode_request: request::encode,
    decode_response: response::decode,
    encode_response: response::encode,
    stream_decoder: || Box::new(stream::ChatDecoder::default()),
    stream_encoder: |ctx| Box::new(stream::ChatEncoder::new(ctx)),
};
