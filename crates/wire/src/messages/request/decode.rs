//! A messages request into the canonical model. What is not taken here stays in `extra`.

use serde_json::value::RawValue;

use super::super::{OWNER, content, tools};
use crate::canonical::{
    Extra, Item, Message, OutputFormat, OutputLimit, ReasoningNotation, Request, Role, Sampling, Schema,
    Stop, Thinking,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    members.take("model");
    let raw = members.take("messages").and_then(json::elements);
    let raw = raw.ok_or_else(|| BadRequest::wrong_type("messages", "an array"))?;
    let messages = raw
        .into_iter()
        .enumerate()
        .map(|(index, raw)| message(raw, &format!("messages[{index}]")))
        .collect::<Result<_, _>>()?;
    let system = match members.take("system") {
        Some(raw) => {
            let content = content::content(raw);
            Some(content.ok_or_else(|| BadRequest::wrong_type("system", "a string or an array"))?)
        }
        None => None,
    };
    let tools = members.get("tools").and_then(tools::decode);
    if tools.is_some() {
        members.take("tools");
    }
    let mut extra = Extra::default();
    let (tool_choice, parallel_tool_calls) = tools::decode_choice(&mut members, &mut extra);
    let (effort, output) = output_config(&mut members, &mut extra);
    let limit = members.take_as("max_tokens");
    let stop = members.take_as("stop_sequences");
    Ok(Request {
        owner: OWNER,
        system,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls,
        limit: limit.map(|tokens| OutputLimit { tokens, member: "max_tokens".to_owned() }),
        sampling: Sampling {
            temperature: members.take("temperature").map(RawValue::to_owned),
            top_p: members.take("top_p").map(RawValue::to_owned),
            top_k: members.take("top_k").map(RawValue::to_owned),
            ..Sampling::default()
        },
        stop: stop.map(|sequences| Stop { sequences, as_string: false }),
        choices: None,
        logprobs: None,
        top_logprobs: None,
        logit_bias: None,
        effort,
        thinking: thinking(&mut members, &mut extra),
        output,
        modalities: None,
        service_tier: members.take_as("service_tier"),
        user: user(&mut members, &mut extra),
        metadata: None,
        stream: members.take_as("stream"),
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
    let content = members.take("content").and_then(content::content);
    let content =
        content.ok_or_else(|| BadRequest::wrong_type(&format!("{path}.content"), "a string or an array"))?;
    Ok(Message {
        role,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::rest(OWNER, members),
    })
}

/// `output_config` holds an effort, an output format, and what is still to come.
fn output_config(members: &mut Members<'_>, extra: &mut Extra) -> (Option<String>, Option<OutputFormat>) {
    let Some(mut config) = members.get("output_config").and_then(json::members) else { return (None, None) };
    let effort = config.take_as("effort");
    let output = output(&mut config);
    if effort.is_some() || output.is_some() {
        members.take("output_config");
        extra.add("output_config", OWNER, config);
    }
    (effort, output)
}

fn output(config: &mut Members<'_>) -> Option<OutputFormat> {
    let mut format = json::members(config.get("format")?)?;
    if format.take_as::<String>("type")? != "json_schema" {
        return None;
    }
    let schema = format.take("schema")?.to_owned();
    if !format.0.is_empty() {
        return None;
    }
    config.take("format");
    Some(OutputFormat::JsonSchema(Schema { name: None, description: None, json: Some(schema), strict: None }))
}

fn thinking(members: &mut Members<'_>, extra: &mut Extra) -> Option<Thinking> {
    let mut object = json::members(members.get("thinking")?)?;
    let thinking = match object.take_as::<String>("type")?.as_str() {
        "enabled" => Thinking::Enabled { budget_tokens: object.take_as("budget_tokens")? },
        "adaptive" => Thinking::Adaptive,
        "disabled" => Thinking::Disabled,
        _ => return None,
    };
    members.take("thinking");
    extra.add("thinking", OWNER, object);
    Some(thinking)
}

fn user(members: &mut Members<'_>, extra: &mut Extra) -> Option<String> {
    let mut metadata = json::members(members.get("metadata")?)?;
    let user = metadata.take_as("user_id")?;
    members.take("metadata");
    extra.add("metadata", OWNER, metadata);
    Some(user)
}
