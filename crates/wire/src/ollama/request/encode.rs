//! The canonical model into a request.

use super::super::message::{self, Names};
use super::super::notes::is_flagged;
use super::super::settings::{self, Foreign, Settings};
use super::super::shape::{Shape, is_family};
use super::super::{OWNER, tools};
use crate::canonical::{Content, Encoding, Extra, Item, Message, ReasoningNotation, Request, Role};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array};
use crate::translate::Target;

pub(in super::super) fn encode(
    request: Request,
    target: &Target<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let is_own = request.owner == OWNER;
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
    extra.refuse(OWNER, to)?;
    let mut out = ObjectWriter::new();
    out.string("model", target.model);
    if is_own {
        if !is_flagged(&extra, "without messages") {
            let own = messages.iter().enumerate();
            let own = own.map(|(index, message)| message::encode_own(message, &message.place(index), to));
            out.raw("messages", &array(own.collect::<Vec<_>>()));
        }
    } else {
        out.raw("messages", &encode_messages(system, messages, to)?);
    }

    // Nothing may be left of them, and without tools there is nothing to choose.
    let mut has_tools = false;
    if let Some(tools) = tools
        && let Some(tools) = tools::encode(&tools, tool_choice.as_ref(), to)?
    {
        has_tools = true;
        out.raw("tools", &tools);
    }
    // Its models call functions in parallel when they see fit.
    to.lose_if(has_tools && parallel_tool_calls == Some(false), "", "parallel_tool_calls");
    let settings = Settings { limit, sampling, stop, logprobs, top_logprobs, effort, thinking, output };
    settings::encode(&settings, target.model, &extra, &mut out, to);
    let foreign = Foreign {
        choices,
        logit_bias: logit_bias.as_ref(),
        modalities: modalities.as_deref(),
        service_tier: service_tier.as_deref(),
        user: user.as_deref(),
        metadata: metadata.as_ref(),
    };
    settings::report(&foreign, to)?;
    write_stream(stream, is_own, &mut out);
    Shape::Chat.write_rest(&extra, &mut out, "", &mut to.loss);
    Ok(out.finish())
}

/// Who says nothing gets a stream here, and nowhere else.
fn write_stream(stream: Option<bool>, is_own: bool, out: &mut ObjectWriter) {
    if let Some(stream) = stream.or((!is_own).then_some(false)) {
        out.put("stream", stream);
    }
}

/// Messages of another format, its instructions first.
fn encode_messages(
    system: Option<Content>,
    messages: Vec<Message>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    if messages.is_empty() {
        // Then the model is loaded, which only this format's clients ask for.
        if is_family(to.from) {
            return Ok("[]".to_owned());
        }
        let message = "The request has no messages for the model to answer.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    }
    let system = system.filter(|content| !content.parts.is_empty()).map(|content| Message {
        role: Role::System,
        content,
        reasoning: ReasoningNotation::default(),
        item: Item::default(),
        extra: Extra::default(),
    });
    let mut names = Names::new();
    let mut encoded = Vec::with_capacity(messages.len() + 1);
    if let Some(system) = &system {
        encoded.extend(message::encode_foreign(system, "system", &mut names, to)?);
    }
    for (index, message) in messages.iter().enumerate() {
        encoded.extend(message::encode_foreign(message, &message.place(index), &mut names, to)?);
    }
    Ok(array(encoded))
}
