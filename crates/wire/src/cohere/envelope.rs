//! Which members of a request the gateway reads.

use crate::envelope::{BadRequest, EnvelopeParts, Fields};

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    fields.require_array("messages")?;
    Ok(EnvelopeParts { max_output_tokens: fields.count("max_tokens")?, ..EnvelopeParts::default() })
}
