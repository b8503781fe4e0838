//! What OpenAI's two older formats, chat and completions, write alike: the streams' frame, usage, the settings of a
//! request. Providers that imitate one imitate the other, with the same habits.
//!
//! Neutral ground between formats like `json` and `error`: knows no format, is used by several. Log probabilities and
//! the shape of a token's are those of the Responses format, too.

use crate::json::push_line;

pub(crate) mod envelope;
pub(crate) mod finish;
pub(crate) mod logprobs;
pub(crate) mod read;
pub(crate) mod settings;
pub(crate) mod usage;
pub(crate) mod watch;

/// The end of a stream.
pub(crate) const DONE: &[u8] = b"data: [DONE]\n\n";

pub(crate) fn write_event(json: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    push_line(json, out);
    out.extend_from_slice(b"\n\n");
}
