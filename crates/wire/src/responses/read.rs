//! The summary of a complete response.

use crate::json::{self, Members};
use crate::read::{NotAResponse, ResponseSummary};

pub(super) fn read(text: &str) -> Result<ResponseSummary, NotAResponse> {
    let members = Members::parse(text)
        .map_err(|error| NotAResponse::new(format!("The provider's reply is not valid JSON: {error}.")))?;
    if members.get("output").and_then(json::elements).is_none() {
        return Err(NotAResponse::new("The provider's reply has no `output`."));
    }
    if members.text("status").as_deref() == Some("failed") {
        return Err(NotAResponse::new("The provider says that its response failed."));
    }
    Ok(ResponseSummary {
        id: members.text("id").map(String::from),
        model: members.text("model").map(String::from),
        usage: super::usage::of_response(&members),
        finish_reason: finish_reason(&members),
    })
}

/// The status, or why it is incomplete.
pub(super) fn finish_reason(response: &Members<'_>) -> Option<String> {
    let details = response.get("incomplete_details").and_then(json::members);
    let reason = details.and_then(|details| details.text("reason").map(String::from));
    reason.or_else(|| response.text("status").map(String::from))
}
