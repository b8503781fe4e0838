//! The summary of a complete message.

use crate::json::{self, Members};
use crate::read::{NotAResponse, ResponseSummary};

pub(super) fn read(text: &str) -> Result<ResponseSummary, NotAResponse> {
    let members = Members::parse(text)
        .map_err(|error| NotAResponse::new(format!("The provider's reply is not valid JSON: {error}.")))?;
    if members.get("content").and_then(json::elements).is_none() {
        return Err(NotAResponse::new("The provider's reply has no `content`."));
    }
    Ok(ResponseSummary {
        id: members.text("id").map(String::from),
        model: members.text("model").map(String::from),
        usage: members.get("usage").and_then(super::usage::read),
        finish_reason: members.text("stop_reason").map(String::from),
    })
}
