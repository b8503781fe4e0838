//! The summary of a complete response, in which the provider does not name the model.

use super::{error, usage};
use crate::json::Members;
use crate::read::{NotAResponse, ResponseSummary};

pub(super) fn read(text: &str) -> Result<ResponseSummary, NotAResponse> {
    let members = Members::parse(text)
        .map_err(|error| NotAResponse::new(format!("The provider's reply is not valid JSON: {error}.")))?;
    error::reply(&members)?;
    Ok(ResponseSummary {
        id: members.text("id").map(String::from),
        model: None,
        usage: members.get("usage").and_then(usage::read),
        finish_reason: members.text("finish_reason").map(String::from),
    })
}
