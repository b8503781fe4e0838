//! What a model's name tells about how it thinks.
//!
//! Ollama refuses a request that asks a model to think which cannot, and one that can does so unless it is told not
//! to. So only the names that are known ask; of the others it is reported that they were not asked.

/// How a model is asked to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Nothing is known: it may be one that cannot.
    Unknown,
    /// It is turned on or off.
    Switch,
    /// By one of three words, and never off.
    Level,
}

/// Beginnings of the names of models that think.
const THINKING: &[&str] = &[
    "deepseek-r1",
    "deepseek-v3.1",
    "deepseek-v3.2",
    "gemma4",
    "glm-4.6",
    "glm-4.7",
    "glm-5",
    "kimi-k2-thinking",
    "lfm2.5-thinking",
    "magistral",
    "minimax-m2",
    "nemotron-3-nano",
    "olmo-3-think",
    "qwen3",
];

/// Of these, the ones that were trained not to.
const SILENT: &[&str] = &["coder", "embedding", "instruct", "no-thinking"];

pub(super) fn thinking(model: &str) -> Thinking {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    if name.starts_with("gpt-oss") {
        return Thinking::Level;
    }
    let thinks = THINKING.iter().any(|beginning| name.starts_with(beginning));
    if thinks && !SILENT.iter().any(|word| name.contains(word)) {
        Thinking::Switch
    } else {
        Thinking::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_with_their_tags_and_owners() {
        for (model, expected) in [
            ("qwen3:8b", Thinking::Switch),
            ("library/deepseek-r1:14b-qwen-distill-q4_K_M", Thinking::Switch),
            ("hf.co/someone/Qwen3-4B-GGUF:Q4_K_M", Thinking::Switch),
            ("gpt-oss:120b-cloud", Thinking::Level),
            ("qwen3-coder:30b", Thinking::Unknown),
            ("qwen3:4b-instruct-2507-q4_K_M", Thinking::Unknown),
            ("llama3.2", Thinking::Unknown),
        ] {
            assert_eq!(thinking(model), expected, "{model}");
        }
    }
}
