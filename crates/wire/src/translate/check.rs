//! What no provider could make sense of, found before one is asked: fields that contradict each other, images larger than
//! the target takes. Only translations are checked; where formats match the provider says it itself.

use crate::canonical::{Part, PartKind, Request, Source, Thinking, Tool, ToolChoice};
use crate::codec::Codec;
use crate::envelope::BadRequest;

pub(super) fn check(request: &Request, target: &Codec) -> Result<(), BadRequest> {
    check_choice(request)?;
    check_thinking(request)?;
    let Some(limit) = target.image_limit else { return Ok(()) };
    for (index, message) in request.messages.iter().enumerate() {
        check_images(&message.content.parts, &message.place(index), limit)?;
    }
    Ok(())
}

fn contradiction(param: &str, message: String) -> BadRequest {
    BadRequest::new("invalid_value", param, message)
}

/// A choice between tools that are not there.
fn check_choice(request: &Request) -> Result<(), BadRequest> {
    let wanted = match &request.tool_choice {
        Some(ToolChoice::Required) => None,
        Some(ToolChoice::Named(name)) => Some(name),
        _ => return Ok(()),
    };
    let tools = request.tools.as_deref().unwrap_or_default();
    if tools.is_empty() {
        let message = "`tool_choice` demands a tool, but there are no `tools`.".to_owned();
        return Err(contradiction("tool_choice", message));
    }
    let is_all_functions = tools.iter().all(|tool| matches!(tool, Tool::Function(_)));
    let is_there = |name: &String| {
        tools.iter().any(|tool| matches!(tool, Tool::Function(function) if function.name == *name))
    };
    match wanted {
        // Of tools of other kinds the names are not all known here.
        Some(name) if is_all_functions && !is_there(name) => {
            let message = format!("`tool_choice` demands the tool `{name}`, which is not among the `tools`.");
            Err(contradiction("tool_choice", message))
        }
        _ => Ok(()),
    }
}

/// A budget that leaves nothing for the answer. With tools, thoughts between calls are not counted against the limit.
fn check_thinking(request: &Request) -> Result<(), BadRequest> {
    let (Some(Thinking::Enabled { budget_tokens }), Some(limit)) = (&request.thinking, &request.limit) else {
        return Ok(());
    };
    if *budget_tokens < limit.tokens || request.tools.is_some() {
        return Ok(());
    }
    let message = format!(
        "The budget of {budget_tokens} tokens for thinking must be less than `{}`, which is {}.",
        limit.member, limit.tokens
    );
    Err(contradiction("thinking.budget_tokens", message))
}

fn check_images(parts: &[Part], path: &str, limit: usize) -> Result<(), BadRequest> {
    for (index, part) in parts.iter().enumerate() {
        let path = format!("{path}.content[{index}]");
        match &part.kind {
            PartKind::Image(image) => {
                let Source::Base64 { data, .. } = &image.source else { continue };
                let size = data.trim_end_matches('=').len() / 4 * 3;
                if size > limit {
                    let message = format!(
                        "`{path}`: the image has {size} bytes, and the model asked for takes images of at most {limit}."
                    );
                    return Err(contradiction(&path, message));
                }
            }
            PartKind::ToolResult(result) => check_images(&result.content.parts, &path, limit)?,
            _ => {}
        }
    }
    Ok(())
}
