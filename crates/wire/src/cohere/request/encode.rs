//! The canonical model into a request.

use super::super::{OWNER, message, models, tools};
use super::{documents, settings, turns};
use crate::canonical::{Encoding, Request};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};
use crate::translate::Target;

pub(in super::super) fn encode(
    request: Request,
    target: &Target<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    if request.owner == OWNER { encode_own(request, target, to) } else { encode_foreign(request, target, to) }
}

/// What this format has no member for is never there.
fn encode_own(request: Request, target: &Target<'_>, to: &mut Encoding) -> Result<String, BadRequest> {
    let extra = &request.extra;
    let mut out = ObjectWriter::new();
    out.string("model", target.model);
    let messages = request.messages.iter().filter(|message| !documents::stands_for_them(message));
    let messages = messages
        .enumerate()
        .map(|(index, message)| message::encode_own(message, &format!("messages[{index}]"), to))
        .collect::<Result<Vec<_>, _>>()?;
    out.raw("messages", &array(messages)).maybe_raw(documents::MEMBER, extra.noted(OWNER, documents::MEMBER));
    if let Some(tools) = &request.tools {
        out.raw("tools", &tools::encode_own(tools, to));
    }
    if let Some(choice) = request.tool_choice.as_ref().and_then(tools::encode_own_choice) {
        out.raw("tool_choice", &choice);
    }
    if let Some(limit) = &request.limit {
        out.put("max_tokens", limit.tokens);
    }
    settings::write_own_sampling(&request.sampling, &mut out);
    if let Some(stop) = &request.stop {
        settings::write_stop(stop, true, &mut out, to);
    }
    if let Some(logprobs) = request.logprobs {
        out.put("logprobs", logprobs);
    }
    for member in ["strict_tools", "thinking", "response_format"] {
        out.maybe_raw(member, extra.noted(OWNER, member));
    }
    if let Some(stream) = request.stream {
        out.put("stream", stream);
    }
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
}

fn encode_foreign(request: Request, target: &Target<'_>, to: &mut Encoding) -> Result<String, BadRequest> {
    let abilities = models::abilities(target.model);
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
        // It comes with the end of every stream.
        include_usage: _,
        extra,
    } = request;
    extra.refuse(OWNER, to)?;
    let mut out = ObjectWriter::new();
    out.string("model", target.model);
    out.raw("messages", &array(turns::encode_foreign(system, &messages, abilities.thinking, to)?));

    let encoded = tools::encode_foreign(&tools.unwrap_or_default(), tool_choice.as_ref(), abilities, to)?;
    let has_tools = encoded.tools.is_some();
    if let Some(tools) = &encoded.tools {
        out.raw("tools", tools);
        // Its models call tools in parallel when they see fit.
        to.lose_if(parallel_tool_calls == Some(false), "", "parallel_tool_calls");
    }
    if encoded.strict {
        out.put("strict_tools", true);
    }
    if let Some(choice) = &encoded.choice {
        out.raw("tool_choice", choice);
    }
    let max_tokens = limit.map(|limit| limit.tokens);
    if let Some(tokens) = max_tokens {
        out.put("max_tokens", tokens);
    }
    settings::write_sampling(&sampling, &mut out, to);
    if let Some(stop) = stop {
        settings::write_stop(&stop, false, &mut out, to);
    }
    if logprobs == Some(true) {
        out.put("logprobs", true);
    }
    let asked = settings::Asked { effort: effort.as_deref(), thinking: thinking.as_ref(), max_tokens };
    if let Some(thinking) = settings::plan_thinking(&asked, abilities, to) {
        out.raw("thinking", &thinking);
    }
    if let Some(output) = output {
        settings::write_output(&output, has_tools, &mut out, to)?;
    }
    if choices.is_some_and(|choices| choices > 1) {
        to.refuse("n", "more than one completion")?;
    }
    if modalities.is_some_and(|modalities| modalities.iter().any(|name| name != "text")) {
        to.refuse("modalities", "output other than text")?;
    }
    to.lose_if(top_logprobs.is_some(), "", "top_logprobs");
    to.lose_if(logit_bias.is_some(), "", "logit_bias");
    let is_usual = |tier: &str| matches!(tier, "auto" | "default" | "standard_only");
    to.lose_if(service_tier.is_some_and(|tier| !is_usual(&tier)), "", "service_tier");
    to.lose_if(user.is_some(), "", "user");
    to.lose_if(metadata.is_some_and(|metadata| metadata.get() != "{}"), "", "metadata");
    if let Some(stream) = stream {
        out.put("stream", stream);
    }
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
}
