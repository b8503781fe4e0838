//! What the gateway must know of a request before it is sent on, and the splices it may make.
//!
//! [`Envelope::peek`] is one validating scan over the body's top level: the few members that decide routing,
//! limits and billing are read, everything else is only checked to be JSON. [`Envelope::rewrite`] replaces the
//! bytes of the values it must and leaves every other byte as the client wrote it, but for what the client brings along
//! from a provider of another format (`foreign`).
//!
//! A key that is read here may appear once only. Readers of JSON disagree about which of two duplicates counts,
//! and a gateway that bills one model while the provider runs another is a hole.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use serde_json::value::RawValue;

use crate::format::Format;
use crate::json::{self, Members};

mod controls;
mod conversation;
mod fields;
mod foreign;
#[cfg(test)]
mod tests;

pub use controls::{Controls, OtherModels, RoutingControls, read_controls};
pub(crate) use fields::Fields;
use foreign::Foreign;

/// A request that is refused before anything is sent upstream. The caller's fault, status 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadRequest {
    /// One sentence for the person who sent it.
    pub message: String,
    /// The JSON path of the member at fault, such as `messages[2].content[0]`.
    pub param: Option<String>,
    /// `invalid_utf8`, `invalid_json`, `invalid_type`, `invalid_value`, `missing_field`, `duplicate_field` or
    /// `unsupported_value`.
    pub code: &'static str,
}

impl BadRequest {
    pub(crate) fn new(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        let param = (!param.is_empty()).then(|| param.to_owned());
        Self { message: message.into(), param, code }
    }

    /// A member of the wrong JSON type.
    pub(crate) fn wrong_type(param: &str, expected: &str) -> Self {
        Self::new("invalid_type", param, format!("`{param}` must be {expected}."))
    }
}

/// What one request asks for, as far as the gateway must know.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The model name the client wrote.
    pub model: String,
    /// Whether a stream of events is wanted.
    pub stream: bool,
    /// Chat and completions only: the client itself asked for a usage chunk (`stream_options.include_usage`).
    pub include_usage: bool,
    /// The end user the client names: `user`, or messages `metadata.user_id`.
    pub user: Option<String>,
    /// The limit of output tokens per choice; the larger one if a chat request gives both spellings.
    pub max_output_tokens: Option<u64>,
    /// How many completions are asked for and paid for: chat `n`, Gemini `candidateCount`, the larger of completions'
    /// `n` and `best_of` for every prompt, otherwise 1.
    pub choices: u32,
    /// What the request says to the gateway and not to the provider. Boxed: hardly any request has it.
    pub controls: Option<Box<Controls>>,
    /// Responses only: what the request wants remembered.
    pub memory: Option<Memory>,
    /// Where the model's name stands; `None` if it is beside the body.
    model_span: Option<Range<usize>>,
    /// Where the turns stand, and what comes before them.
    turns: Option<Range<usize>>,
    usage_splice: UsageSplice,
    foreign: Foreign,
    body_len: usize,
}

/// Where `stream_options.include_usage: true` would have to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum UsageSplice {
    /// Nowhere: it is there, or the format has no such option.
    #[default]
    Nothing,
    /// There are no stream options: after the model.
    AfterModel,
    /// The options are `null`: in place of it.
    InPlaceOf(Range<usize>),
    /// The flag is there with another value: in place of that.
    FlagAt(Range<usize>),
    /// There are other stream options: before them.
    Into { at: usize, is_empty: bool },
}

/// What a request says outside of its body: formats that name the model in the path do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    pub model: Option<&'a str>,
    pub stream: Option<bool>,
}

/// What to change in a body; the rest of it stays byte for byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edits<'a> {
    /// The model name to send.
    pub model: Option<&'a str>,
    /// Ask a chat or completions stream for its usage chunk. Other stream options are kept. Without effect on other formats.
    pub ask_usage: bool,
}

/// What a Responses request says of what is kept between requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The response that this one goes on with.
    pub previous: Option<String>,
    /// Whether the response is to be kept.
    pub store: bool,
    /// The caller does not wait for it.
    pub background: bool,
    /// A conversation that the provider keeps.
    pub has_conversation: bool,
}

/// What a format's reader found out about a request besides its model.
#[derive(Debug, Default)]
pub(crate) struct EnvelopeParts {
    pub include_usage: bool,
    pub user: Option<String>,
    pub max_output_tokens: Option<u64>,
    pub choices: Option<u32>,
    pub usage_splice: UsageSplice,
    pub memory: Option<Memory>,
    /// What begins that which translations into this format seal for the providers of others.
    pub mark: Option<&'static str>,
}

impl Envelope {
    /// Reads a request's envelope and checks that the body is one JSON object in UTF-8.
    pub fn peek(format: Format, body: &[u8]) -> Result<Self, BadRequest> {
        Self::peek_beside(format, body, Beside::default())
    }

