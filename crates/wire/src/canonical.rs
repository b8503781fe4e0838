//! The model that formats meet in: their union, not the intersection.
//!
//! A decoder turns its format into this, an encoder turns this into its format. Three kinds of knowledge are kept
//! apart: what is understood has a field; how it was written, where a format has several ways, is a notation; and
//! what is not understood is [`Opaque`], which its owner gets back verbatim and everyone else reports as lost. So
//! decoding and encoding in one format gives the same JSON again.
//!
//! Formats divide a conversation differently. One whose pieces are items has a message for each of them, put together
//! by `items` on the way to anyone else; a tool of a kind that others lack brings the functions that stand for it.
//!
//! Encoders take these structs apart without `..`: a new field does not compile until every format has said what
//! becomes of it. Depends on the JSON parts of the crate only; knows no format's spelling.

pub(crate) mod blocks;
mod encoding;
mod event;
mod items;
mod logprobs;
mod opaque;
mod part;
mod request;
mod response;
pub(crate) mod signature;

pub(crate) use encoding::Encoding;
pub(crate) use event::{Event, StreamDecoder, StreamEncoder};
pub(crate) use logprobs::{Logprobs, Token};
pub(crate) use opaque::{Extra, Opaque, RawText};
pub(crate) use part::{
    CacheHint, Content, File, Image, Item, ItemKind, Message, Notation, Part, PartKind, ReasoningNotation,
    Role, Source, ToolCall, ToolResult,
};
pub(crate) use request::{
    Function, OutputFormat, OutputLimit, Replacement, Request, Sampling, Schema, Stop, Thinking, Tool,
    ToolChoice,
};
pub(crate) use response::{Choice, Finish, Response};
