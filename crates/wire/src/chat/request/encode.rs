//! The canonical model into a chat request.

use super::super::{OWNER, message, models, tools};
use crate::canonical::{
    Encoding, Extra, Function, Item, Message, ReasoningNotation, Request, Role, Sampling, Thinking, Tool,
    ToolChoice,
};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array, quote};
use crate::openai::settings;
use crate::translate::Target;

pub(in super::super) fn encode(
    request: Request,
    target: &Target<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let is_own = request.owner == OWNER;
    let Request {
        owner: _,
        system,
        messages,
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
        include_usage,
        extra,
    } = request;
    extra.refuse(OWNER, to)?;
    if !is_own && messages.is_empty() {
        let message = "The request has no messages for the model to answer.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    }
    let mut out = ObjectWriter::new();
    out.string("model", target.model);

    let mut encoded = Vec::with_capacity(messages.len() + 1);
    if let Some(content) = system {
        let message = Message {
            role: Role::System,
            content,
            reasoning: ReasoningNotation::default(),
            item: Item::default(),
            extra: Extra::default(),
        };
        let is_empty = message.content.parts.is_empty();
        if !is_empty {
            encoded.extend(message::encode(&message, "system", to)?);
        }
    }
    for (index, message) in messages.iter().enumerate() {
        encoded.extend(message::encode(message, &message.place(index), to)?);
    }
    out.raw("messages", &array(encoded));

    // Nothing may be left of them, and without tools there is nothing to choose.
    let mut has_tools = false;
    if let Some(mut tools) = tools.filter(|tools| is_own || !tools.is_empty()) {
        // Few providers can be told of tools that must not be called; not to know of them comes to the same.
        if let Some(ToolChoice::Allowed { names, raw, .. }) = &tool_choice
            && raw.owner != OWNER
        {
            let is_allowed = |function: &Function| names.contains(&function.name);
            tools.retain_mut(|tool| match tool {
                Tool::Function(function) => is_allowed(function),
                Tool::Replaced { by, .. } => {
                    let was_empty = by.is_empty();
                    by.retain(|one| is_allowed(&one.function));
                    was_empty || !by.is_empty()
                }
                Tool::Opaque(_) => true,
            });
        }
        let tools = tools::encode(&tools, to)?;
        has_tools = tools != "[]";
        if is_own || has_tools {
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
        let member = if is_own { &limit.member } else { models::limit_member(target.model) };
        out.put(member, limit.tokens);
    }
    write_sampling(&sampling, is_own, target.model, &mut out, to);
    if let Some(stop) = stop {
        settings::write_stop(&stop, is_own, &mut out, to);
    }
    if let Some(choices) = choices {
        out.put("n", choices);
    }
    if let Some(logprobs) = logprobs {
        out.put("logprobs", logprobs);
    }
    out.maybe_raw("top_logprobs", top_logprobs.as_deref()).maybe_raw("logit_bias", logit_bias.as_deref());
    if is_own {
        out.maybe_string("reasoning_effort", effort.as_deref());
        if let Some(thinking) = &thinking {
            out.raw("thinking", &own_thinking(thinking));
        }
    } else if let Some(effort) = foreign_effort(effort.as_deref(), thinking.as_ref(), target.model, to) {
        out.string("reasoning_effort", effort);
    }
    if let Some(output) = output {
        settings::write_output(&output, is_own, &mut out);
    }
    if let Some(modalities) = modalities {
        out.raw("modalities", &array(modalities.iter().map(|name| quote(name))));
    }
    write_tier(service_tier.as_deref(), is_own, &mut out, to);
    if let Some(user) = user {
        settings::write_user(&user, is_own, &mut out, to);
    }
    if is_own {
        out.maybe_raw("metadata", metadata.as_deref());
    } else {
        to.lose_if(metadata.is_some_and(|metadata| metadata.get() != "{}"), "", "metadata");
    }
    if let Some(stream) = stream {
        out.put("stream", stream);
    }
    // Without this a stream ends without saying what it used.
    let include_usage = include_usage.or((!is_own && stream == Some(true)).then_some(true));
    if let Some(include) = include_usage {
        settings::write_include_usage(include, OWNER, &extra, &mut out);
    }
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
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
    out.maybe_raw("frequency_penalty", frequency_penalty.as_deref())
        .maybe_raw("presence_penalty", presence_penalty.as_deref())
        .maybe_raw("seed", seed.as_deref());
    // Some providers of this format take it; OpenAI refuses it.
    if is_own {
        out.maybe_raw("top_k", top_k.as_deref());
    } else {
        to.lose_if(top_k.is_some(), "", "top_k");
    }
}

fn own_thinking(thinking: &Thinking) -> String {
    let mut out = ObjectWriter::new();
    match thinking {
        Thinking::Enabled { budget_tokens } => {
            out.string("type", "enabled").put("budget_tokens", *budget_tokens);
        }
        Thinking::Adaptive => {
            out.string("type", "adaptive");
        }
        Thinking::Disabled => {
            out.string("type", "disabled");
        }
    }
    out.finish()
}

/// The effort that comes closest, for models that take one.
fn foreign_effort(
    effort: Option<&str>,
    thinking: Option<&Thinking>,
    model: &str,
    to: &mut Encoding,
) -> Option<&'static str> {
    if !models::takes_effort(model) {
        to.lose_if(effort.is_some(), "output_config", "effort");
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
            to.lose("output_config", "effort");
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

fn write_tier(tier: Option<&str>, is_own: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    match tier {
        Some(tier) if is_own => {
            out.string("service_tier", tier);
        }
        Some("standard_only") => {
            out.string("service_tier", "default");
        }
        // What happens anyway.
        Some("auto") | None => {}
        Some(_) => to.lose("", "service_tier"),
    }
}
