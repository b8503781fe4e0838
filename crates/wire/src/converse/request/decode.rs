//! A request into the canonical model. What is not taken here stays in `extra`.

use serde_json::value::RawValue;

use super::super::{OWNER, block, tools};
use super::fields;
use crate::canonical::{
    Extra, Item, Message, OutputFormat, OutputLimit, RawText, ReasoningNotation, Request, Role, Sampling,
    Schema, Stop,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    let mut extra = Extra::default();
    let messages = if let Some(raw) = members.take("messages") {
        let raw = json::elements(raw).ok_or_else(|| BadRequest::wrong_type("messages", "an array"))?;
        let numbered = raw.into_iter().enumerate();
        numbered.map(|(index, raw)| message(raw, &format!("messages[{index}]"))).collect::<Result<_, _>>()?
    } else {
        // The prompt is kept at the provider.
        extra.note(OWNER, "without messages", RawValue::TRUE);
        Vec::new()
    };
    let system = match members.take("system") {
        Some(raw) => Some(block::content(raw).ok_or_else(|| BadRequest::wrong_type("system", "an array"))?),
        None => None,
    };
    let tools = tools::decode(&mut members, &mut extra)?;
    let config = inference(&mut members, &mut extra);
    let asked = fields::decode(&mut members, &mut extra);
    let (output, effort) = output_config(&mut members, &mut extra);
    let metadata = members.get("requestMetadata").filter(|raw| json::members(raw).is_some());
    if metadata.is_some() {
        members.take("requestMetadata");
    }
    Ok(Request {
        owner: OWNER,
        system,
        messages,
        tools: tools.tools,
        tool_choice: tools.choice,
        parallel_tool_calls: None,
        limit: config.limit,
        sampling: Sampling {
            temperature: config.temperature,
            top_p: config.top_p,
            top_k: asked.top_k,
            ..Sampling::default()
        },
        stop: config.stop,
        choices: None,
        logprobs: None,
        top_logprobs: None,
        logit_bias: None,
        effort: effort.or(asked.effort),
        thinking: asked.thinking,
        output,
        modalities: None,
        service_tier: service_tier(&mut members, &mut extra),
        user: None,
        metadata: metadata.map(RawValue::to_owned),
        stream: None,
        include_usage: None,
        extra: {
            extra.add("", OWNER, members);
            extra
        },
    })
}

fn message(raw: &RawValue, path: &str) -> Result<Message, BadRequest> {
    let mut members = json::members(raw).ok_or_else(|| BadRequest::wrong_type(path, "an object"))?;
    let role_path = format!("{path}.role");
    let name: String =
        members.take_as("role").ok_or_else(|| BadRequest::wrong_type(&role_path, "a string"))?;
    let role = match name.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            let message = format!("`{role_path}`: messages of role `{name}` are not supported.");
            return Err(BadRequest::new("unsupported_value", &role_path, message));
        }
    };
    let content = members.take("content").and_then(block::content);
    let content = content.ok_or_else(|| BadRequest::wrong_type(&format!("{path}.content"), "an array"))?;
    Ok(Message {
        role,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::rest(OWNER, members),
    })
}

#[derive(Default)]
struct Inference {
    limit: Option<OutputLimit>,
    temperature: Option<RawText>,
    top_p: Option<RawText>,
    stop: Option<Stop>,
}

fn inference(members: &mut Members<'_>, extra: &mut Extra) -> Inference {
    let Some(mut config) = members.get("inferenceConfig").and_then(json::members) else {
        return Inference::default();
    };
    members.take("inferenceConfig");
    extra.note(OWNER, "inferenceConfig", RawValue::TRUE);
    let limit = config.take_as("maxTokens");
    let stop = config.take_as("stopSequences");
    let out = Inference {
        limit: limit.map(|tokens| OutputLimit { tokens, member: "maxTokens".to_owned() }),
        temperature: config.take("temperature").map(RawValue::to_owned),
        top_p: config.take("topP").map(RawValue::to_owned),
        stop: stop.map(|sequences| Stop { sequences, as_string: false }),
    };
    extra.add("inferenceConfig", OWNER, config);
    out
}

/// `outputConfig` holds an output format and an effort.
fn output_config(members: &mut Members<'_>, extra: &mut Extra) -> (Option<OutputFormat>, Option<String>) {
    let Some(mut config) = members.get("outputConfig").and_then(json::members) else { return (None, None) };
    members.take("outputConfig");
    extra.note(OWNER, "outputConfig", RawValue::TRUE);
    let output = config.get("textFormat").and_then(text_format);
    if output.is_some() {
        config.take("textFormat");
    }
    let effort: Option<String> = config.take_as("effort");
    if let Some(raw) = effort.as_deref().and_then(|effort| serde_json::value::to_raw_value(effort).ok()) {
        extra.note(OWNER, "effort", &raw);
    }
    extra.add("outputConfig", OWNER, config);
    (output, effort)
}

/// The schema is JSON in a string.
fn text_format(raw: &RawValue) -> Option<OutputFormat> {
    let mut format = json::members(raw)?;
    if format.take_as::<String>("type")? != "json_schema" {
        return None;
    }
    let mut structure = json::members(format.take("structure")?)?;
    let mut schema = json::members(structure.take("jsonSchema")?)?;
    let text: String = schema.take_as("schema")?;
    let json = RawValue::from_string(text.clone()).ok().filter(|json| json.get() == text)?;
    let (name, description) = (schema.take_as("name"), schema.take_as("description"));
    let is_known = [&format, &structure, &schema].iter().all(|members| members.0.is_empty());
    let schema = Schema { name, description, json: Some(json), strict: None };
    is_known.then_some(OutputFormat::JsonSchema(schema))
}

fn service_tier(members: &mut Members<'_>, extra: &mut Extra) -> Option<String> {
    let mut tier = json::members(members.get("serviceTier")?)?;
    let kind = tier.take_as("type")?;
    members.take("serviceTier");
    extra.add("serviceTier", OWNER, tier);
    Some(kind)
}
