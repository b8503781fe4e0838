//! A request into the canonical model. What is not taken here stays in `extra`.

use serde_json::value::RawValue;

use super::super::{OWNER, message, tools};
use super::documents;
use crate::canonical::{Extra, OutputFormat, OutputLimit, Request, Sampling, Schema, Stop, Thinking};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    members.take("model");
    let raw = members.take("messages").and_then(json::elements);
    let raw = raw.ok_or_else(|| BadRequest::wrong_type("messages", "an array"))?;
    let mut messages = raw
        .into_iter()
        .enumerate()
        .map(|(index, raw)| message::decode(raw, &format!("messages[{index}]")))
        .collect::<Result<Vec<_>, _>>()?;
    let mut extra = Extra::default();
    documents::take(&mut members, &mut messages, &mut extra);
    let strict: Option<bool> =
        members.get("strict_tools").and_then(|raw| serde_json::from_str(raw.get()).ok());
    let tools = members.get("tools").and_then(|raw| tools::decode(raw, strict));
    if tools.is_some() {
        members.take("tools");
        if strict.is_some()
            && let Some(raw) = members.take("strict_tools")
        {
            extra.note(OWNER, "strict_tools", raw);
        }
    }
    let thinking = thinking(&mut members, &mut extra);
    let output = output(&mut members, &mut extra);
    Ok(Request {
        owner: OWNER,
        system: None,
        messages,
        tools,
        tool_choice: members.take("tool_choice").map(tools::decode_choice),
        parallel_tool_calls: None,
        limit: members
            .take_as("max_tokens")
            .map(|tokens| OutputLimit { tokens, member: "max_tokens".to_owned() }),
        sampling: sampling(&mut members),
        stop: members.take_as("stop_sequences").map(|sequences| Stop { sequences, as_string: false }),
        choices: None,
        logprobs: members.take_as("logprobs"),
        top_logprobs: None,
        logit_bias: None,
        effort: None,
        thinking,
        output,
        modalities: None,
        service_tier: None,
        user: None,
        metadata: None,
        stream: members.take_as("stream"),
        include_usage: None,
        extra: {
            extra.add("", OWNER, members);
            extra
        },
    })
}

fn sampling(members: &mut Members<'_>) -> Sampling {
    let mut number = |member: &str| members.take(member).map(RawValue::to_owned);
    Sampling {
        temperature: number("temperature"),
        top_p: number("p"),
        top_k: number("k"),
        frequency_penalty: number("frequency_penalty"),
        presence_penalty: number("presence_penalty"),
        seed: number("seed"),
    }
}

/// A budget alone turns thinking on; without one the model thinks as long as it likes.
fn thinking(members: &mut Members<'_>, extra: &mut Extra) -> Option<Thinking> {
    let raw = members.get("thinking")?;
    let mut object = json::members(raw)?;
    let budget = object.take_as("token_budget");
    let kind = object.take_as::<String>("type");
    let thinking = match (kind.as_deref(), budget) {
        (Some("disabled"), _) => Thinking::Disabled,
        (Some("enabled") | None, Some(budget_tokens)) => Thinking::Enabled { budget_tokens },
        (Some("enabled"), None) => Thinking::Adaptive,
        _ => return None,
    };
    members.take("thinking");
    extra.note(OWNER, "thinking", raw);
    extra.add("thinking", OWNER, object);
    Some(thinking)
}

/// The schema goes by two names.
fn output(members: &mut Members<'_>, extra: &mut Extra) -> Option<OutputFormat> {
    let raw = members.get("response_format")?;
    let mut format = json::members(raw)?;
    let output = match format.take_as::<String>("type")?.as_str() {
        "text" => OutputFormat::Text,
        "json_object" => match format.take("json_schema").or_else(|| format.take("schema")) {
            None => OutputFormat::JsonObject,
            Some(json) => OutputFormat::JsonSchema(Schema {
                name: None,
                description: None,
                json: Some(json.to_owned()),
                strict: None,
            }),
        },
        _ => return None,
    };
    members.take("response_format");
    extra.note(OWNER, "response_format", raw);
    extra.add("response_format", OWNER, format);
    Some(output)
}
