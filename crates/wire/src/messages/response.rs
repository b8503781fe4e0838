//! Complete messages.

use std::borrow::Cow;

use super::{OWNER, content, usage};
use crate::canonical::{
    Choice, Content, Encoding, Extra, Finish, Item, Message, Notation, Part, PartKind, ReasoningNotation,
    Response, Role,
};
use crate::json::{self, Members, ObjectWriter, array};
use crate::read::NotAResponse;
use crate::translate::ReplyContext;
use crate::usage::Usage;

pub(super) fn decode(mut members: Members<'_>) -> Result<Response, NotAResponse> {
    let raw = members.take("content").and_then(json::elements);
    let raw = raw.ok_or_else(|| NotAResponse::new("The provider's reply has no `content`."))?;
    let content =
        Content { parts: raw.into_iter().map(content::decode).collect(), notation: Notation::Parts };
    members.take("type");
    members.take("role");
    let message = Message {
        role: Role::Assistant,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    };
    let choice = Choice {
        index: 0,
        message,
        finish: members.take_as::<String>("stop_reason").map(|word| finish(&word)),
        stop_sequence: members.take_as("stop_sequence"),
        logprobs: None,
        extra: Extra::default(),
    };
    Ok(Response {
        owner: OWNER,
        id: members.take_as("id"),
        model: members.take_as("model"),
        created: None,
        choices: vec![choice],
        usage: members.take_read("usage", usage::read),
        echo: Extra::default(),
        extra: Extra::rest(OWNER, members),
    })
}

pub(super) fn finish(word: &str) -> Finish {
    match word {
        "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence,
        "max_tokens" => Finish::Length,
        "model_context_window_exceeded" => Finish::ContextWindow,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::Refused,
        "pause_turn" => Finish::Paused,
        _ => Finish::Other(word.to_owned()),
    }
}

/// This format's word for why the output ended. Some providers of other formats say "stop" after a tool call.
pub(super) fn finish_word(finish: &Finish, is_own: bool, has_calls: bool) -> Cow<'_, str> {
    Cow::Borrowed(match finish {
        Finish::Stop | Finish::Other(_) if has_calls && !is_own => "tool_use",
        Finish::StopSequence => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ContextWindow => "model_context_window_exceeded",
        Finish::ToolCalls => "tool_use",
        Finish::Refused => "refusal",
        Finish::Paused => "pause_turn",
        Finish::Other(word) if is_own => word,
        Finish::Stop | Finish::Other(_) => "end_turn",
    })
}

pub(super) fn encode(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    let is_own = response.owner == OWNER;
    let Response { owner: _, id, model, created: _, choices, usage, echo: _, extra } = response;
    let id = id.or_else(|| (!is_own).then(|| ctx.fallback_id.clone()));
    let model = model.or_else(|| (!is_own).then(|| ctx.model.clone()));
    let mut out = ObjectWriter::new();
    out.maybe_string("id", id.as_deref())
        .string("type", "message")
        .string("role", "assistant")
        .maybe_string("model", model.as_deref());
    let mut choices = choices.into_iter();
    if let Some(mut choice) = choices.next() {
        if !is_own {
            name_calls(&mut choice, id.as_deref().unwrap_or_default());
        }
        write_choice(&choice, is_own, &mut out, to);
    } else {
        out.raw("content", "[]").raw("stop_reason", "null").raw("stop_sequence", "null");
    }
    for (index, _) in choices.enumerate() {
        to.loss.add(format!("choices[{}]", index + 1));
    }
    match (usage, is_own) {
        (Some(Usage { raw: Some(raw), .. }), true) => out.raw("usage", raw.get()),
        (Some(usage), _) => out.raw("usage", &usage::write(&usage).to_string()),
        (None, true) => &mut out,
        // Clients rely on its being there.
        (None, false) => out.raw("usage", &usage::write(&Usage::default()).to_string()),
    };
    extra.write(OWNER, &mut out, "", &mut to.loss);
    out.finish()
}

/// Some providers of other formats give calls no ids. Here they need ones that no other turn has.
fn name_calls(choice: &mut Choice, response_id: &str) {
    for (index, part) in choice.message.content.parts.iter_mut().enumerate() {
        if let PartKind::ToolCall(call) = &mut part.kind
            && call.id.is_empty()
        {
            call.id = format!("call_{response_id}_{index}");
        }
    }
}

fn write_choice(choice: &Choice, is_own: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    let Choice { index: _, message, finish, stop_sequence, logprobs, extra } = choice;
    let parts: &[Part] = &message.content.parts;
    let path = if is_own { "" } else { "choices[0].message." };
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{path}content[{index}]");
        blocks.extend(content::encode_signature(part, &at, to));
        // A reply is never refused.
        blocks.extend(content::encode(part, &at, to).unwrap_or_default());
    }
    out.raw("content", &array(blocks));
    let has_calls = parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall(_)));
    if let Some(finish) = finish {
        out.string("stop_reason", &finish_word(finish, is_own, has_calls));
    } else if !is_own {
        out.raw("stop_reason", "null");
    }
    match stop_sequence {
        Some(sequence) => out.string("stop_sequence", sequence),
        None if is_own => out,
        None => out.raw("stop_sequence", "null"),
    };
    to.lose_if(logprobs.is_some(), "choices[0]", "logprobs");
    let mut unused = ObjectWriter::new();
    message.extra.write(OWNER, &mut unused, "choices[0].message", &mut to.loss);
    extra.write(OWNER, &mut unused, "choices[0]", &mut to.loss);
}
