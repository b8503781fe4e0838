//! A chat request into the canonical model. What is not taken here stays in `extra`.

use serde_json::value::RawValue;

use super::super::{OWNER, message, tools};
use crate::canonical::{Extra, OutputLimit, Request, Thinking};
use crate::envelope::BadRequest;
use crate::json::{self, Members};
use crate::openai::settings;

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    members.take("model");
    let raw = members.take("messages").and_then(json::elements);
    let raw = raw.ok_or_else(|| BadRequest::wrong_type("messages", "an array"))?;
    let messages = raw
        .into_iter()
        .enumerate()
        .map(|(index, raw)| message::decode(raw, &format!("messages[{index}]")))
        .collect::<Result<_, _>>()?;
    let tools = members.get("tools").and_then(tools::decode);
    if tools.is_some() {
        members.take("tools");
    }
    let mut extra = Extra::default();
    Ok(Request {
        owner: OWNER,
        system: None,
        messages,
        tools,
        tool_choice: members.take("tool_choice").map(tools::decode_choice),
        parallel_tool_calls: members.take_as("parallel_tool_calls"),
        limit: limit(&mut members),
        sampling: settings::sampling(&mut members),
        stop: settings::stop(&mut members),
        choices: members.take_as("n"),
        logprobs: members.take_as("logprobs"),
        top_logprobs: members.take("top_logprobs").map(RawValue::to_owned),
        logit_bias: members.take("logit_bias").map(RawValue::to_owned),
        effort: members.take_as("reasoning_effort"),
        thinking: thinking(&mut members),
        output: settings::output(&mut members),
        modalities: members.take_as("modalities"),
        service_tier: members.take_as("service_tier"),
        user: members.take_as("user"),
        metadata: members.take("metadata").map(RawValue::to_owned),
        stream: members.take_as("stream"),
        include_usage: settings::include_usage(&mut members, OWNER, &mut extra),
        extra: {
            extra.add("", OWNER, members);
            extra
        },
    })
}

fn limit(members: &mut Members<'_>) -> Option<OutputLimit> {
    ["max_completion_tokens", "max_tokens"]
        .into_iter()
        .find_map(|member| Some(OutputLimit { tokens: members.take_as(member)?, member: member.to_owned() }))
}

/// Not OpenAI's, but what gateways and some providers take: the messages format's own setting.
fn thinking(members: &mut Members<'_>) -> Option<Thinking> {
    let mut object = json::members(members.get("thinking")?)?;
    let thinking = match object.take_as::<String>("type")?.as_str() {
        "enabled" => Thinking::Enabled { budget_tokens: object.take_as("budget_tokens")? },
        "adaptive" => Thinking::Adaptive,
        "disabled" => Thinking::Disabled,
        _ => return None,
    };
    if !object.0.is_empty() {
        return None;
    }
    members.take("thinking");
    Some(thinking)
}
