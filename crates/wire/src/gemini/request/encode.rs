//! The canonical model into a request.

use super::super::spelling::{self, is_flagged, noted_text};
use super::super::{OWNER, config, models, tools};
use super::turns;
use crate::canonical::{Encoding, Request};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};
use crate::translate::Target;

/// The model and whether to stream are said in the path, so neither is written.
pub(in super::super) fn encode(
    request: Request,
    target: &Target<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let is_own = request.owner == OWNER;
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
        stream: _,
        include_usage: _,
        extra,
    } = request;
    let mut out = ObjectWriter::new();
    out.maybe_raw("model", extra.noted(OWNER, "model"));
    if is_own {
        if let Some(system) = &system {
            let mut content = ObjectWriter::new();
            content.maybe_string("role", noted_text(&extra, "system role").as_deref());
            turns::write_own_parts(system, "systemInstruction", "system ", &extra, &mut content, to)?;
            extra.write_nested(OWNER, "systemInstruction", &mut content);
            out.raw(&spelling::name("systemInstruction", &extra), &content.finish());
        }
        let contents = turns::encode_own(&messages, to)?;
        let is_single = is_flagged(&extra, "single content");
        out.raw("contents", &if is_single { contents.concat() } else { array(contents) });
    } else {
        let turns = turns::encode_foreign(system.as_ref(), &messages, &abilities, to)?;
        if !turns.system.is_empty() {
            let mut content = ObjectWriter::new();
            content.raw("parts", &array(turns.system));
            out.raw("systemInstruction", &content.finish());
        }
        out.raw("contents", &array(turns.contents));
    }

    // Nothing may be left of them, and without tools there is nothing to choose.
    let mut has_tools = false;
    if let Some(tools) = tools
        && let Some(tools) = tools::encode(&tools, &extra, to)?
    {
        has_tools = true;
        out.raw("tools", &tools);
    }
    let choice = tool_choice.filter(|_| is_own || has_tools);
    if let Some(choice) = tools::encode_choice(choice.as_ref(), &extra, to)? {
        out.raw(&spelling::name("toolConfig", &extra), &choice);
    }
    // Its models call functions in parallel when they see fit.
    to.lose_if(has_tools && parallel_tool_calls == Some(false), "", "parallel_tool_calls");

    let asked = config::Asked { effort: effort.as_deref(), thinking: thinking.as_ref() };
    let settings = config::Settings {
        limit: limit.as_ref(),
        sampling: &sampling,
        stop: stop.as_ref(),
        choices,
        logprobs,
        top_logprobs: top_logprobs.as_ref(),
        thinking: if is_own {
            config::own_thinking(&asked, &extra)
        } else {
            config::plan_thinking(&asked, &abilities, to)
        },
        output: output.as_ref(),
        modalities: modalities.as_deref(),
        extra: &extra,
    };
    if let Some(config) = config::encode(&settings, &abilities, to)? {
        out.raw(&spelling::name("generationConfig", &extra), &config);
    }
    to.lose_if(logit_bias.is_some(), "", "logit_bias");
    match service_tier.as_deref() {
        Some(tier) if is_own => {
            out.string(&spelling::name("serviceTier", &extra), tier);
        }
        Some(tier @ ("flex" | "priority")) => {
            out.string("serviceTier", tier);
        }
        Some("default" | "standard_only") => {
            out.string("serviceTier", "standard");
        }
        Some("auto") | None => {}
        Some(_) => to.lose("", "service_tier"),
    }
    to.lose_if(user.is_some(), "", "user");
    to.lose_if(metadata.is_some_and(|metadata| metadata.get() != "{}"), "", "metadata");
    extra.refuse(OWNER, to)?;
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
}
