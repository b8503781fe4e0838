//! The canonical model into a request.

use super::super::families::{self, Abilities};
use super::super::{OWNER, tools};
use super::fields::{self, Plan, Wanted};
use super::turns;
use crate::canonical::{
    Encoding, Extra, OutputFormat, OutputLimit, RawText, Request, Sampling, Schema, Stop,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members, ObjectWriter, array, quote};
use crate::translate::Target;

/// What the provider takes at most of pairs that describe a request, and of characters in each half.
const MAX_PAIRS: usize = 16;
const MAX_PAIR_CHARS: usize = 256;

pub(in super::super) fn encode(
    request: Request,
    target: &Target<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let is_own = request.owner == OWNER;
    let abilities = if is_own { Abilities::default() } else { families::abilities(target.model) };
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
    // A request may have no turns because it goes on with something else: that is what is to be told.
    if messages.is_empty() {
        extra.refuse(OWNER, to)?;
    }
    let mut out = ObjectWriter::new();
    if is_own {
        if let Some(system) = &system {
            out.raw("system", &turns::encode_content(system, "system", to)?);
        }
        if extra.noted(OWNER, "without messages").is_none() {
            out.raw("messages", &turns::encode_own(&messages, to)?);
        }
    } else {
        let turns = turns::encode_foreign(system.as_ref(), &messages, abilities, to)?;
        if !turns.system.is_empty() {
            out.raw("system", &array(turns.system));
        }
        out.raw("messages", &turns.messages);
    }
    let plan = if is_own {
        let fields = extra.noted(OWNER, "additionalModelRequestFields").map(|raw| raw.get().to_owned());
        let effort = extra.noted(OWNER, "effort").and(effort);
        Plan { fields, effort, ..Plan::default() }
    } else {
        let given_limit = limit.as_ref().map(|limit| limit.tokens);
        let wanted = Wanted {
            effort: effort.as_deref(),
            thinking: thinking.as_ref(),
            top_k: sampling.top_k.as_ref(),
            messages: &messages,
            tool_choice: tool_choice.as_ref(),
            given_limit,
            max_tokens: given_limit.unwrap_or(target.default_max_tokens),
        };
        fields::plan(&wanted, abilities, to)
    };
    let inference = inference(limit.as_ref(), &sampling, stop.as_ref(), target, &plan, &extra, to);
    if inference != "{}" || extra.noted(OWNER, "inferenceConfig").is_some() {
        out.raw("inferenceConfig", &inference);
    }
    let wanted = tools::Wanted { tools: tools.as_deref(), choice: tool_choice.as_ref(), messages: &messages };
    if let Some(config) = tools::encode(&wanted, &extra, abilities, to)? {
        out.raw("toolConfig", &config);
        to.lose_if(parallel_tool_calls == Some(false), "", "parallel_tool_calls");
    }
    if let Some(fields) = &plan.fields {
        out.raw("additionalModelRequestFields", fields);
    }
    write_output_config(output.as_ref(), plan.effort.as_deref(), &extra, &mut out, to);

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
    write_tier(service_tier.as_deref(), &extra, &mut out, to);
    to.lose_if(user.is_some(), "", "user");
    if let Some(metadata) = metadata.filter(|metadata| is_own || metadata.get() != "{}") {
        if is_own || json::members(&metadata).is_some_and(|pairs| are_permitted(&pairs)) {
            out.raw("requestMetadata", metadata.get());
        } else {
            to.lose("", "metadata");
        }
    }
    extra.refuse(OWNER, to)?;
    extra.write(OWNER, &mut out, "", &mut to.loss);
    Ok(out.finish())
}

fn inference(
    limit: Option<&OutputLimit>,
    sampling: &Sampling,
    stop: Option<&Stop>,
    target: &Target<'_>,
    plan: &Plan,
    extra: &Extra,
    to: &mut Encoding,
) -> String {
    let is_own = to.from == OWNER;
    let mut out = ObjectWriter::new();
    let limit = limit.map(|limit| limit.tokens);
    if let Some(tokens) = limit.or(plan.needs_limit.then_some(target.default_max_tokens)) {
        out.put("maxTokens", tokens);
    }
    write_sampling(sampling, plan.refuses_sampling, &mut out, to);
    if let Some(stop) = stop {
        // Blank sequences are refused.
        let fits = |text: &&String| is_own || !text.trim().is_empty();
        let kept: Vec<String> = stop.sequences.iter().filter(fits).map(|text| quote(text)).collect();
        to.lose_if(kept.len() < stop.sequences.len(), "", "stop");
        if is_own || !kept.is_empty() {
            out.raw("stopSequences", &array(kept));
        }
    }
    extra.write_nested(OWNER, "inferenceConfig", &mut out);
    out.finish()
}

