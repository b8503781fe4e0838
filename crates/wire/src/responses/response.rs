//! Complete responses.

use serde_json::value::RawValue;

use super::item::{self, Names};
use super::{OWNER, logprobs, read, usage};
use crate::canonical::{
    Choice, Content, Encoding, Extra, Finish, Item, Message, Notation, PartKind, ReasoningNotation, Response,
    Role,
};
use crate::json::{self, Members, ObjectWriter, array};
use crate::read::NotAResponse;
use crate::translate::ReplyContext;
use crate::usage::Usage;

mod object;

pub(super) use object::{Object, Status};

/// What a response says beside its output that others can do without: most of it repeats the request.
const ECHO: &[&str] = &[
    "status",
    "incomplete_details",
    "error",
    "completed_at",
    "background",
    "billing",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
    "frequency_penalty",
    "presence_penalty",
];

pub(super) fn decode(mut members: Members<'_>) -> Result<Response, NotAResponse> {
    let usage = usage::of_response(&members);
    let raw = members.take("output").and_then(json::elements);
    let raw = raw.ok_or_else(|| NotAResponse::new("The provider's reply has no `output`."))?;
    let mut items = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let decoded = item::part_of_reply(raw, &format!("output[{index}]"));
        let mut item = decoded.map_err(|refused| NotAResponse::new(refused.message))?;
        item.item.continues = index > 0;
        items.push(item);
    }
    let has_calls = items
        .iter()
        .flat_map(|item| &item.content.parts)
        .any(|part| matches!(part.kind, PartKind::ToolCall(_)));
    let finish = finish(read::finish_reason(&members).as_deref(), has_calls);
    let logprobs = logprobs::take(&mut items);
    let mut items = items.into_iter();
    let mut message = items.next().unwrap_or_else(nothing);
    message.item.rest = items.collect();
    members.take("object");
    if usage.is_some() {
        members.take("usage");
    }
    let mut echo = Extra::default();
    let (repeated, rest) = members.0.into_iter().partition(|(key, _)| ECHO.contains(&key.as_ref()));
    let mut rest = Members(rest);
    echo.add("", OWNER, Members(repeated));
    Ok(Response {
        owner: OWNER,
        id: rest.take_as("id"),
        model: rest.take_as("model"),
        created: rest.take("created_at").map(RawValue::to_owned),
        choices: vec![Choice {
            index: 0,
            message,
            finish,
            stop_sequence: None,
            logprobs,
            extra: Extra::default(),
        }],
        usage,
        echo,
        extra: Extra::rest(OWNER, rest),
    })
}

/// The message of a response that has no output.
fn nothing() -> Message {
    Message {
        role: Role::Assistant,
        content: Content { parts: Vec::new(), notation: Notation::Absent },
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    }
}

/// Why the output ended, by the status or the reason for its being incomplete.
pub(super) fn finish(reason: Option<&str>, has_calls: bool) -> Option<Finish> {
    match reason? {
        "completed" if has_calls => Some(Finish::ToolCalls),
        "completed" => Some(Finish::Stop),
        "max_output_tokens" => Some(Finish::Length),
        "content_filter" => Some(Finish::Refused),
        "in_progress" | "queued" => None,
        other => Some(Finish::Other(other.to_owned())),
    }
}

pub(super) fn encode(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    if response.owner == OWNER { encode_own(response, to) } else { encode_foreign(response, ctx, to) }
}

fn encode_own(response: Response, to: &mut Encoding) -> String {
    let Response { owner: _, id, model, created, choices, usage, echo, extra } = response;
    let mut out = ObjectWriter::new();
    out.maybe_string("id", id.as_deref())
        .string("object", "response")
        .maybe_raw("created_at", created.as_deref())
        .maybe_string("model", model.as_deref());
    let mut items = Vec::new();
    for choice in &choices {
        let Choice { index: _, message, finish: _, stop_sequence: _, logprobs: _, extra: _ } = choice;
        let all = std::iter::once(message).chain(&message.item.rest);
        for item in all.filter(|item| !item.item.place.is_empty()) {
            // A reply is never refused.
            items.extend(item::encode_own(item, &item.item.place, to).ok());
        }
    }
    out.raw("output", &array(items));
    if let Some(Usage { raw: Some(raw), .. }) = &usage {
        out.raw("usage", raw.get());
    }
    echo.write(OWNER, &mut out, "", &mut to.loss);
    extra.write(OWNER, &mut out, "", &mut to.loss);
    out.finish()
}

fn encode_foreign(response: Response, ctx: &ReplyContext, to: &mut Encoding) -> String {
    let Response { owner: _, id, model, created, choices, usage, echo: _, extra } = response;
    let object = Object::new(
        ctx.own_id.as_deref().or(id.as_deref()).unwrap_or(&ctx.fallback_id),
        model.as_deref().unwrap_or(&ctx.model),
        created.map_or_else(|| ctx.created.to_string(), |raw| raw.get().to_owned()),
        ctx.echo.clone(),
    );
    let mut choices = choices.into_iter();
    let mut items = Vec::new();
    let mut status = Status::Completed;
    let mut unused = ObjectWriter::new();
    if let Some(mut choice) = choices.next() {
        if let Some(logprobs) = &choice.logprobs {
            to.lose_if(logprobs.tokens.is_empty(), "choices[0]", "logprobs");
            logprobs::distribute(&logprobs.tokens, &mut choice.message.content.parts);
        }
        let Choice { index: _, message, finish, stop_sequence, logprobs: _, extra } = &choice;
        status = Status::of(finish.as_ref());
        let names = Names { id: object.bare_id(), tools: &ctx.tools, status: status.of_item() };
        // A reply is never refused.
        items = item::encode(message, "choices[0].message", Some(&names), to).unwrap_or_default();
        to.lose_if(stop_sequence.is_some(), "", "stop_sequence");
        extra.write(OWNER, &mut unused, "choices[0]", &mut to.loss);
    }
    for (index, _) in choices.enumerate() {
        to.loss.add(format!("choices[{}]", index + 1));
    }
    extra.write(OWNER, &mut unused, "", &mut to.loss);
    object.write(status, &items, usage.as_ref())
}
