//! OpenAI's chat completions: `POST /v1/chat/completions`.
//!
//! One file per function of the format; the tables and habits of providers that imitate it are noted where they
//! matter. May use the crate's neutral parts, never another format. Start at [`CODEC`].

use crate::codec::Codec;

mod envelope;
mod error;
mod read;
mod usage;
mod watch;

pub(crate) const CODEC: Codec = Codec {
    read_envelope: envelope::read,
    read_response: read::read,
    watcher: || Box::new(watch::ChatWatcher::default()),
    render_error: error::render,
    error_event_name: None,
};
