//! The canonical model into a responses request.

use std::collections::HashSet;

use serde_json::Value;

use super::super::{LOGPROBS, OWNER, item, models, tools};
use crate::canonical::{
    Content, Encoding, Extra, ItemKind, Message, OutputFormat, Part, PartKind, Request, Role, Sampling,
    Schema, Thinking,
};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array, quote};
use crate::translate::Target;

/// The provider refuses smaller limits.
const LEAST_OUTPUT_TOKENS: u64 = 16;
/// Longer names of users are refused.
const MAX_USER_CHARS: usize = 64;
/// Used where the other format's schema has no name.
const SCHEMA_NAME: &str = "response";

pub(in super::super) fn encode(
    request: Request,
    target: &Target<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let is_own = request.owner == OWNER;
    let Request {
        owner: _,
        system,
        mut messages,
        tools,
        tool_choice,
        parallel_tool_calls,
        limit,
        sampling,
        stop,
        choices,
        logprobs,
        top_logprobs,
        logit_bias,
        effort,
        thinking,
        output,
        modalities,
        service_tier,
        user,
        metadata,
        stream,
        include_usage: _,
        extra,
    } = request;
    let mut out = ObjectWriter::new();
    out.string("model", target.model);
    if let Some(system) = system {
        write_instructions(&system, is_own, &mut out, to)?;
    }
    if !is_own && to.lenient {
        drop_orphans(&mut messages, to);
    }
    write_input(&messages, is_own, &mut out, to)?;

    // Nothing may be left of them, and without tools there is nothing to choose.
    let mut has_tools = false;
    if let Some(tools) = tools.filter(|tools| is_own || !tools.is_empty()) {
        let only_within = is_own && !tools.is_empty();
        let tools = tools::encode(&tools, to)?;
        has_tools = tools != "[]";
        // Those that came with the conversation are no member of their own.
        if (is_own && !only_within) || has_tools {
            out.raw("tools", &tools);
        }
    }
    if let Some(choice) = tool_choice.filter(|_| is_own || has_tools)
        && let Some(choice) = tools::encode_choice(&choice, to)?
    {
        out.raw("tool_choice", &choice);
    }
    if let Some(parallel) = parallel_tool_calls.filter(|parallel| is_own || (has_tools && !parallel)) {
        out.put("parallel_tool_calls", parallel);
    }
    if let Some(limit) = limit {
        let is_short = !is_own && limit.tokens < LEAST_OUTPUT_TOKENS;
        to.lose_if(is_short, "", &limit.member);
        out.put("max_output_tokens", if is_short { LEAST_OUTPUT_TOKENS } else { limit.tokens });
    }
    write_sampling(&sampling, is_own, target.model, &mut out, to);
    if stop.is_some_and(|stop| !stop.sequences.is_empty()) {
        to.refuse("stop", "a sequence to stop at")?;
    }
    if choices.is_some_and(|choices| choices > 1) {
        to.refuse("n", "more than one completion")?;
    }
    if is_own {
        out.maybe_raw("include", extra.noted(OWNER, "include"));
    } else if logprobs == Some(true) {
        out.raw("include", &array([quote(LOGPROBS)]));
    }
    out.maybe_raw("top_logprobs", top_logprobs.as_deref());
    to.lose_if(logit_bias.is_some(), "", "logit_bias");
    if modalities.is_some_and(|modalities| modalities.iter().any(|name| name != "text")) {
        to.refuse("modalities", "output other than text")?;
    }
    let effort = if is_own {
        effort
    } else {
        foreign_effort(effort.as_deref(), thinking.as_ref(), target.model, to).map(str::to_owned)
    };
    if let Some(effort) = effort {
        let mut reasoning = ObjectWriter::new();
        reasoning.string("effort", &effort);
        extra.write_nested(OWNER, "reasoning", &mut reasoning);
        out.raw("reasoning", &reasoning.finish());
    }
    if let Some(output) = output {
        write_output(&output, &extra, is_own, &mut out);
    }
    write_tier(service_tier.as_deref(), is_own, &mut out, to);
    if let Some(user) = user {
        if is_own || user.chars().count() <= MAX_USER_CHARS {
            out.string("user", &user);
        } else {
            to.lose("metadata", "user_id");
        }
    }
    out.maybe_raw("metadata", metadata.as_deref());
    if let Some(stream) = stream {
        out.put("stream", stream);
    }
    // Here a response is kept unless the request says otherwise, elsewhere it is not.
    if !is_own {
        out.put("store", false);
    }
    extra.refuse(OWNER, to)?;
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
}

/// Instructions are one string.
fn write_instructions(
    system: &Content,
    is_own: bool,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let mut texts = Vec::with_capacity(system.parts.len());
    let mut unused = ObjectWriter::new();
    for (index, part) in system.parts.iter().enumerate() {
        let path = format!("system[{index}]");
        let Part { kind, cache, extra } = part;
        match kind {
            PartKind::Text { text, citations: _ } => texts.push(text.as_str()),
            _ => to.refuse(&path, "instructions other than text")?,
        }
        if let Some(cache) = cache {
            to.lose(&path, &cache.member);
        }
        extra.write(OWNER, &mut unused, &path, &mut to.loss);
    }
    if is_own || !texts.is_empty() {
        out.string("instructions", &texts.join("\n\n"));
    }
    Ok(())
}

