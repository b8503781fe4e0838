//! Which members of a chat request the gateway reads.

use crate::canonical::signature;
use crate::envelope::{BadRequest, EnvelopeParts, Fields};
use crate::openai::envelope;

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    fields.require_array("messages")?;
    let choices = envelope::completions(fields, "n")?;
    let mut parts = EnvelopeParts {
        user: fields.string("user")?,
        max_output_tokens: fields.count("max_completion_tokens")?.max(fields.count("max_tokens")?),
        choices,
        mark: Some(signature::IN_TEXT),
        ..EnvelopeParts::default()
    };
    envelope::read_stream_options(fields, &mut parts)?;
    Ok(parts)
}
