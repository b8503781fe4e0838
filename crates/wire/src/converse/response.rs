//! Complete responses.

use serde_json::value::RawValue;

use super::{OWNER, block, usage};
use crate::canonical::{
    Choice, Encoding, Extra, Finish, Item, Message, Opaque, Part, PartKind, ReasoningNotation, Response, Role,
};
use crate::json::{self, Members, ObjectWriter, array};
use crate::read::NotAResponse;
use crate::translate::ReplyContext;

/// What every reply says beside its message, and nobody else misses: how long it took, how it was served.
const BOOKKEEPING: &[&str] = &["metrics", "performanceConfig", "serviceTier"];

pub(super) fn decode(mut members: Members<'_>) -> Result<Response, NotAResponse> {
    let missing = || NotAResponse::new("The provider's reply has no `output.message.content`.");
    let mut output = members.take("output").and_then(json::members).ok_or_else(missing)?;
    let mut message = output.take("message").and_then(json::members).ok_or_else(missing)?;
    let content = message.take("content").and_then(block::content).ok_or_else(missing)?;
    let mut extra = Extra::default();
    if let Some(role) = message.take("role") {
        extra.note(OWNER, "role", role);
    }
    extra.add("", OWNER, message);
    let message = Message {
        role: Role::Assistant,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra,
    };
    let usage = usage::of(&members);
    let mut extra = Extra::default();
    if let Some(raw) = members.take("usage") {
        extra.note(OWNER, "usage", raw);
    }
    let mut choice_extra = Extra::default();
    let finish = members.get("stopReason").and_then(json::string).map(|word| finish(&word));
    if finish.is_some()
        && let Some(raw) = members.take("stopReason")
    {
        // Several words mean the same elsewhere.
        choice_extra.note(OWNER, "stopReason", raw);
    }
    let stop_sequence = members.get("additionalModelResponseFields").and_then(stop_sequence);
    let mut echo = Extra::default();
    for name in BOOKKEEPING {
        if let Some(raw) = members.take(name) {
            echo.0.push(Opaque { owner: OWNER, kind: (*name).to_owned(), raw: raw.to_owned() });
        }
    }
    if let Some((_, true)) = &stop_sequence
        && let Some(raw) = members.take("additionalModelResponseFields")
    {
        let kind = "additionalModelResponseFields".to_owned();
        echo.0.push(Opaque { owner: OWNER, kind, raw: raw.to_owned() });
    }
    extra.add("output", OWNER, output);
    extra.add("", OWNER, members);
    let choice = Choice {
        index: 0,
        message,
        finish,
        stop_sequence: stop_sequence.map(|(sequence, _)| sequence),
        logprobs: None,
        extra: choice_extra,
    };
    Ok(Response {
        owner: OWNER,
        id: None,
        model: None,
        created: None,
        choices: vec![choice],
        usage,
        echo,
        extra,
    })
}

/// The sequence that ended the output, which is told to who asked for it; and whether nothing else is told there.
pub(super) fn stop_sequence(raw: &RawValue) -> Option<(String, bool)> {
    let fields = json::members(raw)?;
    Some((fields.text("stop_sequence")?.into_owned(), fields.0.len() == 1))
}

pub(super) fn finish(word: &str) -> Finish {
    match word {
        "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence,
        "max_tokens" => Finish::Length,
        "model_context_window_exceeded" => Finish::ContextWindow,
        "tool_use" => Finish::ToolCalls,
        "guardrail_intervened" | "content_filtered" => Finish::Refused,
        _ => Finish::Other(word.to_owned()),
    }
}

/// This format's word for why the output ended. Some providers of other formats say "stop" after a tool call.
pub(super) fn finish_word(finish: &Finish, has_calls: bool) -> &'static str {
    match finish {
        Finish::ToolCalls => "tool_use",
        Finish::Stop | Finish::Other(_) if has_calls => "tool_use",
        Finish::StopSequence => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ContextWindow => "model_context_window_exceeded",
        Finish::Refused => "content_filtered",
        Finish::Stop | Finish::Paused | Finish::Other(_) => "end_turn",
    }
}

pub(super) fn encode(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    let is_own = response.owner == OWNER;
    // The id is a header's matter here, and the model the path's.
    let Response { owner: _, id, model: _, created: _, choices, usage, echo, extra } = response;
    let mut out = ObjectWriter::new();
    let mut choices = choices.into_iter();
    let first = choices.next();
    if let Some(mut choice) = first {
        if !is_own {
            name_calls(&mut choice, id.as_deref().unwrap_or(&ctx.fallback_id));
        }
        write_choice(&choice, &extra, &mut out, to);
    } else {
        write_message(&[], &Extra::default(), &extra, &mut out, to);
        out.string("stopReason", "end_turn");
    }
    for (index, _) in choices.enumerate() {
        to.loss.add(format!("choices[{}]", index + 1));
    }
    if is_own {
        out.maybe_raw("usage", extra.noted(OWNER, "usage"));
    } else {
        out.raw("usage", &usage::write(&usage.unwrap_or_default()).to_string());
        // Clients read it unasked. How long the model took is not known here.
        out.raw("metrics", r#"{"latencyMs":0}"#);
    }
    for member in echo.0.iter().filter(|member| member.owner == OWNER) {
        out.raw(&member.kind, member.raw.get());
    }
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

fn write_choice(choice: &Choice, outer: &Extra, out: &mut ObjectWriter, to: &mut Encoding) {
    let Choice { index: _, message, finish, stop_sequence, logprobs, extra } = choice;
    let is_own = to.from == OWNER;
    let parts = &message.content.parts;
    write_message(parts, &message.extra, outer, out, to);
    let has_calls = parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall(_)));
    if is_own {
        out.maybe_raw("stopReason", extra.noted(OWNER, "stopReason"));
        return;
    }
    to.lose_if(logprobs.is_some(), "choices[0]", "logprobs");
    out.string("stopReason", finish_word(finish.as_ref().unwrap_or(&Finish::Stop), has_calls));
    if let Some(sequence) = stop_sequence {
        let mut fields = ObjectWriter::new();
        fields.string("stop_sequence", sequence);
        out.raw("additionalModelResponseFields", &fields.finish());
    }
    let mut unused = ObjectWriter::new();
    extra.write(OWNER, &mut unused, "choices[0]", &mut to.loss);
}

fn write_message(parts: &[Part], extra: &Extra, outer: &Extra, out: &mut ObjectWriter, to: &mut Encoding) {
    let is_own = to.from == OWNER;
    let path = if is_own { "output.message" } else { "choices[0].message" };
    let mut around = block::Surroundings::default();
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{path}.content[{index}]");
        blocks.extend(block::encode_signature(part, &at, to));
        // A reply is never refused.
        block::encode(part, &at, &mut around, to, &mut blocks).unwrap_or_default();
    }
    let mut message = ObjectWriter::new();
    match extra.noted(OWNER, "role") {
        Some(role) => message.raw("role", role.get()),
        None if is_own => &mut message,
        None => message.string("role", "assistant"),
    };
    message.raw("content", &array(blocks));
    extra.write(OWNER, &mut message, path, &mut to.loss);
    let mut output = ObjectWriter::new();
    output.raw("message", &message.finish());
    outer.write_nested(OWNER, "output", &mut output);
    out.raw("output", &output.finish());
}
