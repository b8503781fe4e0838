//! The summary of a complete response.

use crate::json::{self, Members};
use crate::read::{NotAResponse, ResponseSummary};

pub(crate) fn read(text: &str) -> Result<ResponseSummary, NotAResponse> {
    let members = Members::parse(text)
        .map_err(|error| NotAResponse::new(format!("The provider's reply is not valid JSON: {error}.")))?;
    let choices = members.get("choices").and_then(json::elements);
    let Some(choices) = choices else {
        return Err(NotAResponse::new("The provider's reply has no `choices`."));
    };
    let finish_reason = choices
        .first()
        .and_then(|choice| json::members(choice))
        .and_then(|choice| choice.text("finish_reason").map(String::from));
    let service_tier = members.text("service_tier").map(String::from);
    Ok(ResponseSummary {
        id: members.text("id").map(String::from),
        model: members.text("model").map(String::from),
        usage: super::watch::usage_of(&members, service_tier.as_deref()),
        finish_reason,
    })
}
