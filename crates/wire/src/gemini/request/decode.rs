//! A request into the canonical model. What is not taken here stays in `extra`.

use serde_json::value::RawValue;

use super::super::part::{self, Calls};
use super::super::spelling::{self, Spelling, flag, note_text};
use super::super::{OWNER, config, tools};
use crate::canonical::{Content, Extra, Item, Message, Notation, ReasoningNotation, Request, Role};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    let (mut spelling, mut extra) = (Spelling::default(), Extra::default());
    let contents = members.take("contents").and_then(spelling::list);
    let (contents, is_single) = contents.ok_or_else(|| BadRequest::wrong_type("contents", "an array"))?;
    if is_single {
        flag(&mut extra, "single content");
    }
    // Said again by some clients; the path decides.
    if let Some(model) = members.take("model") {
        extra.note(OWNER, "model", model);
    }
    let mut calls = Calls::new("call");
    let messages = contents
        .into_iter()
        .enumerate()
        .map(|(index, raw)| message(raw, &format!("contents[{index}]"), &mut calls))
        .collect::<Result<_, _>>()?;
    let system = match spelling.take(&mut members, "systemInstruction") {
        Some(raw) => Some(system(raw, &mut extra)?),
        None => None,
    };
    let tools = members.get("tools").and_then(|raw| tools::decode(raw, &mut extra));
    if tools.is_some() {
        members.take("tools");
    }
    let tool_choice = tools::decode_choice(&mut members, &mut spelling, &mut extra);
    let config::Config {
        limit,
        sampling,
        stop,
        choices,
        logprobs,
        top_logprobs,
        effort,
        thinking,
        output,
        modalities,
    } = config::decode(&mut members, &mut spelling, &mut extra);
    let service_tier = spelling.take_as(&mut members, "serviceTier");
    spelling.note(&mut extra);
    extra.add("", OWNER, members);
    Ok(Request {
        owner: OWNER,
        system,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: None,
        limit,
        sampling,
        stop,
        choices,
        logprobs,
        top_logprobs,
        logit_bias: None,
        effort,
        thinking,
        output,
        modalities,
        service_tier,
        user: None,
        metadata: None,
        stream: None,
        include_usage: None,
        extra,
    })
}

fn message(raw: &RawValue, path: &str, calls: &mut Calls) -> Result<Message, BadRequest> {
    let mut members = json::members(raw).ok_or_else(|| BadRequest::wrong_type(path, "an object"))?;
    let mut extra = Extra::default();
    let name: Option<String> = members.take_as("role");
    let role = match name.as_deref() {
        Some("user") => Role::User,
        Some("model") => Role::Assistant,
        // An older name for what users send back from functions.
        Some("function") => {
            flag(&mut extra, "function");
            Role::User
        }
        None => {
            flag(&mut extra, "without role");
            Role::User
        }
        Some(name) => {
            let path = format!("{path}.role");
            let message = format!("`{path}`: contents of role `{name}` are not supported.");
            return Err(BadRequest::new("unsupported_value", &path, message));
        }
    };
    let content = parts(&mut members, path, "", calls, &mut extra)?;
    extra.add("", OWNER, members);
    Ok(Message { role, content, reasoning: ReasoningNotation::default(), item: Item::default(), extra })
}

/// A content without a turn.
fn system(raw: &RawValue, extra: &mut Extra) -> Result<Content, BadRequest> {
    let path = "systemInstruction";
    let mut members = json::members(raw).ok_or_else(|| BadRequest::wrong_type(path, "an object"))?;
    // It makes no difference here.
    if let Some(role) = members.take_as::<String>("role") {
        note_text(extra, "system role", &role);
    }
    let content = parts(&mut members, path, "system ", &mut Calls::new("call"), extra)?;
    extra.add(path, OWNER, members);
    Ok(content)
}

/// Takes the parts; whether it is one in place of a list is noted under a name with that beginning.
fn parts(
    members: &mut Members<'_>,
    path: &str,
    note: &str,
    calls: &mut Calls,
    extra: &mut Extra,
) -> Result<Content, BadRequest> {
    let Some(raw) = members.take("parts") else {
        return Ok(Content { parts: Vec::new(), notation: Notation::Absent });
    };
    let (parts, is_single) =
        spelling::list(raw).ok_or_else(|| BadRequest::wrong_type(&format!("{path}.parts"), "an array"))?;
    if is_single {
        flag(extra, &format!("{note}single part"));
    }
    let parts = parts.into_iter().map(|raw| part::decode(raw, calls)).collect();
    Ok(Content { parts, notation: Notation::Parts })
}
