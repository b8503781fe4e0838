//! What a model's name tells about the parameters it takes in this format. Only translations ask here.

/// Beginnings of the names of models that take `reasoning`.
const REASONING: &[&str] = &[
    "o1",
    "o3",
    "o4",
    "gpt-5",
    "gpt-6",
    "gpt-7",
    "gpt-oss",
    "codex",
    "computer-use",
    "grok-3-mini",
    "grok-4",
];

/// Of these, the ones that refuse sampling other than the default.
const STRICT: &[&str] = &["o1", "o3", "o4", "gpt-5", "gpt-6", "gpt-7", "codex"];

fn begins(model: &str, beginnings: &[&str]) -> bool {
    // Without a provider's prefix such as `openai/`.
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    beginnings.iter().any(|beginning| name.starts_with(beginning))
}

pub(super) fn takes_effort(model: &str) -> bool {
    begins(model, REASONING)
}

pub(super) fn takes_sampling(model: &str) -> bool {
    !begins(model, STRICT)
}
