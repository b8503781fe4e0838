//! A request.

use super::opaque::{Extra, Opaque, RawText};
use super::part::{CacheHint, Content, Message};
use crate::format::Format;
use crate::translate::ToolAlias;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub owner: Format,
    /// Instructions that stand apart from the messages. Others are messages with that role, where they stood.
    pub system: Option<Content>,
    pub messages: Vec<Message>,
    pub tools: Option<Vec<Tool>>,
    pub tool_choice: Option<ToolChoice>,
    pub parallel_tool_calls: Option<bool>,
    pub limit: Option<OutputLimit>,
    pub sampling: Sampling,
    pub stop: Option<Stop>,
    /// How many completions.
    pub choices: Option<u64>,
    pub logprobs: Option<bool>,
    pub top_logprobs: Option<RawText>,
    pub logit_bias: Option<RawText>,
    /// How hard to think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    pub effort: Option<String>,
    pub thinking: Option<Thinking>,
    pub output: Option<OutputFormat>,
    /// `text`, `audio`.
    pub modalities: Option<Vec<String>>,
    pub service_tier: Option<String>,
    /// The end user.
    pub user: Option<String>,
    pub metadata: Option<RawText>,
    pub stream: Option<bool>,
    pub include_usage: Option<bool>,
    pub extra: Extra,
}

/// The largest number of output tokens, and the name it was given under.
#[derive(Clone, Debug)]
pub(crate) struct OutputLimit {
    pub tokens: u64,
    pub member: String,
}

/// Numbers stay as they were written: `1.0` is not `1` to everyone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sampling {
    pub temperature: Option<RawText>,
    pub top_p: Option<RawText>,
    pub top_k: Option<RawText>,
    pub frequency_penalty: Option<RawText>,
    pub presence_penalty: Option<RawText>,
    pub seed: Option<RawText>,
}

#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub sequences: Vec<String>,
    /// Written as a string rather than an array of one.
    pub as_string: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Thinking {
    Enabled { budget_tokens: u64 },
    Adaptive,
    Disabled,
}

#[derive(Clone, Debug)]
pub(crate) enum OutputFormat {
    Text,
    JsonObject,
    JsonSchema(Schema),
}

#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub name: Option<String>,
    pub description: Option<String>,
    pub json: Option<RawText>,
    pub strict: Option<bool>,
}

#[derive(Clone, Debug)]
pub(crate) enum Tool {
    Function(Function),
    /// A tool the provider defines or runs.
    Opaque(Opaque),
    /// What only its owner knows, but others can do without or have functions in place of.
    Replaced {
        original: Opaque,
        by: Vec<Replacement>,
    },
}

/// A function that stands for a tool of another kind.
#[derive(Clone, Debug)]
pub(crate) struct Replacement {
    pub function: Function,
    /// What calls of it have to be called in the reply; `None` if it has its own name and kind.
    pub alias: Option<ToolAlias>,
}

#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub name: String,
    pub description: Option<String>,
    pub schema: Option<RawText>,
    pub strict: Option<bool>,
    pub cache: Option<CacheHint>,
    /// The type was named where the format lets it be left out.
    pub typed: bool,
    pub extra: Extra,
    /// Unknown members beside the definition, in formats that wrap it.
    pub outer: Extra,
}

#[derive(Clone, Debug)]
pub(crate) enum ToolChoice {
    Auto,
    None,
    Required,
    Named(String),
    /// Some of the tools, in the owner's notation.
    Allowed {
        required: bool,
        names: Vec<String>,
        raw: Opaque,
    },
    Opaque(Opaque),
}
