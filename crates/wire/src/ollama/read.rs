//! The summary of a complete response.

use super::shape::Shape;
use super::usage;
use crate::json::Members;
use crate::read::{NotAResponse, ResponseSummary};

pub(super) fn read(shape: Shape, text: &str) -> Result<ResponseSummary, NotAResponse> {
    let members = Members::parse(text)
        .map_err(|error| NotAResponse::new(format!("The provider's reply is not valid JSON: {error}.")))?;
    check(shape, &members)?;
    Ok(ResponseSummary {
        id: None,
        model: members.text("model").map(String::from),
        usage: usage::of(&members),
        finish_reason: members.text("done_reason").map(String::from),
    })
}

/// Whether it is a response, and all of it: a line of a stream looks the same.
pub(super) fn check(shape: Shape, members: &Members<'_>) -> Result<(), NotAResponse> {
    let (member, beginning) = match shape {
        Shape::Chat => ("message", '{'),
        Shape::Generate => ("response", '"'),
    };
    if !members.get(member).is_some_and(|raw| raw.get().starts_with(beginning)) {
        return Err(NotAResponse::new(format!("The provider's reply has no `{member}`.")));
    }
    if members.get("done").is_some_and(|done| done.get() == "false") {
        return Err(NotAResponse::new("The provider's reply is not finished."));
    }
    Ok(())
}
