//! Reading a complete response for what the ledger needs, without decoding its content.

use crate::error::ApiError;
use crate::format::Format;
use crate::json::Members;
use crate::usage::Usage;

/// What the ledger keeps of a response.
#[derive(Clone, Debug, Default)]
pub struct ResponseSummary {
    /// The provider's id of the response.
    pub id: Option<String>,
    /// The model that the provider says answered.
    pub model: Option<String>,
    pub usage: Option<Usage>,
    /// In the provider's own words. Of several choices the first one's.
    pub finish_reason: Option<String>,
}

/// The body is not a response of that format: a web page, an empty or cut off body, or an error in spite of a
/// successful status.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct NotAResponse {
    pub message: String,
    /// The error, if the body is one.
    pub error: Option<Box<ApiError>>,
}

impl NotAResponse {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), error: None }
    }
}

/// Reads the summary of a complete (not streamed) response.
pub fn read_response(format: Format, body: &[u8]) -> Result<ResponseSummary, NotAResponse> {
    let text = response_text(body)?;
    (format.codec().read_response)(text).map_err(|problem| explain(format, text, problem))
}

/// The body as text, if it can be JSON at all.
pub(crate) fn response_text(body: &[u8]) -> Result<&str, NotAResponse> {
    let text = std::str::from_utf8(body)
        .map_err(|_| NotAResponse::new("The provider's reply is not text in UTF-8."))?
        .trim_start_matches('\u{feff}');
    match text.trim_start().bytes().next() {
        None => Err(NotAResponse::new("The provider's reply is empty.")),
        Some(b'{') => Ok(text),
        Some(b'<') => Err(NotAResponse::new("The provider's reply is a web page, not JSON.")),
        Some(_) => Err(NotAResponse::new("The provider's reply is not a JSON object.")),
    }
}

/// An error object in place of a response is recognised as such.
pub(crate) fn explain(format: Format, text: &str, mut problem: NotAResponse) -> NotAResponse {
    let is_error = serde_json::from_str::<crate::json::Members<'_>>(text)
        .is_ok_and(|members| members.get("error").is_some());
    if is_error {
        let error = crate::error::parse_error(format, 500, text.as_bytes());
        problem.message = format!("The provider answered with an error: {}", error.message);
        problem.error = Some(Box::new(error));
    }
    problem
}

/// The usage that an answer of another kind reports (embeddings, for instance), in its member `usage`; and the answer's
/// id.
pub fn read_usage(format: Format, body: &[u8]) -> (Option<Usage>, Option<String>) {
    let members = std::str::from_utf8(body).ok().and_then(|text| Members::parse(text).ok());
    let Some(members) = members else { return (None, None) };
    let usage = members.get("usage").and_then(format.codec().read_usage);
    (usage, members.text("id").map(String::from))
}
