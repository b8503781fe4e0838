//! The canonical model into a messages request.

use super::super::{OWNER, tools};
use super::turns;
use crate::canonical::{
    Encoding, Extra, OutputFormat, RawText, Request, Sampling, Schema, Thinking, ToolChoice,
};
use crate::claude::{
    models,
    thinking::{self, Asked},
};
use crate::envelope::BadRequest;
use crate::json::{self, ObjectWriter, array, quote};
use crate::translate::Target;

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
        stream,
        include_usage: _,
        extra,
    } = request;
    // A request may have no turns because it goes on with something else: that is what is to be told.
    if messages.is_empty() {
        extra.refuse(OWNER, to)?;
    }
    let mut out = ObjectWriter::new();
    out.string("model", target.model);
    let max_tokens = limit.as_ref().map(|limit| limit.tokens);
    if let Some(tokens) = max_tokens.or((!is_own).then_some(target.default_max_tokens)) {
        out.put("max_tokens", tokens);
    }
    if is_own {
        if let Some(system) = &system {
            out.raw("system", &turns::encode_content(system, "system", to)?);
        }
        out.raw("messages", &turns::encode_own(&messages, to)?);
    } else {
        let turns = turns::encode_foreign(system.as_ref(), &messages, abilities.inner_system, to)?;
        if let Some(system) = &turns.system {
            out.raw("system", system);
        }
        out.raw("messages", &turns.messages);
    }

    // Nothing may be left of them, and without tools there is nothing to choose.
    let mut has_tools = false;
    let allowed = match &tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(names.as_slice()),
        _ => None,
    };
    if let Some(tools) = tools.filter(|tools| is_own || !tools.is_empty()) {
        let tools = tools::encode(&tools, allowed, abilities, to)?;
        has_tools = tools != "[]";
        if is_own || has_tools {
            out.raw("tools", &tools);
        }
    }
    if (is_own || has_tools)
        && let Some(choice) = tools::encode_choice(tool_choice.as_ref(), parallel_tool_calls, &extra, to)?
    {
        out.raw("tool_choice", &choice);
    }
    if let Some(stop) = stop {
        // Blank sequences are refused.
        let fits = |text: &&String| is_own || !text.trim().is_empty();
        let kept: Vec<String> = stop.sequences.iter().filter(fits).map(|text| quote(text)).collect();
        to.lose_if(kept.len() < stop.sequences.len(), "", "stop");
        if is_own || !kept.is_empty() {
            out.raw("stop_sequences", &array(kept));
        }
    }
    let (thinking, effort) = if is_own {
        (thinking, effort)
    } else {
        let plan = thinking::plan(
            &Asked {
                effort: effort.as_deref(),
                thinking: thinking.as_ref(),
                messages: &messages,
                tool_choice: tool_choice.as_ref(),
                max_tokens: max_tokens.unwrap_or(target.default_max_tokens),
            },
            abilities,
            to,
        );
        (plan.thinking, plan.effort.map(str::to_owned))
    };
    let is_thinking = matches!(thinking, Some(Thinking::Enabled { .. } | Thinking::Adaptive));
    write_sampling(&sampling, !is_own && (is_thinking || !abilities.sampling), is_own, &mut out, to);
    if let Some(thinking) = &thinking {
        out.raw("thinking", &encode_thinking(thinking, &extra));
    }
    write_output_config(effort.as_deref(), output.as_ref(), &extra, &mut out, to);

    if choices.is_some_and(|choices| choices > 1) {
        to.refuse("n", "more than one completion")?;
    }
    if logprobs == Some(true) {
        to.refuse("logprobs", "log probabilities")?;
    }
    to.lose_if(top_logprobs.is_some(), "", "top_logprobs");
    to.lose_if(logit_bias.is_some(), "", "logit_bias");
    if modalities.is_some_and(|modalities| modalities.iter().any(|name| name != "text")) {
        to.refuse("modalities", "output other than text")?;
    }
    match service_tier.as_deref() {
        Some(tier) if is_own => {
            out.string("service_tier", tier);
        }
        Some("default") => {
            out.string("service_tier", "standard_only");
        }
        Some("auto") | None => {}
        Some(_) => to.lose("", "service_tier"),
    }
    write_user(user, &extra, &mut out, to);
    to.lose_if(metadata.is_some_and(|metadata| metadata.get() != "{}"), "", "metadata");
    if let Some(stream) = stream {
        out.put("stream", stream);
    }
    extra.refuse(OWNER, to)?;
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
}

