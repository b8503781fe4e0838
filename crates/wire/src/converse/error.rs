//! Errors as Bedrock's clients expect them, with the gateway's own members beside the documented ones. They look for the
//! kind in a header and, where there is none, in the member `__type`.

use crate::error::{ApiError, ErrorKind};
use crate::framing::aws;
use crate::json::ObjectWriter;

pub(super) fn render(error: &ApiError, request_id: &str, timestamp: &str) -> String {
    let mut out = ObjectWriter::new();
    out.string("__type", type_of(error)).string("message", &error.message);
    // Not `code`, in which some clients look for the kind.
    out.maybe_string("param", error.param.as_deref()).maybe_string("reason", error.code.as_deref());
    if let Some(mut details) = error.details.clone() {
        // It is told above.
        if let Some(members) = details.as_object_mut() {
            members.shift_remove("__type");
        }
        if details.as_object().is_none_or(|members| !members.is_empty()) {
            out.put("details", details);
        }
    }
    out.string("timestamp", timestamp).string("request_id", request_id);
    out.finish()
}

/// The same as an exception within a stream, of which there are fewer kinds.
pub(super) fn render_event(error: &ApiError, request_id: &str, timestamp: &str) -> Vec<u8> {
    let name = match error.kind {
        ErrorKind::RateLimit | ErrorKind::BudgetExceeded => "throttlingException",
        ErrorKind::Overloaded => "serviceUnavailableException",
        ErrorKind::Timeout | ErrorKind::Upstream => "modelStreamErrorException",
        ErrorKind::Internal => "internalServerException",
        ErrorKind::InvalidRequest
        | ErrorKind::Authentication
        | ErrorKind::Permission
        | ErrorKind::NotFound
        | ErrorKind::TooLarge
        | ErrorKind::ContextLength
        | ErrorKind::ContentPolicy => "validationException",
    };
    let mut out = Vec::new();
    aws::write(&format!("{}{name}", aws::EXCEPTION), &render(error, request_id, timestamp), &mut out);
    out
}

/// The provider's own word if it is one of AWS's, else the one for the kind.
fn type_of(error: &ApiError) -> &str {
    let own = error.details.as_ref().and_then(|details| details.get("__type")?.as_str());
    let own = own.map(|word| word.rsplit('#').next().unwrap_or(word));
    own.filter(|word| word.ends_with("Exception")).unwrap_or_else(|| word_for(error.kind))
}

fn word_for(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest
        | ErrorKind::TooLarge
        | ErrorKind::ContextLength
        | ErrorKind::ContentPolicy => "ValidationException",
        ErrorKind::Authentication => "UnrecognizedClientException",
        ErrorKind::Permission => "AccessDeniedException",
        ErrorKind::NotFound => "ResourceNotFoundException",
        ErrorKind::RateLimit => "ThrottlingException",
        ErrorKind::BudgetExceeded => "ServiceQuotaExceededException",
        ErrorKind::Overloaded => "ServiceUnavailableException",
        ErrorKind::Timeout => "ModelTimeoutException",
        ErrorKind::Upstream => "ModelErrorException",
        ErrorKind::Internal => "InternalServerException",
    }
}
