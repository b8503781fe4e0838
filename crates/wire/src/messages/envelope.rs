//! Which members of a messages request the gateway reads.

use crate::canonical::signature;
use crate::envelope::{BadRequest, EnvelopeParts, Fields};
use crate::json;

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    fields.require_array("messages")?;
    let user = match fields.present("metadata")? {
        None => None,
        Some(metadata) => {
            let members =
                json::members(metadata).ok_or_else(|| BadRequest::wrong_type("metadata", "an object"))?;
            fields.nested("metadata", &members).string("user_id")?
        }
    };
    Ok(EnvelopeParts {
        user,
        max_output_tokens: fields.count("max_tokens")?,
        mark: Some(signature::IN_TEXT),
        ..EnvelopeParts::default()
    })
}
