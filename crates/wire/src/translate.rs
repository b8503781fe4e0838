//! Between formats: decode into the canonical model, encode from it.

use crate::canonical::Encoding;
use crate::envelope::{self, BadRequest};
use crate::format::Format;
use crate::json::Members;
use crate::loss::LossReport;
use crate::read::{self, NotAResponse, ResponseSummary};

mod check;
mod stream;

pub use stream::{StreamTranscoder, Transcoded};

/// Where a request is going.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The model name to send.
    pub model: &'a str,
    /// Sent where the format requires a limit of output tokens and the client gave none.
    pub default_max_tokens: u64,
    /// Drop what the target cannot express even if it changes the meaning, instead of refusing the request.
    pub drop_params: bool,
    /// Whether a stream is wanted, as the request's [`crate::Envelope`] has it: not every format says so in the body.
    pub stream: bool,
}

/// A request in the target's format.
#[derive(Clone, Debug)]
pub struct TranslatedRequest {
    pub body: Vec<u8>,
    /// What was dropped or changed.
    pub loss: LossReport,
    /// Tools that the provider knows under another name or as another kind; the reply's [`ReplyContext`] wants them.
    pub tools: Vec<ToolAlias>,
}

/// A tool of a kind that the provider's format does not have, told to it as a function. Calls of it go back to the
/// caller as what the caller knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolAlias {
    /// The function's name as the provider knows it.
    pub sent: String,
    /// The tool's own name.
    pub name: String,
    /// The group it belongs to.
    pub namespace: Option<String>,
    /// It takes text: the function has it in the one argument `input`.
    pub is_custom: bool,
}

/// What a reply in the caller's format needs beyond what the provider sent.
#[derive(Clone, Debug, Default)]
pub struct ReplyContext {
    /// Unix seconds.
    pub created: i64,
    /// Used if the provider sent no id.
    pub fallback_id: String,
    /// Responses only: told in place of the provider's id, where the response is kept under one that nobody else gives.
    pub own_id: Option<String>,
    /// The model to name if the provider names none.
    pub model: String,
    /// The caller asked for a usage chunk at the end of its chat stream.
    pub include_usage: bool,
    /// What [`TranslatedRequest::tools`] was.
    pub tools: Vec<ToolAlias>,
    /// Responses only: what the response repeats of its request, as [`crate::echo_of`] gives it.
    pub echo: Vec<(String, String)>,
    /// Gemini only: the caller asked for a stream without `alt=sse`, which is one JSON array that grows.
    pub json_array: bool,
}

/// A complete response in the caller's format.
#[derive(Clone, Debug)]
pub struct TranslatedResponse {
    pub body: Vec<u8>,
    /// In the provider's words.
    pub summary: ResponseSummary,
    pub loss: LossReport,
}

/// Translates a request. Hints that the target lacks are dropped and listed; what carries meaning is refused,
/// unless the target says to drop it.
pub fn translate_request(
    from: Format,
    to: Format,
    body: &[u8],
    target: &Target<'_>,
) -> Result<TranslatedRequest, BadRequest> {
    let members = envelope::parse(body)?;
    let mut request = (from.codec().decode_request)(members)?;
    if target.stream {
        request.stream.get_or_insert(true);
    }
    if from != to {
        check::check(&request, to.codec())?;
    }
    let mut encoding =
        Encoding { loss: LossReport::default(), lenient: target.drop_params, from, is_reply: false };
    let mut tools = Vec::new();
    if from != to {
        request.join_items(&mut encoding)?;
        tools = request.aliases();
    }
    let body = (to.codec().encode_request)(request, target, &mut encoding)?;
    Ok(TranslatedRequest { body: body.into_bytes(), loss: encoding.loss, tools })
}

/// Translates a complete response from the provider's format to the caller's.
pub fn translate_response(
    from: Format,
    to: Format,
    body: &[u8],
    ctx: &ReplyContext,
) -> Result<TranslatedResponse, NotAResponse> {
    let text = read::response_text(body)?;
    let codec = from.codec();
    let decode = || {
        let members = Members::parse(text).map_err(|error| {
            NotAResponse::new(format!("The provider's reply is not valid JSON: {error}."))
        })?;
        Ok(((codec.read_response)(text)?, (codec.decode_response)(members)?))
    };
    let (summary, mut response) = decode().map_err(|problem| read::explain(from, text, problem))?;
    let mut encoding = Encoding::of_reply(from);
    if from != to {
        response.join_items(&mut encoding);
    }
    let body = (to.codec().encode_response)(response, ctx, &mut encoding);
    Ok(TranslatedResponse { body: body.into_bytes(), summary, loss: encoding.loss })
}
