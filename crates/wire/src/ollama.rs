//! Ollama's own interface: `POST /api/chat`, and the older `POST /api/generate` for a single prompt.
//!
//! Two formats that are one but for where the text stands: chat keeps it in a `message`, generate beside the rest.
//! `shape` is that difference, everything else is shared; the marks a decoder leaves are [`OWNER`]'s in both, so that a
//! prompt may become a chat with its options as they were. May use the crate's neutral parts, never another format.
//! Start at [`CODEC`].

use crate::codec::Codec;
use crate::format::Format;
use crate::framing::Framing;

mod calls;
mod content;
mod envelope;
mod error;
mod generate;
mod images;
mod message;
mod models;
mod notes;
mod read;
mod request;
mod response;
mod settings;
mod shape;
mod stream;
mod time;
mod tools;
mod usage;
mod watch;

use shape::Shape;

/// Of both formats, as far as they are the same.
const OWNER: Format = Format::Ollama;

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::JsonLines,
    meaning: &[],
    image_limit: None,
    streams_by_default: true,
    read_envelope: envelope::read_chat,
    read_usage: usage::read,
    read_response: |text| read::read(Shape::Chat, text),
    watcher: || Box::new(watch::OllamaWatcher),
    render_error: error::render,
    error_event_name: None,
    render_stream_error: Some(error::render_line),
    decode_request: request::decode,
    encode_request: request::encode,
    decode_response: |members| response::decode(Shape::Chat, members),
    encode_response: |response, ctx, to| response::encode(Shape::Chat, response, ctx, to),
    stream_decoder: || Box::new(stream::OllamaDecoder::new(Shape::Chat)),
    stream_encoder: |ctx| Box::new(stream::OllamaEncoder::new(Shape::Chat, ctx)),
};

pub(crate) const GENERATE: Codec = Codec {
    read_envelope: envelope::read_generate,
    read_response: |text| read::read(Shape::Generate, text),
    decode_request: generate::decode,
    encode_request: generate::encode,
    decode_response: |members| response::decode(Shape::Generate, members),
    encode_response: |response, ctx, to| response::encode(Shape::Generate, response, ctx, to),
    stream_decoder: || Box::new(stream::OllamaDecoder::new(Shape::Generate)),
    stream_encoder: |ctx| Box::new(stream::OllamaEncoder::new(Shape::Generate, ctx)),
    ..CODEC
};
