//! What a chat chunk says, to the watcher of OpenAI's streams.

use crate::json::Members;
use crate::openai::watch::{Words, says};

pub(super) const WORDS: Words = Words {
    is_output: |key| {
        matches!(key, b"content" | b"reasoning_content" | b"reasoning" | b"arguments" | b"refusal" | b"input")
    },
    has_content,
};

fn has_content(choice: &Members<'_>) -> bool {
    let Some(delta) = choice.get("delta").and_then(crate::json::members) else { return false };
    ["content", "reasoning_content", "reasoning", "refusal"].iter().any(|key| says(&delta, key))
        || ["tool_calls", "function_call", "audio", "reasoning_details"]
            .iter()
            .any(|key| delta.get(key).is_some())
}
