//! Messages and what they are made of.

use super::opaque::{Extra, Opaque, RawText};
use crate::format::Format;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    System,
    /// As `System`, in the words of newer models.
    Developer,
    User,
    Assistant,
    /// A message that is one tool result.
    Tool,
}

/// How a content was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Notation {
    /// As one string.
    #[default]
    Text,
    /// As an array of parts.
    Parts,
    Null,
    Absent,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub parts: Vec<Part>,
    pub notation: Notation,
}

/// Where a format keeps an assistant's reasoning, if beside the content.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReasoningNotation {
    /// The member that holds it as plain text.
    pub text_member: Option<String>,
    /// The parts are written out with their signatures.
    pub blocks: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub role: Role,
    pub content: Content,
    pub reasoning: ReasoningNotation,
    pub item: Item,
    pub extra: Extra,
}

/// How a message was written in a format whose turns come in pieces: what others say in one message is one item for
/// each piece of text, each thought and each call. Every item is a message here until it leaves its format, which
/// puts the pieces of a turn together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    pub kind: ItemKind,
    /// Where it stood, such as `input[3]`.
    pub place: String,
    /// It goes on with the turn of the item before.
    pub continues: bool,
    /// Its owner's bookkeeping, such as ids and states, and what the message says in other words already. Nobody
    /// else misses it.
    pub members: Extra,
    /// In a reply, which is one message to everyone else: the items after this one.
    pub rest: Vec<Message>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// Without saying which.
    #[default]
    Unnamed,
    /// As the whole input, which was one string.
    Whole,
    Named(String),
}

/// A piece of content.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub kind: PartKind,
    /// "Cache the prompt up to here."
    pub cache: Option<CacheHint>,
    pub extra: Extra,
}

impl Part {
    pub fn new(kind: PartKind) -> Self {
        Self { kind, cache: None, extra: Extra::default() }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::new(PartKind::Text { text: text.into(), citations: None })
    }
}

#[derive(Clone, Debug)]
pub(crate) enum PartKind {
    Text {
        text: String,
        /// Where the text was taken from, in the owner's notation. `None` and an empty list are two notations.
        citations: Option<Vec<Opaque>>,
    },
    /// Text with which a model declined.
    Refusal(String),
    Image(Image),
    File(File),
    Audio {
        data: String,
        format: String,
    },
    Thinking {
        text: String,
        /// Lets the provider that made it recognise it; without one no provider takes it back.
        signature: Option<String>,
    },
    /// Thinking only its provider can read.
    RedactedThinking(String),
    ToolCall(ToolCall),
    ToolResult(ToolResult),
    Opaque(Opaque),
}

#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub source: Source,
    /// How closely to look at it.
    pub detail: Option<String>,
}

/// A document: PDF, text, or whatever the model reads.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub source: Source,
    pub name: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Base64 {
        media_type: String,
        data: String,
    },
    Url(String),
    /// A file kept at the provider.
    FileId(String),
    Text {
        media_type: String,
        text: String,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct ToolCall {
    pub id: String,
    pub name: String,
    /// JSON text as the model wrote it, which need not be valid.
    pub arguments: String,
    /// Google's, without which it does not take its own call back.
    pub signature: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct ToolResult {
    pub call_id: String,
    pub content: Content,
    pub is_error: Option<bool>,
}

#[derive(Clone, Debug)]
pub(crate) struct CacheHint {
    pub owner: Format,
    /// The member it was written as.
    pub member: String,
    pub raw: RawText,
    /// How long the owner wants it kept, in the owner's words.
    pub ttl: Option<String>,
}
