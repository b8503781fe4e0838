//! Anthropic's messages: `POST /v1/messages`.
//!
//! One file per function of the format. May use the crate's neutral parts, never another format. Start at
//! [`CODEC`].

use crate::codec::Codec;
use crate::format::Format;
use crate::framing::Framing;

mod aws;
mod content;
mod envelope;
mod error;
mod read;
mod request;
mod response;
mod stream;
mod tools;
mod usage;
mod watch;

pub use aws::ClaudeEvents;

const OWNER: Format = Format::AnthropicMessages;

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::ServerSentEvents,
    meaning: &["mcp_servers", "container", "tools"],
    image_limit: Some(5 * 1024 * 1024),
    streams_by_default: false,
    read_envelope: envelope::read,
    read_usage: usage::read,
    read_response: read::read,
    watcher: || Box::new(watch::MessagesWatcher::default()),
    render_error: error::render,
    error_event_name: Some("error"),
    render_stream_error: None,
    decode_request: request::decode,
    encode_request: request::encode,
    decode_response: response::decode,
    encode_response: response::encode,
    stream_decoder: || Box::new(stream::MessagesDecoder::default()),
    stream_encoder: |ctx| Box::new(stream::MessagesEncoder::new(ctx)),
};