/// The result of a call that was dropped would be refused.
fn drop_orphans(messages: &mut [Message], to: &mut Encoding) {
    let parts = messages.iter().flat_map(|message| &message.content.parts);
    let calls: HashSet<String> = parts
        .filter_map(|part| match &part.kind {
            PartKind::ToolCall(call) => Some(call.id.clone()),
            _ => None,
        })
        .collect();
    for (index, message) in messages.iter_mut().enumerate() {
        let place = message.place(index);
        let mut position = 0;
        message.content.parts.retain(|part| {
            let is_orphan =
                matches!(&part.kind, PartKind::ToolResult(result) if !calls.contains(&result.call_id));
            if is_orphan {
                to.loss.add(format!("{place}.content[{position}]"));
            }
            position += 1;
            !is_orphan
        });
    }
}

fn write_input(
    messages: &[Message],
    is_own: bool,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let mut items = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let path = message.place(index);
        if !is_own {
            items.extend(item::encode(message, &path, None, to)?);
            continue;
        }
        if let (ItemKind::Whole, [Part { kind: PartKind::Text { text, .. }, .. }]) =
            (&message.item.kind, message.content.parts.as_slice())
        {
            out.raw("input", &quote(text));
            return Ok(());
        }
        items.push(item::encode_own(message, &path, to)?);
    }
    if !is_own && messages.iter().all(|message| matches!(message.role, Role::System | Role::Developer)) {
        let message = "`messages` must hold at least one message that is not an instruction.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    }
    // Of its own format nothing may be there: the request goes on with what the provider keeps.
    if !is_own || !items.is_empty() {
        out.raw("input", &array(items));
    }
    Ok(())
}

fn write_sampling(sampling: &Sampling, is_own: bool, model: &str, out: &mut ObjectWriter, to: &mut Encoding) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    let takes = is_own || models::takes_sampling(model);
    for (member, value) in [("temperature", temperature), ("top_p", top_p)] {
        let value = value.as_deref();
        let is_default = value.is_none_or(|raw| raw.get().parse() == Ok(1.0));
        if takes || is_default {
            out.maybe_raw(member, value);
        } else {
            to.lose("", member);
        }
    }
    for (member, penalty) in
        [("frequency_penalty", frequency_penalty), ("presence_penalty", presence_penalty)]
    {
        let says = penalty.as_ref().is_some_and(|raw| raw.get().parse() != Ok(0.0));
        to.lose_if(says, "", member);
    }
    to.lose_if(top_k.is_some(), "", "top_k");
    to.lose_if(seed.is_some(), "", "seed");
}

/// The effort that comes closest, for models that take one.
fn foreign_effort(
    effort: Option<&str>,
    thinking: Option<&Thinking>,
    model: &str,
    to: &mut Encoding,
) -> Option<&'static str> {
    if !models::takes_effort(model) {
        to.lose_if(effort.is_some(), "", "effort");
        to.lose_if(matches!(thinking, Some(Thinking::Enabled { .. } | Thinking::Adaptive)), "", "thinking");
        return None;
    }
    match (effort, thinking) {
        (Some("none"), _) => Some("none"),
        (Some("minimal"), _) => Some("minimal"),
        (Some("low"), _) => Some("low"),
        (Some("medium"), _) => Some("medium"),
        (Some("high"), _) => Some("high"),
        // Only some models know what is above high.
        (Some(_), _) => {
            to.lose("", "effort");
            Some("high")
        }
        (None, Some(Thinking::Enabled { budget_tokens })) => {
            // A budget is not an effort; this is the nearest word for it.
            to.lose("thinking", "budget_tokens");
            Some(match budget_tokens {
                0..4096 => "low",
                4096..16384 => "medium",
                _ => "high",
            })
        }
        (None, Some(Thinking::Adaptive | Thinking::Disabled) | None) => None,
    }
}

fn write_output(output: &OutputFormat, extra: &Extra, is_own: bool, out: &mut ObjectWriter) {
    let mut format = ObjectWriter::new();
    match output {
        OutputFormat::Text => {
            format.string("type", "text");
        }
        OutputFormat::JsonObject => {
            format.string("type", "json_object");
        }
        OutputFormat::JsonSchema(Schema { name, description, json, strict }) => {
            let name = name.as_deref().or((!is_own).then_some(SCHEMA_NAME));
            format
                .string("type", "json_schema")
                .maybe_string("name", name)
                .maybe_string("description", description.as_deref())
                .maybe_raw("schema", json.as_deref());
            let fits = || {
                let schema = json.as_ref().and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
                schema.is_some_and(|schema| json::is_strict(&schema))
            };
            if let Some(strict) = strict.or_else(|| (!is_own).then(fits)) {
                format.put("strict", strict);
            }
        }
    }
    extra.write_nested(OWNER, "text/format", &mut format);
    let mut text = ObjectWriter::new();
    text.raw("format", &format.finish());
    // The nested ones of the format have been written.
    let rest = extra.0.iter().filter(|member| !member.kind.starts_with("text/format/"));
    Extra(rest.cloned().collect()).write_nested(OWNER, "text", &mut text);
    out.raw("text", &text.finish());
}

fn write_tier(tier: Option<&str>, is_own: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    match tier {
        Some(tier) if is_own => {
            out.string("service_tier", tier);
        }
        Some("standard_only") => {
            out.string("service_tier", "default");
        }
        Some(tier @ ("default" | "flex" | "priority" | "scale")) => {
            out.string("service_tier", tier);
        }
        // What happens anyway.
        Some("auto") | None => {}
        Some(_) => to.lose("", "service_tier"),
    }
}
