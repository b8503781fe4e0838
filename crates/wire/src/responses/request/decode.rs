//! A responses request into the canonical model. What is not taken here stays in `extra`.

use serde_json::value::RawValue;

use super::super::{LOGPROBS, OWNER, item, tools};
use crate::canonical::{
    Content, Extra, Item, ItemKind, Message, Notation, OutputFormat, OutputLimit, Part, RawText,
    ReasoningNotation, Request, Role, Sampling, Schema, Tool, ToolChoice,
};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    members.take("model");
    let (messages, within) = input(&mut members)?;
    let system = members
        .take_as::<String>("instructions")
        .map(|text| Content { parts: vec![Part::text(text)], notation: Notation::Text });
    let tool_choice = members.take("tool_choice").map(tools::decode_choice);
    let is_forced = matches!(tool_choice, Some(ToolChoice::Required));
    let mut tools = members.get("tools").and_then(|raw| tools::decode(raw, is_forced));
    if tools.is_some() {
        members.take("tools");
    }
    if !within.is_empty() {
        tools.get_or_insert_default().extend(within);
    }
    let mut extra = Extra::default();
    let limit = members.take_as("max_output_tokens");
    let (logprobs, top_logprobs) = logprobs(&mut members, &mut extra);
    let (effort, output) = (effort(&mut members, &mut extra), output(&mut members, &mut extra));
    Ok(Request {
        owner: OWNER,
        system,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: members.take_as("parallel_tool_calls"),
        limit: limit.map(|tokens| OutputLimit { tokens, member: "max_output_tokens".to_owned() }),
        sampling: Sampling {
            temperature: members.take("temperature").map(RawValue::to_owned),
            top_p: members.take("top_p").map(RawValue::to_owned),
            ..Sampling::default()
        },
        stop: None,
        choices: None,
        logprobs,
        top_logprobs,
        logit_bias: None,
        effort,
        thinking: None,
        output,
        modalities: None,
        service_tier: members.take_as("service_tier"),
        user: members.take_as("user"),
        metadata: members.take("metadata").map(RawValue::to_owned),
        stream: members.take_as("stream"),
        include_usage: None,
        extra: {
            extra.add("", OWNER, members);
            extra
        },
    })
}

/// Items, and the tools that came with some of them. An input that says nothing is left where it is.
fn input(members: &mut Members<'_>) -> Result<(Vec<Message>, Vec<Tool>), BadRequest> {
    let Some(raw) = members.get("input").filter(|raw| !matches!(raw.get(), "[]" | "[ ]")) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let messages = if let Some(text) = json::string(raw) {
        vec![Message {
            role: Role::User,
            content: Content { parts: vec![Part::text(text)], notation: Notation::Text },
            reasoning: ReasoningNotation::default(),
            item: Item { kind: ItemKind::Whole, place: "input".to_owned(), ..Item::default() },
            extra: Extra::default(),
        }]
    } else {
        let items =
            json::elements(raw).ok_or_else(|| BadRequest::wrong_type("input", "a string or an array"))?;
        if items.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        items
            .into_iter()
            .enumerate()
            .map(|(index, raw)| item::decode(raw, &format!("input[{index}]")))
            .collect::<Result<_, _>>()?
    };
    members.take("input");
    let beside = messages.iter().flat_map(|message| message.extra.0.iter().chain(&message.item.members.0));
    let within = beside
        .filter(|member| item::is_offered(&member.kind))
        .filter_map(|member| tools::offered_within(&member.kind, &member.raw))
        .collect();
    Ok((messages, within))
}

/// They are asked for among what a reply may include. Without that the number of them means nothing.
fn logprobs(members: &mut Members<'_>, extra: &mut Extra) -> (Option<bool>, Option<RawText>) {
    let raw = members.get("include");
    let include = raw.and_then(json::elements).unwrap_or_default();
    if !include.iter().any(|name| json::string(name).as_deref() == Some(LOGPROBS)) {
        return (None, None);
    }
    if let ([_], Some(raw)) = (include.as_slice(), raw) {
        members.take("include");
        extra.note(OWNER, "include", raw);
    }
    (Some(true), members.take("top_logprobs").map(RawValue::to_owned))
}

fn effort(members: &mut Members<'_>, extra: &mut Extra) -> Option<String> {
    let mut reasoning = json::members(members.get("reasoning")?)?;
    let effort = reasoning.take_as("effort")?;
    members.take("reasoning");
    extra.add("reasoning", OWNER, reasoning);
    Some(effort)
}

fn output(members: &mut Members<'_>, extra: &mut Extra) -> Option<OutputFormat> {
    let mut text = json::members(members.get("text")?)?;
    let mut format = json::members(text.get("format")?)?;
    let output = match format.take_as::<String>("type")?.as_str() {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => OutputFormat::JsonSchema(Schema {
            name: format.take_as("name"),
            description: format.take_as("description"),
            json: format.take("schema").map(RawValue::to_owned),
            strict: format.take_as("strict"),
        }),
        _ => return None,
    };
    // Nulls say nothing, but who wrote them gets them back.
    if !format.0.iter().all(|(_, raw)| json::is_null(raw)) {
        return None;
    }
    text.take("format");
    members.take("text");
    extra.add("text/format", OWNER, format);
    extra.add("text", OWNER, text);
    Some(output)
}
