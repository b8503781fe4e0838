//! Anthropic's messages: `POST /v1/messages`.
//!
//! One file per function of the format. May use the crate's neutral parts, never another format. Start at
//! [`CODEC`].

use crate::codec::Codec;

mod envelope;
mod error;
mod read;
mod usage;
mod watch;

pub(crate) const CODEC: Codec = Codec {
    read_envelope: envelope::read,
    read_response: read::read,
    watcher: || Box::new(watch::MessagesWatcher::default()),
    render_error: error::render,
    error_event_name: Some("error"),
};
