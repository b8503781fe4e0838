//! What a chat model's name tells about the parameters it takes.
//!
//! The format is one, the models behind it are not: a reasoning model refuses `max_tokens`, an older one refuses
//! `reasoning_effort`. Only translations ask here; a client that speaks chat is passed on as it is.

/// Beginnings of the names of models that take `reasoning_effort`.
const REASONING: &[&str] = &[
    "o1",
    "o3",
    "o4",
    "gpt-5",
    "gpt-6",
    "gpt-7",
    "gpt-oss",
    "codex",
    "grok-3-mini",
    "grok-4",
    "gemini-2.5",
    "gemini-3",
];

/// Of these, the ones that refuse `max_tokens`, and sampling other than the default.
const STRICT: &[&str] = &["o1", "o3", "o4", "gpt-5", "gpt-6", "gpt-7", "codex"];

/// The name without a provider's prefix such as `openai/`.
fn bare(model: &str) -> String {
    model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase()
}

pub(super) fn takes_effort(model: &str) -> bool {
    let name = bare(model);
    REASONING.iter().any(|beginning| name.starts_with(beginning))
}

fn is_strict(model: &str) -> bool {
    let name = bare(model);
    STRICT.iter().any(|beginning| name.starts_with(beginning))
}

pub(super) fn limit_member(model: &str) -> &'static str {
    if is_strict(model) { "max_completion_tokens" } else { "max_tokens" }
}

pub(super) fn takes_sampling(model: &str) -> bool {
    !is_strict(model)
}
