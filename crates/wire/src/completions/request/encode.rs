//! The canonical model into a completions request.

use super::super::{OWNER, prompt};
use super::conversation;
use crate::canonical::{Encoding, OutputFormat, RawText, Request, Sampling, Thinking, Tool, ToolChoice};
use crate::envelope::BadRequest;
use crate::json::ObjectWriter;
use crate::openai::settings;
use crate::translate::Target;

/// More of the likeliest tokens are refused.
const MAX_LOGPROBS: u64 = 5;

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
        parallel_tool_calls: _,
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
    let mut out = ObjectWriter::new();
    out.string("model", target.model);
    if is_own {
        if let Some(prompt) = prompt::own(&messages).filter(|_| !extra.insists("prompt")) {
            out.raw("prompt", &prompt);
        }
    } else {
        let prompt = conversation::prompt(system.as_ref(), &messages, to)?;
        if prompt.is_empty() {
            let message = "The request has no text for the model to go on with.";
            return Err(BadRequest::new("invalid_value", "messages", message));
        }
        out.string("prompt", &prompt);
        refuse_tools(tools.as_deref(), tool_choice.as_ref(), to)?;
        if modalities.is_some_and(|modalities| modalities.iter().any(|name| name != "text")) {
            to.refuse("modalities", "output other than text")?;
        }
        let thinks = matches!(thinking, Some(Thinking::Enabled { .. } | Thinking::Adaptive));
        to.lose_if(effort.is_some_and(|effort| effort != "none"), "", "reasoning_effort");
        to.lose_if(thinks, "", "thinking");
        to.lose_if(metadata.is_some_and(|metadata| metadata.get() != "{}"), "", "metadata");
    }
    // Without one the provider would stop after a few words, where a conversation goes on to its end.
    let limit = limit.map(|limit| limit.tokens);
    if let Some(tokens) = limit.or((!is_own).then_some(target.default_max_tokens)) {
        out.put("max_tokens", tokens);
    }
    write_sampling(&sampling, is_own, &mut out, to);
    if let Some(stop) = stop {
        settings::write_stop(&stop, is_own, &mut out, to);
    }
    if let Some(choices) = choices {
        out.put("n", choices);
    }
    out.maybe_raw("best_of", extra.noted(OWNER, "best_of"));
    write_logprobs(logprobs, top_logprobs, is_own, &mut out, to);
    out.maybe_raw("logit_bias", logit_bias.as_deref());
    match output {
        Some(output) if is_own => settings::write_output(&output, is_own, &mut out),
        None | Some(OutputFormat::Text) => {}
        Some(OutputFormat::JsonObject | OutputFormat::JsonSchema(_)) => {
            to.refuse("response_format", "an answer held to JSON")?;
        }
    }
    match service_tier.as_deref() {
        Some(tier) if is_own => {
            out.string("service_tier", tier);
        }
        None | Some("auto" | "default" | "standard_only") => {}
        Some(_) => to.lose("", "service_tier"),
    }
    if let Some(user) = user {
        settings::write_user(&user, is_own, &mut out, to);
    }
    if let Some(stream) = stream {
        out.put("stream", stream);
    }
    // Without this a stream ends without saying what it used.
    if let Some(include) = include_usage.or((!is_own && stream == Some(true)).then_some(true)) {
        settings::write_include_usage(include, OWNER, &extra, &mut out);
    }
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
}

/// Tools that must not be called are no loss.
fn refuse_tools(
    tools: Option<&[Tool]>,
    choice: Option<&ToolChoice>,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let stands = |tool: &Tool| !matches!(tool, Tool::Replaced { by, .. } if by.is_empty());
    let tools = tools.unwrap_or_default();
    if matches!(choice, Some(ToolChoice::None)) || !tools.iter().any(stands) {
        to.lose_if(!tools.is_empty(), "", "tools");
        return Ok(());
    }
    to.refuse("tools", "calling tools")
}

fn write_sampling(sampling: &Sampling, is_own: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    out.maybe_raw("temperature", temperature.as_deref())
        .maybe_raw("top_p", top_p.as_deref())
        .maybe_raw("frequency_penalty", frequency_penalty.as_deref())
        .maybe_raw("presence_penalty", presence_penalty.as_deref())
        .maybe_raw("seed", seed.as_deref());
    // Local servers take it; OpenAI refuses it.
    if is_own {
        out.maybe_raw("top_k", top_k.as_deref());
    } else {
        to.lose_if(top_k.is_some(), "", "top_k");
    }
}

/// One number, where chat has a flag and a number.
fn write_logprobs(
    wanted: Option<bool>,
    top: Option<RawText>,
    is_own: bool,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    if is_own {
        out.maybe_raw("logprobs", top.as_deref());
        return;
    }
    if wanted != Some(true) {
        return;
    }
    let top = top.and_then(|raw| raw.get().parse::<u64>().ok()).unwrap_or(0);
    to.lose_if(top > MAX_LOGPROBS, "", "top_logprobs");
    out.put("logprobs", top.min(MAX_LOGPROBS));
}
