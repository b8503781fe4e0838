//! Which members of a request the gateway reads. Model and stream flag stand in the path.

use crate::envelope::{BadRequest, EnvelopeParts, Fields};
use crate::json;

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    // A prompt kept at the provider has turns of its own.
    if fields.present("messages")?.is_some() {
        fields.require_array("messages")?;
    }
    let Some(config) = fields.present("inferenceConfig")? else { return Ok(EnvelopeParts::default()) };
    let members =
        json::members(config).ok_or_else(|| BadRequest::wrong_type("inferenceConfig", "an object"))?;
    let max_output_tokens = fields.nested("inferenceConfig", &members).count("maxTokens")?;
    Ok(EnvelopeParts { max_output_tokens, ..EnvelopeParts::default() })
}
