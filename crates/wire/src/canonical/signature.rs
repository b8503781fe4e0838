//! Signatures that travel through the clients of other formats.
//!
//! Whoever signs a thought or a call wants the signature back, and nobody else may get it. Signatures of thoughts pass
//! between formats as they are, without a word about their owner, but for Google's: those carry a mark while they are
//! away from home.

use super::part::{Part, PartKind};

/// Before a signature that is Google's and belongs to a thought.
const OF_THOUGHT: &str = "gemini:";
/// Before one that belongs to the tool call after it, in formats that can sign thoughts only.
const OF_CALL: &str = "gemini-call:";

/// What marks begin with where signatures are texts; the look into a body for it has to cost little.
pub(crate) const IN_TEXT: &str = "gemini";
/// Before what a format keeps for the providers of others.
pub(crate) const BY_GATEWAY: &str = "postern:";
/// The same where signatures are bytes. Its last letter tells half of the byte after it, which is that of a small letter.
pub(crate) const BY_GATEWAY_IN_BASE64: &str = "cG9zdGVybjp";

/// Whether a text begins with a mark, so that no provider of the format it stands in can read it.
pub(crate) fn is_of_gateway(text: &str) -> bool {
    is_marked(text) || text.starts_with(BY_GATEWAY) || text.starts_with(BY_GATEWAY_IN_BASE64)
}

pub(crate) fn mark_thought(signature: &str) -> String {
    format!("{OF_THOUGHT}{signature}")
}

pub(crate) fn mark_call(signature: &str) -> String {
    format!("{OF_CALL}{signature}")
}

/// Google's signature of a thought, without its mark.
pub(crate) fn of_thought(marked: &str) -> Option<&str> {
    marked.strip_prefix(OF_THOUGHT)
}

/// Google's signature of the call after a thought, without its mark.
pub(crate) fn of_call(marked: &str) -> Option<&str> {
    marked.strip_prefix(OF_CALL)
}

/// Gives calls the signatures that came before them as empty thoughts of their own.
pub(crate) fn give_to_calls(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    for mut part in parts {
        if let (PartKind::ToolCall(call), Some(PartKind::Thinking { signature: Some(marked), text })) =
            (&mut part.kind, out.last().map(|part| &part.kind))
            && let (Some(signature), true) = (of_call(marked), text.is_empty())
        {
            call.signature = Some(signature.to_owned());
            out.pop();
        }
        out.push(part);
    }
    out
}

/// Whether the signature is Google's, and to be kept from others.
pub(crate) fn is_marked(signature: &str) -> bool {
    of_thought(signature).is_some() || of_call(signature).is_some()
}
