//! Which members of a request the gateway reads.

use serde_json::value::RawValue;

use crate::envelope::{BadRequest, EnvelopeParts, Fields};
use crate::json;

/// A chat without messages asks for nothing but the model to be loaded, or to be forgotten.
pub(super) fn read_chat(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    if fields.present("messages")?.is_some() {
        fields.require_array("messages")?;
    }
    read(fields)
}

pub(super) fn read_generate(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    fields.string("prompt")?;
    read(fields)
}

fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    let Some(options) = fields.present("options")? else { return Ok(EnvelopeParts::default()) };
    let members = json::members(options).ok_or_else(|| BadRequest::wrong_type("options", "an object"))?;
    let options = fields.nested("options", &members);
    // Whatever is not above zero asks for no limit.
    let is_none = |raw: &RawValue| raw.get().parse::<f64>().is_ok_and(|tokens| tokens < 1.0);
    let is_limit = options.present("num_predict")?.is_some_and(|raw| !is_none(raw));
    let max_output_tokens = if is_limit { options.count("num_predict")? } else { None };
    Ok(EnvelopeParts { max_output_tokens, ..EnvelopeParts::default() })
}