    /// The same where some of it is not in the body.
    pub fn peek_beside(format: Format, body: &[u8], beside: Beside<'_>) -> Result<Self, BadRequest> {
        let text = text_of(body)?;
        let members = Members::parse(text).map_err(|error| describe(text, &error))?;
        let fields = Fields::new(text, &members);

        let (model, model_span) = if let Some(model) = beside.model {
            (model.to_owned(), None)
        } else {
            let value = fields.required("model")?;
            let model = json::string(value).ok_or_else(|| BadRequest::wrong_type("model", "a string"))?;
            (model.into_owned(), Some(fields.span(value)))
        };
        if model.trim().is_empty() {
            return Err(BadRequest::new("invalid_value", "model", "`model` must not be empty."));
        }
        let stream = match beside.stream {
            Some(stream) => stream,
            None => fields.flag("stream")?.unwrap_or(format.codec().streams_by_default),
        };
        let parts = (format.codec().read_envelope)(&fields)?;
        Ok(Self {
            model,
            stream,
            include_usage: parts.include_usage,
            user: parts.user,
            max_output_tokens: parts.max_output_tokens,
            choices: parts.choices.unwrap_or(1),
            controls: controls::read(&fields)?,
            memory: parts.memory,
            model_span,
            turns: conversation::turns(&fields),
            usage_splice: parts.usage_splice,
            foreign: foreign::find(text, &members, parts.mark),
            body_len: body.len(),
        })
    }

    /// Whether the body itself names the model.
    pub fn is_model_inside(&self) -> bool {
        self.model_span.is_some()
    }

    /// The JSON paths of what the client brings along from another provider, sealed by an earlier translation: the
    /// provider of the client's own format cannot read it, and [`Envelope::rewrite`] leaves it out.
    pub fn foreign_signatures(&self) -> &[String] {
        &self.foreign.paths
    }

    /// The body with this name of a model, whatever it says; `None` if it is no object, about which [`Envelope::peek`]
    /// has more to say.
    pub fn with_model(body: &[u8], model: &str) -> Option<Vec<u8>> {
        let members = parse(body).ok()?;
        let mut out = json::ObjectWriter::new();
        out.string("model", model);
        for (name, value) in members.0.iter().filter(|(name, _)| name != "model") {
            out.raw(name, value.get());
        }
        Some(out.finish().into_bytes())
    }

    /// Applies the edits to the body this envelope was read from, without other providers' signatures. Nothing to change
    /// costs nothing: the same bytes are returned, shared.
    pub fn rewrite(&self, body: &Bytes, edits: &Edits<'_>) -> Bytes {
        debug_assert_eq!(self.body_len, body.len(), "an envelope belongs to one body");
        let mut splices: Vec<(Range<usize>, String)> = Vec::with_capacity(2);
        if let (Some(model), Some(span)) = (edits.model, &self.model_span)
            && model != self.model
        {
            splices.push((span.clone(), json::quote(model)));
        }
        if edits.ask_usage
            && self.stream
            && let Some(span) = &self.model_span
        {
            splices.extend(self.usage_splice.replacement(span.end));
        }
        splices.extend(self.foreign.spans.iter().map(|span| (span.clone(), String::new())));
        if splices.is_empty() {
            return body.clone();
        }
        splices.sort_by_key(|(span, _)| (span.start, span.end));
        let grown: usize = splices.iter().map(|(_, text)| text.len()).sum();
        let mut out = BytesMut::with_capacity(body.len() + grown);
        let mut copied = 0;
        for (span, text) in splices {
            out.extend_from_slice(&body[copied..span.start]);
            out.extend_from_slice(text.as_bytes());
            copied = span.end;
        }
        out.extend_from_slice(&body[copied..]);
        out.freeze()
    }
}

impl UsageSplice {
    fn replacement(&self, model_end: usize) -> Option<(Range<usize>, String)> {
        let flag = "\"include_usage\":true";
        match self {
            Self::Nothing => None,
            Self::AfterModel => Some((model_end..model_end, format!(",\"stream_options\":{{{flag}}}"))),
            Self::InPlaceOf(span) => Some((span.clone(), format!("{{{flag}}}"))),
            Self::FlagAt(span) => Some((span.clone(), "true".to_owned())),
            Self::Into { at, is_empty } => {
                let comma = if *is_empty { "" } else { "," };
                Some((*at..*at, format!("{flag}{comma}")))
            }
        }
    }
}

fn text_of(body: &[u8]) -> Result<&str, BadRequest> {
    std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        BadRequest::new("invalid_utf8", "", format!("The request body is not valid UTF-8 at byte {at}."))
    })
}

/// A body's members, for translation.
pub(crate) fn parse(body: &[u8]) -> Result<Members<'_>, BadRequest> {
    let text = text_of(body)?;
    Members::parse(text).map_err(|error| describe(text, &error))
}

/// Says what is wrong with a body that could not be read as an object.
fn describe(text: &str, error: &serde_json::Error) -> BadRequest {
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    if is_json {
        return BadRequest::new("invalid_type", "", "The request body must be a JSON object.");
    }
    if text.trim().is_empty() {
        return BadRequest::new("invalid_json", "", "The request body is empty; a JSON object was expected.");
    }
    BadRequest::new("invalid_json", "", format!("The request body is not valid JSON: {error}."))
}
