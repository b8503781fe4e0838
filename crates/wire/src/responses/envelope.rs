//! Which members of a responses request the gateway reads.

use crate::canonical::signature;
use crate::envelope::{BadRequest, EnvelopeParts, Fields, Memory};

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    match fields.present("input")? {
        Some(input) if !input.get().starts_with(['"', '[']) => {
            return Err(BadRequest::wrong_type("input", "a string or an array"));
        }
        Some(_) => {}
        None => require_context(fields)?,
    }
    let user = match fields.string("user")? {
        Some(user) => Some(user),
        None => fields.string("safety_identifier")?,
    };
    let memory = Memory {
        previous: fields.string("previous_response_id")?,
        store: fields.flag("store")?.unwrap_or(true),
        background: fields.flag("background")?.unwrap_or(false),
        has_conversation: fields.present("conversation")?.is_some(),
    };
    if memory.previous.is_some() && memory.has_conversation {
        let message = "`previous_response_id` and `conversation` cannot both be given.";
        return Err(BadRequest::new("invalid_value", "previous_response_id", message));
    }
    Ok(EnvelopeParts {
        memory: Some(memory),
        user,
        max_output_tokens: fields.count("max_output_tokens")?,
        mark: Some(signature::BY_GATEWAY),
        ..EnvelopeParts::default()
    })
}

/// A request without input has to go on with something the provider keeps.
fn require_context(fields: &Fields<'_>) -> Result<(), BadRequest> {
    for key in ["previous_response_id", "prompt", "conversation"] {
        if fields.present(key)?.is_some() {
            return Ok(());
        }
    }
    fields.required("input")?;
    Err(BadRequest::wrong_type("input", "a string or an array"))
}