fn write_sampling(
    sampling: &Sampling,
    is_refused: bool,
    is_own: bool,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    let number = |raw: &Option<RawText>| raw.as_ref().and_then(|raw| raw.get().parse::<f64>().ok());
    for (member, penalty) in
        [("frequency_penalty", frequency_penalty), ("presence_penalty", presence_penalty)]
    {
        to.lose_if(number(penalty).is_some_and(|penalty| penalty != 0.0), "", member);
    }
    to.lose_if(seed.is_some(), "", "seed");
    if is_refused {
        // One is the default, and the only value taken here.
        to.lose_if(
            number(temperature).is_some_and(|value| (value - 1.0).abs() > f64::EPSILON),
            "",
            "temperature",
        );
        to.lose_if(number(top_p).is_some_and(|value| value < 1.0), "", "top_p");
        to.lose_if(top_k.is_some(), "", "top_k");
        return;
    }
    if !is_own && number(temperature).is_some_and(|value| value > 1.0) {
        // Other formats go up to two.
        to.lose("", "temperature");
        out.put("temperature", 1.0);
    } else {
        out.maybe_raw("temperature", temperature.as_deref());
    }
    if !is_own && temperature.is_some() && top_p.is_some() {
        // Recent models take one of the two.
        to.lose_if(number(top_p).is_some_and(|value| value < 1.0), "", "top_p");
    } else {
        out.maybe_raw("top_p", top_p.as_deref());
    }
    out.maybe_raw("top_k", top_k.as_deref());
}

fn encode_thinking(thinking: &Thinking, extra: &Extra) -> String {
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
    extra.write_nested(OWNER, "thinking", &mut out);
    out.finish()
}

fn write_output_config(
    effort: Option<&str>,
    output: Option<&OutputFormat>,
    extra: &Extra,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    let mut format = None;
    match output {
        None | Some(OutputFormat::Text) => {}
        // There is no schema to hold the model to; the prompt has to say it, as the other format requires anyway.
        Some(OutputFormat::JsonObject) => to.lose("", "response_format"),
        Some(OutputFormat::JsonSchema(Schema { name: _, description, json, strict: _ })) => match json {
            Some(schema) => {
                let mut writer = ObjectWriter::new();
                writer.string("type", "json_schema").raw("schema", schema.get());
                format = Some(writer.finish());
                to.lose_if(description.is_some(), "response_format", "json_schema.description");
            }
            None => to.lose("", "response_format"),
        },
    }
    if effort.is_none() && format.is_none() {
        return;
    }
    let mut config = ObjectWriter::new();
    config.maybe_string("effort", effort);
    if let Some(format) = format {
        config.raw("format", &format);
    }
    extra.write_nested(OWNER, "output_config", &mut config);
    out.raw("output_config", &config.finish());
}

/// The end user; chat has a second name for it.
fn write_user(user: Option<String>, extra: &Extra, out: &mut ObjectWriter, to: &mut Encoding) {
    let other = || {
        let member =
            extra.0.iter().find(|member| member.owner != OWNER && member.kind == "safety_identifier")?;
        json::string(&member.raw).map(String::from)
    };
    let Some(user) = user.or_else(other) else { return };
    // The provider takes up to this many.
    if to.from != OWNER && user.chars().count() > 256 {
        to.lose("", "user");
        return;
    }
    let mut metadata = ObjectWriter::new();
    metadata.string("user_id", &user);
    extra.write_nested(OWNER, "metadata", &mut metadata);
    out.raw("metadata", &metadata.finish());
}
