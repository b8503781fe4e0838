//! The closed list of wire formats, and the row of functions each one provides.
//!
//! A format is a folder with a `CODEC`; adding one means adding the folder, a variant here and its line in
//! [`Format::codec`]. Nothing else in the crate names a format in order to decide something.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::codec::Codec;
use crate::framing::Framing;
use crate::{chat, cohere, completions, converse, gemini, messages, ollama, responses};

/// A wire format: how requests, replies, streams and errors are written. A format is not a provider: many
/// providers speak `OpenAiChat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// `POST /v1/chat/completions`, as OpenAI documents it.
    #[serde(rename = "openai_chat")]
    OpenAiChat,
    /// `POST /v1/responses`, as OpenAI documents it.
    #[serde(rename = "openai_responses")]
    OpenAiResponses,
    /// `POST /v1/messages`, as Anthropic documents it.
    #[serde(rename = "anthropic_messages")]
    AnthropicMessages,
    /// `POST /v1beta/models/MODEL:generateContent` and `:streamGenerateContent`, as Google documents them. The model
    /// and whether a stream is wanted stand in the path, not in the body.
    #[serde(rename = "gemini")]
    Gemini,
    /// `POST /api/chat`, as Ollama documents it.
    #[serde(rename = "ollama")]
    Ollama,
    /// `POST /api/generate`, as Ollama documents it: a single prompt.
    #[serde(rename = "ollama_generate")]
    OllamaGenerate,
    /// `POST /v2/chat`, as Cohere documents it.
    #[serde(rename = "cohere")]
    Cohere,
    /// `POST /v1/completions`, as OpenAI documents it: a prompt that is gone on with, not a conversation.
    #[serde(rename = "openai_completions")]
    OpenAiCompletions,
    /// `POST /model/MODEL/converse` and `/model/MODEL/converse-stream`, as AWS documents them for Bedrock. The model and
    /// whether a stream is wanted stand in the path, not in the body.
    #[serde(rename = "bedrock_converse")]
    BedrockConverse,
}

impl Format {
    /// Every format, in the order of their introduction.
    pub const ALL: [Self; 9] = [
        Self::OpenAiChat,
        Self::AnthropicMessages,
        Self::OpenAiResponses,
        Self::Gemini,
        Self::Ollama,
        Self::OllamaGenerate,
        Self::Cohere,
        Self::OpenAiCompletions,
        Self::BedrockConverse,
    ];

    /// The name used in configuration, the ledger and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai_chat",
            Self::OpenAiResponses => "openai_responses",
            Self::AnthropicMessages => "anthropic_messages",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::OllamaGenerate => "ollama_generate",
            Self::Cohere => "cohere",
            Self::OpenAiCompletions => "openai_completions",
            Self::BedrockConverse => "bedrock_converse",
        }
    }

    /// How its streams are divided into events.
    pub fn framing(self) -> Framing {
        self.codec().framing
    }

    pub(crate) fn codec(self) -> &'static Codec {
        match self {
            Self::OpenAiChat => &chat::CODEC,
            Self::OpenAiResponses => &responses::CODEC,
            Self::AnthropicMessages => &messages::CODEC,
            Self::Gemini => &gemini::CODEC,
            Self::Ollama => &ollama::CODEC,
            Self::OllamaGenerate => &ollama::GENERATE,
            Self::Cohere => &cohere::CODEC,
            Self::OpenAiCompletions => &completions::CODEC,
            Self::BedrockConverse => &converse::CODEC,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name given is no format's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown wire format `{0}`; known are openai_chat, openai_responses, anthropic_messages, gemini, ollama, ollama_generate, cohere, openai_completions and bedrock_converse"
)]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
