//! A request into the canonical model. What is not taken here stays in `extra`.

use super::super::calls::Calls;
use super::super::notes::flag;
use super::super::settings::{self, Settings};
use super::super::shape::Shape;
use super::super::{message, tools};
use crate::canonical::{Extra, Request};
use crate::envelope::BadRequest;
use crate::json::{self, Members};

pub(in super::super) fn decode(mut members: Members<'_>) -> Result<Request, BadRequest> {
    let mut extra = Extra::default();
    members.take("model");
    let raw = members.take("messages");
    if raw.is_none() {
        flag(&mut extra, "without messages");
    }
    let raw =
        raw.map(|raw| json::elements(raw).ok_or_else(|| BadRequest::wrong_type("messages", "an array")));
    let raw = raw.transpose()?.unwrap_or_default();
    let mut calls = Calls::new("call");
    let messages = raw
        .into_iter()
        .enumerate()
        .map(|(index, raw)| message::decode(raw, &format!("messages[{index}]"), &mut calls))
        .collect::<Result<_, _>>()?;
    let tools = members.get("tools").and_then(tools::decode);
    if tools.is_some() {
        members.take("tools");
    }
    let stream = members.take_as("stream");
    let settings = settings::decode(&mut members, &mut extra);
    let Settings { limit, sampling, stop, logprobs, top_logprobs, effort, thinking, output } = settings;
    Shape::Chat.keep_rest(members, &mut extra);
    Ok(Request {
        owner: Shape::Chat.owner(),
        system: None,
        messages,
        tools,
        tool_choice: None,
        parallel_tool_calls: None,
        limit,
        sampling,
        stop,
        choices: None,
        logprobs,
        top_logprobs,
        logit_bias: None,
        effort,
        thinking,
        output,
        modalities: None,
        service_tier: None,
        user: None,
        metadata: None,
        stream,
        include_usage: None,
        extra,
    })
}
