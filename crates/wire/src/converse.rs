//! AWS Bedrock's Converse: `model/MODEL/converse` and `model/MODEL/converse-stream`.
//!
//! One file per function of the format. Blocks are objects of one member that says what they are, streams are binary
//! messages, and what only some models take stands in `additionalModelRequestFields` in the words of their makers;
//! `families` knows who takes what. May use the crate's neutral parts, never another format. Start at [`CODEC`].

use crate::codec::Codec;
use crate::format::Format;
use crate::framing::Framing;

mod block;
mod envelope;
mod error;
mod families;
mod read;
mod request;
mod response;
mod stream;
mod tools;
mod usage;
mod watch;

const OWNER: Format = Format::BedrockConverse;

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::AwsMessages,
    meaning: &["guardrailConfig", "promptVariables", "outputConfig/textFormat"],
    image_limit: Some(3_750_000),
    streams_by_default: false,
    read_envelope: envelope::read,
    read_usage: usage::read,
    read_response: read::read,
    watcher: || Box::new(watch::ConverseWatcher::default()),
    render_error: error::render,
    error_event_name: None,
    render_stream_error: Some(error::render_event),
    decode_request: request::decode,
    encode_request: request::encode,
    decode_response: response::decode,
    encode_response: response::encode,
    stream_decoder: || Box::new(stream::ConverseDecoder::default()),
    stream_encoder: |ctx| Box::new(stream::ConverseEncoder::new(ctx)),
};
