//! Members of a request that the gateway reads in both formats.

use crate::envelope::{BadRequest, EnvelopeParts, Fields, UsageSplice};
use crate::json;

/// How many completions a member asks for.
pub(crate) fn completions(fields: &Fields<'_>, member: &str) -> Result<Option<u32>, BadRequest> {
    match fields.count(member)? {
        Some(count @ 1..=1024) => Ok(Some(count as u32)),
        Some(count) => {
            let message = format!("`{member}` must be between 1 and 1024, not {count}.");
            Err(BadRequest::new("invalid_value", member, message))
        }
        None => Ok(None),
    }
}

/// Whether usage is asked for, and where that would have to be written.
pub(crate) fn read_stream_options(fields: &Fields<'_>, parts: &mut EnvelopeParts) -> Result<(), BadRequest> {
    parts.usage_splice = UsageSplice::AfterModel;
    let Some(options) = fields.get("stream_options")? else { return Ok(()) };
    if json::is_null(options) {
        parts.usage_splice = UsageSplice::InPlaceOf(fields.span(options));
        return Ok(());
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
    Ok(())
}
