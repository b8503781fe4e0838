//! The summary of a complete response.

use super::{spelling, usage};
use crate::json::{self, Members};
use crate::read::{NotAResponse, ResponseSummary};

pub(super) fn read(text: &str) -> Result<ResponseSummary, NotAResponse> {
    let members = Members::parse(text)
        .map_err(|error| NotAResponse::new(format!("The provider's reply is not valid JSON: {error}.")))?;
    let candidates = spelling::find(&members, "candidates").and_then(json::elements);
    let blocked = block_reason(&members);
    if candidates.is_none() && blocked.is_none() {
        return Err(NotAResponse::new("The provider's reply has no `candidates`."));
    }
    let reason = candidates.unwrap_or_default().first().and_then(|candidate| {
        json::string(spelling::find(&json::members(candidate)?, "finishReason")?).map(String::from)
    });
    let text = |name: &str| spelling::find(&members, name).and_then(json::string).map(String::from);
    Ok(ResponseSummary {
        id: text("responseId"),
        model: text("modelVersion"),
        usage: usage_of(&members),
        finish_reason: reason.or(blocked),
    })
}

pub(super) fn usage_of(members: &Members<'_>) -> Option<crate::usage::Usage> {
    let mut usage = usage::read(spelling::find(members, "usageMetadata")?)?;
    usage.web_searches = searches(members);
    Some(usage)
}

/// Why the prompt was not answered at all.
pub(super) fn block_reason(members: &Members<'_>) -> Option<String> {
    let feedback = json::members(spelling::find(members, "promptFeedback")?)?;
    json::string(spelling::find(&feedback, "blockReason")?).map(String::from)
}

/// Searches the model made, which are billed apart.
fn searches(members: &Members<'_>) -> u64 {
    let candidates = spelling::find(members, "candidates").and_then(json::elements).unwrap_or_default();
    let queries = candidates.into_iter().filter_map(|candidate| {
        let grounding = json::members(spelling::find(&json::members(candidate)?, "groundingMetadata")?)?;
        json::elements(spelling::find(&grounding, "webSearchQueries")?)
    });
    queries.map(|queries| queries.len() as u64).sum()
}
