//! OpenAI's older completions: `POST /v1/completions`, a prompt that a model goes on with.
//!
//! Editors complete code with it, old SDKs know nothing else, and local servers offer it beside chat. To any other
//! format the prompt is what a user says, word for word and with no instruction of ours: how close the answer comes to
//! a continuation is up to the model. What has no counterpart there (several prompts, token ids, a suffix, ...) is
//! refused. The other way round only a conversation that is one text can be a prompt: there is no template here that
//! would turn roles and turns into one.
//!
//! A limit that a caller leaves out stays out, though OpenAI then stops after 16 tokens: other servers of this format
//! do not, and a caller that means 16 says so. Start at [`CODEC`].

use crate::codec::Codec;
use crate::error;
use crate::format::Format;
use crate::framing::Framing;
use crate::openai::watch::ChunkWatcher;
use crate::openai::{read, usage};

mod envelope;
mod logprobs;
mod prompt;
mod request;
mod response;
mod stream;
mod watch;

const OWNER: Format = Format::OpenAiCompletions;

pub(crate) const CODEC: Codec = Codec {
    framing: Framing::ServerSentEvents,
    meaning: &[],
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
    stream_decoder: || Box::new(stream::CompletionsDecoder::default()),
    stream_encoder: |ctx| Box::new(stream::CompletionsEncoder::new(ctx)),
};
