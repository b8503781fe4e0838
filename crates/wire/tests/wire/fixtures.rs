//! Reading the fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use postern_wire::{Beside, Format};
use serde_json::{Value, json};

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
            let mut bytes = fs::read(&path).unwrap();
            if path.extension().is_some_and(|ending| ending == "jsonl") {
                bytes = messages(std::str::from_utf8(&bytes).unwrap());
            }
            all.push(Fixture { name: format!("{format}-{stem}"), format, bytes });
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
        Format::BedrockConverse => "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
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
        Format::Gemini | Format::BedrockConverse => {
            Beside { model: Some(model_of(format)), stream: Some(false) }
        }
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
        Format::BedrockConverse => &["\"messageStop\""],
    }
}

/// Binary messages, of lines such as `{"event": "messageStop", "data": {..}}`; `exception` in place of `event` makes one
/// of those.
pub fn messages(lines: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let kind = if line.get("exception").is_some() { "exception" } else { "event" };
        let text = |text: &str| HeaderValue::String(text.to_owned().into());
        let message = Message::new(line["data"].to_string().into_bytes())
            .add_header(Header::new(format!(":{kind}-type"), text(line[kind].as_str().unwrap())))
            .add_header(Header::new(":content-type", text("application/json")))
            .add_header(Header::new(":message-type", text(kind)));
        write_message_to(&message, &mut out).unwrap();
    }
    out
}

/// A stream as text: binary messages as the lines that [`messages`] takes, everything else as it is.
pub fn shown(format: Format, bytes: &[u8]) -> String {
    if format != Format::BedrockConverse {
        return String::from_utf8(bytes.to_vec()).unwrap();
    }
    let mut rest = bytes;
    let mut out = String::new();
    while !rest.is_empty() {
        let message = read_message_from(&mut rest).unwrap();
        let header = |name: &str| {
            let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
            Some(header.value().as_string().unwrap().as_str().to_owned())
        };
        let kind = header(":message-type").unwrap();
        let data: Value = serde_json::from_slice(message.payload()).unwrap();
        out.push_str(&json!({&kind: header(&format!(":{kind}-type")), "data": data}).to_string());
        out.push('\n');
    }
    out
}
