//! A request into the canonical model: a conversation of one message.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::content::take_images;
use super::super::settings::{self, Settings};
use super::super::shape::Shape;
use crate::canonical::{
    Content, Extra, Item, Message, Notation, Opaque, Part, PartKind, ReasoningNotation, Request, Role,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

/// Members that change how the prompt is read. Whoever does not know them must not answer, so they are parts of the
/// message: a completion between two texts, a template of the caller's own, a prompt that is one already.
pub(super) const WAYS_TO_READ: [&str; 3] = ["suffix", "template", "raw"];

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    let mut extra = Extra::default();
    members.take("model");
    let system = take_system(&mut members)?;
    let prompt = members.take("prompt");
    let content = content(&mut members, prompt)?;
    // Without anything to answer the model is loaded, or forgotten.
    let messages = if content.parts.is_empty() {
        if let Some(prompt) = prompt {
            extra.note(OWNER, "prompt", prompt);
        }
        Vec::new()
    } else {
        vec![message(content)]
    };
    let stream = members.take_as("stream");
    let settings = settings::decode(&mut members, &mut extra);
    let Settings { limit, sampling, stop, logprobs, top_logprobs, effort, thinking, output } = settings;
    Shape::Generate.keep_rest(members, &mut extra);
    Ok(Request {
        owner: Shape::Generate.owner(),
        system,
        messages,
        tools: None,
        tool_choice: None,
        parallel_tool_calls: None,
        limit,
        sampling,
        stop,
        choices: None,
        logprobs,
        top_logprobs,
        logit_bias: None,
        effort,
        thinking,
        output,
        modalities: None,
        service_tier: None,
        user: None,
        metadata: None,
        stream,
        include_usage: None,
        extra,
    })
}

fn take_system(members: &mut Members<'_>) -> Result<Option<Content>, BadRequest> {
    let Some(raw) = members.get("system") else { return Ok(None) };
    let text = json::string(raw).ok_or_else(|| BadRequest::wrong_type("system", "a string"))?;
    if text.is_empty() {
        return Ok(None);
    }
    members.take("system");
    Ok(Some(Content { parts: vec![Part::text(text)], notation: Notation::Text }))
}

fn content(members: &mut Members<'_>, prompt: Option<&RawValue>) -> Result<Content, BadRequest> {
    let mut content = Content { parts: Vec::new(), notation: Notation::Absent };
    if let Some(raw) = prompt {
        let text = json::string(raw).ok_or_else(|| BadRequest::wrong_type("prompt", "a string"))?;
        content.notation = Notation::Text;
        content.parts.extend((!text.is_empty()).then(|| Part::text(text)));
    }
    take_images(members, &mut content);
    for kind in WAYS_TO_READ {
        let Some(raw) = members.get(kind) else { continue };
        let opaque = Opaque { owner: Shape::Generate.owner(), kind: kind.to_owned(), raw: raw.to_owned() };
        if !opaque.is_empty() {
            members.take(kind);
            content.parts.push(Part::new(PartKind::Opaque(opaque)));
        }
    }
    Ok(content)
}

fn message(content: Content) -> Message {
    Message {
        role: Role::User,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    }
}
