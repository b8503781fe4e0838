//! Reading the fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use postern_wire::{Beside, Format};

pub struct Fixture {
    /// Format and file name, such as `openai_chat-minimal`.
    pub name: String,
    pub format: Format,
    pub bytes: Vec<u8>,
}

/// Every fixture of a kind (`requests`, `responses`, `streams`, `errors`), in a fixed order.
pub fn fixtures(kind: &str) -> Vec<Fixture> {
    let mut all = Vec::new();
    for format in Format::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format.as_str()).join(kind);
        let mut paths: Vec<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            all.push(Fixture { name: format!("{format}-{stem}"), format, bytes: fs::read(&path).unwrap() });
        }
    }
    assert!(all.len() > 10 || kind == "errors", "no fixtures of kind {kind}");
    all
}

/// Every format but this one.
pub fn others(format: Format) -> impl Iterator<Item = Format> {
    Format::ALL.into_iter().filter(move |other| *other != format)
}

/// The formats that can hold a conversation.
pub fn conversing() -> impl Iterator<Item = Format> {
    let is_single = |format: &Format| matches!(format, Format::OllamaGenerate | Format::OpenAiCompletions);
    Format::ALL.into_iter().filter(move |format| !is_single(format))
}

/// A model that speaks a format natively.
pub fn model_of(format: Format) -> &'static str {
    match format {
        Format::OpenAiChat | Format::OpenAiResponses => "gpt-5",
        Format::AnthropicMessages => "claude-sonnet-4-5",
        Format::Gemini => "gemini-2.5-pro",
        Format::Ollama | Format::OllamaGenerate => "qwen3:8b",
        Format::Cohere => "command-a-plus-05-2026",
        Format::OpenAiCompletions => "gpt-3.5-turbo-instruct",
    }
}

/// What a request of this format says beside its body.
pub fn beside(format: Format) -> Beside<'static> {
    match format {
        Format::OpenAiChat
        | Format::OpenAiResponses
        | Format::AnthropicMessages
        | Format::Cohere
        | Format::Ollama
        | Format::OllamaGenerate
        | Format::OpenAiCompletions => Beside::default(),
        Format::Gemini => Beside { model: Some(model_of(format)), stream: Some(false) },
    }
}

/// What shows that a stream is finished, in each format: its end marker, or what only a finished one says.
pub fn end_marks(format: Format) -> &'static [&'static str] {
    match format {
        Format::OpenAiChat | Format::OpenAiCompletions => &["[DONE]"],
        Format::OpenAiResponses => &["event: response.completed", "event: response.incomplete"],
        Format::AnthropicMessages => &["message_stop"],
        Format::Gemini => &["\"finishReason\""],
        Format::Ollama | Format::OllamaGenerate => &["\"done\":true"],
        Format::Cohere => &["event: message-end", "[DONE]"],
    }
}
