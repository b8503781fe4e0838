//! Which members of a request the gateway reads. Model and stream flag stand in the path.

use serde_json::value::RawValue;

use crate::canonical::signature;
use crate::envelope::{BadRequest, EnvelopeParts, Fields};
use crate::json;

pub(super) fn read(fields: &Fields<'_>) -> Result<EnvelopeParts, BadRequest> {
    let mark = Some(signature::BY_GATEWAY_IN_BASE64);
    // A list, or the one value that stands for it. To divide it would be to read the whole body again.
    if !fields.required("contents")?.get().starts_with(['[', '{']) {
        return Err(BadRequest::wrong_type("contents", "an array"));
    }
    let Some((name, config)) = either(fields, "generationConfig", "generation_config")? else {
        return Ok(EnvelopeParts { mark, ..EnvelopeParts::default() });
    };
    let members = json::members(config).ok_or_else(|| BadRequest::wrong_type(name, "an object"))?;
    let config = fields.nested(name, &members);
    let number = |camel, snake| -> Result<_, BadRequest> {
        let Some((name, _)) = either(&config, camel, snake)? else { return Ok(None) };
        Ok(config.count(name)?.map(|count| (name, count)))
    };
    let choices = match number("candidateCount", "candidate_count")? {
        Some((_, count @ 1..=1024)) => Some(count as u32),
        Some((member, count)) => {
            let path = format!("{name}.{member}");
            let message = format!("`{path}` must be between 1 and 1024, not {count}.");
            return Err(BadRequest::new("invalid_value", &path, message));
        }
        None => None,
    };
    let max_output_tokens = number("maxOutputTokens", "max_output_tokens")?.map(|(_, count)| count);
    Ok(EnvelopeParts { max_output_tokens, choices, mark, ..EnvelopeParts::default() })
}

/// The member, and the spelling it was found under. Both at once could be read in two ways.
fn either<'a>(
    fields: &Fields<'a>,
    camel: &'static str,
    snake: &'static str,
) -> Result<Option<(&'static str, &'a RawValue)>, BadRequest> {
    match (fields.present(camel)?, fields.present(snake)?) {
        (Some(_), Some(_)) => {
            let message = format!("`{camel}` appears more than once, the other time as `{snake}`.");
            Err(BadRequest::new("duplicate_field", camel, message))
        }
        (Some(value), None) => Ok(Some((camel, value))),
        (None, Some(value)) => Ok(Some((snake, value))),
        (None, None) => Ok(None),
    }
}
