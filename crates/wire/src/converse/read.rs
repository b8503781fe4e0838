//! The summary of a complete response. Its id is a header's matter, and the model the path's.

use super::usage;
use crate::json::{self, Members};
use crate::read::{NotAResponse, ResponseSummary};

pub(super) fn read(text: &str) -> Result<ResponseSummary, NotAResponse> {
    let members = Members::parse(text)
        .map_err(|error| NotAResponse::new(format!("The provider's reply is not valid JSON: {error}.")))?;
    let message = members
        .get("output")
        .and_then(json::members)
        .and_then(|output| json::members(output.get("message")?));
    if message.and_then(|message| json::elements(message.get("content")?)).is_none() {
        return Err(NotAResponse::new("The provider's reply has no `output.message.content`."));
    }
    Ok(ResponseSummary {
        id: None,
        model: None,
        usage: usage::of(&members),
        finish_reason: members.text("stopReason").map(String::from),
    })
}
