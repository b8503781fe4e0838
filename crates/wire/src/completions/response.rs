//! Complete responses.

use serde_json::value::RawValue;

use super::{OWNER, logprobs};
use crate::canonical::{
    Choice, Content, Encoding, Extra, Finish, Item, Message, Notation, Part, PartKind, ReasoningNotation,
    Response, Role,
};
use crate::json::{self, Members, ObjectWriter, array};
use crate::loss::LossReport;
use crate::openai::{finish, usage};
use crate::read::NotAResponse;
use crate::translate::ReplyContext;

pub(super) fn decode(mut members: Members<'_>) -> Result<Response, NotAResponse> {
    let raw = members.take("choices").and_then(json::elements);
    let raw = raw.ok_or_else(|| NotAResponse::new("The provider's reply has no `choices`."))?;
    let choices = raw.into_iter().enumerate().map(choice).collect::<Result<_, _>>()?;
    members.take("object");
    let tier = members.text("service_tier").map(String::from);
    Ok(Response {
        owner: OWNER,
        id: members.take_as("id"),
        model: members.take_as("model"),
        created: members.take("created").map(RawValue::to_owned),
        choices,
        usage: members.take_read("usage", |raw| usage::read(raw, tier)),
        echo: Extra::default(),
        extra: Extra::rest(OWNER, members),
    })
}

fn choice((position, raw): (usize, &RawValue)) -> Result<Choice, NotAResponse> {
    let wrong =
        |what: &str| NotAResponse::new(format!("The provider's `choices[{position}]` has no {what}."));
    let mut members = json::members(raw).ok_or_else(|| wrong("members"))?;
    if !members.0.iter().any(|(name, _)| name == "text") {
        return Err(wrong("text"));
    }
    let content = match members.take_as::<String>("text") {
        Some(text) => Content { parts: vec![Part::text(text)], notation: Notation::Text },
        None => Content { parts: Vec::new(), notation: Notation::Absent },
    };
    let message = Message {
        role: Role::Assistant,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    };
    let stop_sequence = members.take_as::<String>(STOPPED);
    Ok(Choice {
        index: members.take_as("index").unwrap_or(position as u64),
        message,
        finish: members
            .take_as::<String>("finish_reason")
            .map(|word| self::finish(&word, stop_sequence.as_deref())),
        stop_sequence,
        logprobs: members.take_read("logprobs", logprobs::read),
        extra: Extra::rest(OWNER, members),
    })
}

/// vLLM's: the sequence that ended the output. Where a token did, it is a number, which means nothing to others.
pub(super) const STOPPED: &str = "stop_reason";

pub(super) fn finish(word: &str, stop_sequence: Option<&str>) -> Finish {
    match finish::read(word) {
        Finish::Stop if stop_sequence.is_some() => Finish::StopSequence,
        finish => finish,
    }
}

/// There are no calls here to be waited for.
pub(super) fn finish_word(finish: &Finish, is_own: bool) -> &str {
    match finish {
        Finish::ToolCalls if !is_own => "stop",
        other => finish::word(other, is_own),
    }
}

pub(super) fn encode(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    let is_own = response.owner == OWNER;
    let Response { owner: _, id, model, created, choices, usage, echo: _, extra } = response;
    let mut out = ObjectWriter::new();
    let id = id.or_else(|| (!is_own).then(|| ctx.fallback_id.clone()));
    let model = model.or_else(|| (!is_own).then(|| ctx.model.clone()));
    out.maybe_string("id", id.as_deref()).string("object", "text_completion");
    match created {
        Some(created) => out.raw("created", created.get()),
        None if is_own => &mut out,
        None => out.put("created", ctx.created),
    };
    out.maybe_string("model", model.as_deref());
    let choices: Vec<String> = choices
        .iter()
        .enumerate()
        .map(|(position, choice)| encode_choice(choice, position, is_own, to))
        .collect();
    out.raw("choices", &array(choices));
    if let Some(usage) = usage {
        match usage.raw.as_ref().filter(|_| is_own) {
            Some(raw) => out.raw("usage", raw.get()),
            None => out.raw("usage", &usage::write(&usage).to_string()),
        };
    }
    extra.write(OWNER, &mut out, "", &mut to.loss);
    out.finish()
}

fn encode_choice(choice: &Choice, position: usize, is_own: bool, to: &mut Encoding) -> String {
    let Choice { index, message, finish, stop_sequence, logprobs, extra } = choice;
    let path = format!("choices[{position}]");
    let mut out = ObjectWriter::new();
    if !(is_own && message.content.notation == Notation::Absent) {
        out.string("text", &text_of(&message.content.parts, &format!("{path}.message"), &mut to.loss));
    }
    out.put("index", *index);
    match logprobs {
        Some(logprobs) if is_own => {
            out.raw("logprobs", logprobs.raw.get());
        }
        Some(logprobs) if logprobs.tokens.is_empty() => to.lose(&path, "logprobs"),
        Some(logprobs) => {
            out.raw("logprobs", &logprobs::write(&logprobs.tokens, 0));
        }
        None if is_own => {}
        None => {
            out.raw("logprobs", "null");
        }
    }
    match finish {
        Some(finish) => out.string("finish_reason", finish_word(finish, is_own)),
        None if is_own => &mut out,
        None => out.raw("finish_reason", "null"),
    };
    if is_own {
        out.maybe_string(STOPPED, stop_sequence.as_deref());
    } else {
        to.lose_if(stop_sequence.is_some(), "", "stop_sequence");
    }
    let mut unused = ObjectWriter::new();
    message.extra.write(OWNER, &mut unused, &format!("{path}.message"), &mut to.loss);
    extra.write(OWNER, &mut out, &path, &mut to.loss);
    out.finish()
}

/// All that was said, as one text. Thoughts and calls have no place in it.
fn text_of(parts: &[Part], path: &str, loss: &mut LossReport) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        match &part.kind {
            PartKind::Text { text: said, citations } => {
                for citation in citations.iter().flatten() {
                    citation.report(&at, loss);
                }
                text.push_str(said);
            }
            PartKind::Refusal(said) => text.push_str(said),
            _ => loss.add(at.as_str()),
        }
        let mut unused = ObjectWriter::new();
        part.extra.write(OWNER, &mut unused, &at, loss);
    }
    text
}
