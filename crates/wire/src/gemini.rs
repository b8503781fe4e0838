//! Google's Gemini: `models/MODEL:generateContent` and `:streamGenerateContent`.
//!
//! One file per function of the format. Google reads every member under two spellings, `inlineData` and
//! `inline_data`, and one value where a list of one is meant; `spelling` knows both habits. May use the crate's
//! neutral parts, never another format. Start at [`CODEC`].

use crate::codec::Codec;
use crate::format::Format;
use crate::framing::Framing;

mod config;
mod envelope;
mod error;
mod logprobs;
mod models;
mod part;
mod read;
mod request;
mod response;
mod schema;
mod spelling;
mod stream;
mod tools;
mod usage;
mod watch;

const OWNER: Format = Format::Gemini;

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::ServerSentEvents,
    meaning: &[
        "cachedContent",
        "cached_content",
        "generationConfig/speechConfig",
        "generationConfig/responseMimeType",
        "tools",
    ],
    image_limit: None,
    streams_by_default: false,
    read_envelope: envelope::read,
    read_usage: usage::read,
    read_response: read::read,
    watcher: || Box::new(watch::GeminiWatcher::default()),
    render_error: error::render,
    error_event_name: None,
    render_stream_error: None,
    decode_request: request::decode,
    encode_request: request::encode,
    decode_response: response::decode,
    encode_response: response::encode,
    stream_decoder: || Box::new(stream::GeminiDecoder::default()),
    stream_encoder: |ctx| Box::new(stream::GeminiEncoder::new(ctx)),
};
