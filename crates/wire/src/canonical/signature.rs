//! Signatures that travel through the clients of other formats.
//!
//! Whoever signs a thought or a call wants the signature back, and nobody else may get it. Signatures of thoughts pass
//! between formats as they are, without a word about their owner, but for Google's: those carry a mark while they are
//! away from home.

/// Before a signature that is Google's and belongs to a thought.
const OF_THOUGHT: &str = "gemini:";
/// Before one that belongs to the tool call after it, in formats that can sign thoughts only.
const OF_CALL: &str = "gemini-call:";

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

/// Whether the signature is Google's, and to be kept from others.
pub(crate) fn is_marked(signature: &str) -> bool {
    of_thought(signature).is_some() || of_call(signature).is_some()
}