/// `top_k` is written among the model's own fields.
fn write_sampling(sampling: &Sampling, is_refused: bool, out: &mut ObjectWriter, to: &mut Encoding) {
    let is_own = to.from == OWNER;
    let Sampling { temperature, top_p, top_k: _, frequency_penalty, presence_penalty, seed } = sampling;
    let number = |raw: &Option<RawText>| raw.as_ref().and_then(|raw| raw.get().parse::<f64>().ok());
    for (member, penalty) in
        [("frequency_penalty", frequency_penalty), ("presence_penalty", presence_penalty)]
    {
        to.lose_if(number(penalty).is_some_and(|penalty| penalty != 0.0), "", member);
    }
    to.lose_if(seed.is_some(), "", "seed");
    let narrows = number(top_p).is_some_and(|value| value < 1.0);
    if is_refused {
        let is_default = number(temperature).is_none_or(|value| (value - 1.0).abs() < f64::EPSILON);
        to.lose_if(!is_default, "", "temperature");
        to.lose_if(narrows, "", "top_p");
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
        to.lose_if(narrows, "", "top_p");
    } else {
        out.maybe_raw("topP", top_p.as_deref());
    }
}

fn write_output_config(
    output: Option<&OutputFormat>,
    effort: Option<&str>,
    extra: &Extra,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    let mut config = ObjectWriter::new();
    match output {
        None | Some(OutputFormat::Text) => {}
        // There is no schema to hold the model to; the prompt has to say it, as the other format requires anyway.
        Some(OutputFormat::JsonObject | OutputFormat::JsonSchema(Schema { json: None, .. })) => {
            to.lose("", "response_format");
        }
        Some(OutputFormat::JsonSchema(Schema { name, description, json: Some(json), strict: _ })) => {
            // JSON in a string.
            let mut schema = ObjectWriter::new();
            schema.string("schema", json.get());
            schema.maybe_string("name", name.as_deref()).maybe_string("description", description.as_deref());
            let mut structure = ObjectWriter::new();
            structure.raw("jsonSchema", &schema.finish());
            let mut format = ObjectWriter::new();
            format.string("type", "json_schema").raw("structure", &structure.finish());
            config.raw("textFormat", &format.finish());
        }
    }
    config.maybe_string("effort", effort);
    extra.write_nested(OWNER, "outputConfig", &mut config);
    let config = config.finish();
    if config != "{}" || extra.noted(OWNER, "outputConfig").is_some() {
        out.raw("outputConfig", &config);
    }
}

fn write_tier(tier: Option<&str>, extra: &Extra, out: &mut ObjectWriter, to: &mut Encoding) {
    let word = match tier {
        Some(tier) if to.from == OWNER => tier,
        Some(tier @ ("default" | "flex" | "priority")) => tier,
        Some("standard_only") => "default",
        Some("auto") | None => return,
        Some(_) => return to.lose("", "service_tier"),
    };
    let mut object = ObjectWriter::new();
    object.string("type", word);
    extra.write_nested(OWNER, "serviceTier", &mut object);
    out.raw("serviceTier", &object.finish());
}

/// Whether the pairs are such as the provider keeps beside its records of a request.
fn are_permitted(pairs: &Members<'_>) -> bool {
    let is_fine = |text: &str, least: usize| {
        let fine = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || ":_@$#=/+,-.".contains(c);
        (least..=MAX_PAIR_CHARS).contains(&text.chars().count()) && text.chars().all(fine)
    };
    pairs.0.len() <= MAX_PAIRS
        && pairs.0.iter().all(|(key, value)| {
            is_fine(key, 1) && json::string(value).is_some_and(|value| is_fine(&value, 0))
        })
}
