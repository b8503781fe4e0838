//! Which members of a chat request the gateway reads.

use crate::envelope::{BadRequest, EnvelopeParts, Fields, UsageSplice};
use crate::json;

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    fields.require_array("messages")?;
    let choices = match fields.count("n")? {
        Some(n @ 1..=1024) => Some(n as u32),
        Some(n) => {
            let message = format!("`n` must be between 1 and 1024, not {n}.");
            return Err(BadRequest::new("invalid_value", "n", message));
        }
        None => None,
    };
    let mut parts = EnvelopeParts {
        user: fields.string("user")?,
        max_output_tokens: fields.count("max_completion_tokens")?.max(fields.count("max_tokens")?),
        choices,
        usage_splice: UsageSplice::AfterModel,
        ..EnvelopeParts::default()
    };
    let Some(options) = fields.get("stream_options")? else { return Ok(parts) };
    if json::is_null(options) {
        parts.usage_splice = UsageSplice::InPlaceOf(fields.span(options));
        return Ok(parts);
    }
    let Some(members) = json::members(options) else {
        return Err(BadRequest::wrong_type("stream_options", "an object"));
    };
    let nested = fields.nested("stream_options", &members);
    parts.include_usage = nested.flag("include_usage")?.unwrap_or(false);
    parts.usage_splice = match nested.get("include_usage")? {
        Some(_) if parts.include_usage => UsageSplice::Nothing,
        Some(flag) => UsageSplice::FlagAt(fields.span(flag)),
        None => UsageSplice::Into { at: fields.span(options).start + 1, is_empty: nested.is_empty() },
    };
    Ok(parts)
}
