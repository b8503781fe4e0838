//! Which members of a completions request the gateway reads.

use super::prompt;
use crate::envelope::{BadRequest, EnvelopeParts, Fields};
use crate::openai::envelope;

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    // Without a prompt a model begins a document of its own.
    let prompts = match fields.present("prompt")? {
        Some(raw) => prompt::count(raw).ok_or_else(|| BadRequest::wrong_type("prompt", prompt::EXPECTED))?,
        None => 1,
    };
    // Those that are not returned are paid for, too.
    let each = envelope::completions(fields, "n")?.max(envelope::completions(fields, "best_of")?);
    let mut parts = EnvelopeParts {
        user: fields.string("user")?,
        max_output_tokens: fields.count("max_tokens")?,
        choices: (prompts > 1 || each.is_some()).then(|| prompts.saturating_mul(each.unwrap_or(1))),
        ..EnvelopeParts::default()
    };
    envelope::read_stream_options(fields, &mut parts)?;
    Ok(parts)
}
