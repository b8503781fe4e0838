//! A complete response.

use super::logprobs::Logprobs;
use super::opaque::{Extra, RawText};
use super::part::Message;
use crate::format::Format;
use crate::usage::Usage;

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub owner: Format,
    pub id: Option<String>,
    pub model: Option<String>,
    /// Unix seconds.
    pub created: Option<RawText>,
    pub choices: Vec<Choice>,
    pub usage: Option<Usage>,
    /// What repeats the request, or says again what other members say. Nobody else misses it.
    pub echo: Extra,
    pub extra: Extra,
}

#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub index: u64,
    pub message: Message,
    pub finish: Option<Finish>,
    /// The sequence that ended it.
    pub stop_sequence: Option<String>,
    pub logprobs: Option<Logprobs>,
    pub extra: Extra,
}

/// Why the output ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Stop,
    StopSequence,
    /// The limit of output tokens.
    Length,
    /// The model's own limit.
    ContextWindow,
    ToolCalls,
    /// A filter, or the model itself, declined.
    Refused,
    /// The provider paused a long turn; send it back to go on.
    Paused,
    /// In the owner's words.
    Other(String),
}
