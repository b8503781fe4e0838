//! The canonical model into a request: a conversation of one message, or none at all.

use super::super::OWNER;
use super::super::content::write_own;
use super::super::message::Spoken;
use super::super::settings::{self, Foreign, Settings};
use super::super::shape::Shape;
use crate::canonical::{Content, Encoding, Message, PartKind, Request, Role};
use crate::envelope::BadRequest;
use crate::json::ObjectWriter;
use crate::translate::Target;

pub(in super::super) fn encode(
    request: Request,
    target: &Target<'_>,
    to: &mut Encoding,
) -> Result<String, BadRequest> {
    let shape = Shape::Generate;
    let is_own = request.owner == shape.owner();
    let Request {
        owner: _,
        system,
        messages,
        tools,
        tool_choice: _,
        parallel_tool_calls: _,
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
    extra.refuse(shape.owner(), to)?;
    let mut out = ObjectWriter::new();
    out.string("model", target.model);
    if is_own {
        if let Some(system) = &system {
            write_own(system, "system", &mut out);
        }
        match messages.first() {
            Some(message) => write_own_prompt(&message.content, &mut out),
            None => {
                out.maybe_raw("prompt", extra.noted(OWNER, "prompt"));
            }
        }
    } else {
        write_prompt(system.as_ref(), &messages, &mut out, to)?;
    }
    if tools.is_some_and(|tools| !tools.is_empty()) {
        to.refuse("tools", "tools")?;
    }
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
    if let Some(stream) = stream.or((!is_own).then_some(false)) {
        out.put("stream", stream);
    }
    shape.write_rest(&extra, &mut out, "", &mut to.loss);
    Ok(out.finish())
}

fn write_own_prompt(content: &Content, out: &mut ObjectWriter) {
    write_own(content, "prompt", out);
    for part in &content.parts {
        if let PartKind::Opaque(opaque) = &part.kind
            && opaque.owner == Shape::Generate.owner()
        {
            out.raw(&opaque.kind, opaque.raw.get());
        }
    }
}

/// Instructions, and the one message that there may be.
fn write_prompt(
    system: Option<&Content>,
    messages: &[Message],
    out: &mut ObjectWriter,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    let (mut instructions, mut prompt) = (Spoken::default(), None);
    for (index, part) in system.iter().flat_map(|content| &content.parts).enumerate() {
        instructions.add(part, &format!("system[{index}]"), to)?;
    }
    for (index, message) in messages.iter().enumerate() {
        let path = message.place(index);
        match message.role {
            Role::System | Role::Developer if prompt.is_none() => {
                add(&mut instructions, message, &path, to)?;
            }
            Role::User if prompt.is_none() && !has_results(message) => {
                let mut spoken = Spoken::default();
                add(&mut spoken, message, &path, to)?;
                prompt = Some((spoken, path));
            }
            _ => to.refuse(&path, "a conversation of more than one message")?,
        }
    }
    let Some((prompt, path)) = prompt else {
        let message = "The request has no message of a user for the model to answer.";
        return Err(BadRequest::new("invalid_value", "messages", message));
    };
    to.lose_if(prompt.is_mixed(), &path, "content");
    if !instructions.is_empty() {
        instructions.write("system", "\n\n", out);
    }
    prompt.write("prompt", "\n\n", out);
    Ok(())
}

fn has_results(message: &Message) -> bool {
    message.content.parts.iter().any(|part| matches!(part.kind, PartKind::ToolResult(_)))
}

fn add<'m>(
    spoken: &mut Spoken<'m>,
    message: &'m Message,
    path: &str,
    to: &mut Encoding,
) -> Result<(), BadRequest> {
    for (index, part) in message.content.parts.iter().enumerate() {
        spoken.add(part, &format!("{path}.content[{index}]"), to)?;
    }
    let mut unused = ObjectWriter::new();
    message.extra.write(OWNER, &mut unused, path, &mut to.loss);
    Ok(())
}
