//! From a provider's status, words and text to a kind.
//!
//! Words decide before the status: a context overflow and a content refusal arrive as plain 400s nearly
//! everywhere, and some gateways in between turn every status into 400 or 500. Text decides only for those two,
//! and only with phrases that are not used for anything else.

use super::ErrorKind;

/// Words that providers put into `type` or `code`.
const WORDS: &[(&str, ErrorKind)] = &[
    ("context_length_exceeded", ErrorKind::ContextLength),
    ("context_window_exceeded", ErrorKind::ContextLength),
    ("model_context_window_exceeded", ErrorKind::ContextLength),
    ("string_above_max_length", ErrorKind::ContextLength),
    ("exceed_context_size_error", ErrorKind::ContextLength),
    ("content_policy_violation", ErrorKind::ContentPolicy),
    ("content_filter", ErrorKind::ContentPolicy),
    ("responsibleaipolicyviolation", ErrorKind::ContentPolicy),
    ("moderation_blocked", ErrorKind::ContentPolicy),
    ("data_inspection_failed", ErrorKind::ContentPolicy),
    ("insufficient_quota", ErrorKind::BudgetExceeded),
    ("billing_hard_limit_reached", ErrorKind::BudgetExceeded),
    ("billing_not_active", ErrorKind::BudgetExceeded),
    ("billing_error", ErrorKind::BudgetExceeded),
    ("insufficient_balance", ErrorKind::BudgetExceeded),
    ("invalid_api_key", ErrorKind::Authentication),
    ("authentication_error", ErrorKind::Authentication),
    ("invalid_authentication", ErrorKind::Authentication),
    ("permission_error", ErrorKind::Permission),
    ("permission_denied", ErrorKind::Permission),
    ("insufficient_permissions", ErrorKind::Permission),
    ("model_not_found", ErrorKind::NotFound),
    ("not_found_error", ErrorKind::NotFound),
    ("request_too_large", ErrorKind::TooLarge),
    ("rate_limit_exceeded", ErrorKind::RateLimit),
    ("rate_limit_error", ErrorKind::RateLimit),
    ("resource_exhausted", ErrorKind::RateLimit),
    ("overloaded_error", ErrorKind::Overloaded),
    ("server_is_overloaded", ErrorKind::Overloaded),
    ("engine_overloaded", ErrorKind::Overloaded),
    ("slow_down", ErrorKind::Overloaded),
    ("timeout_error", ErrorKind::Timeout),
    // Google's. Its word for a bad request says too little: the prompt may be too long, or the key wrong.
    ("api_key_invalid", ErrorKind::Authentication),
    ("unauthenticated", ErrorKind::Authentication),
    // Nothing is wrong with the request: the account may not make it from where it is, or must pay first.
    ("failed_precondition", ErrorKind::Permission),
    ("not_found", ErrorKind::NotFound),
    ("deadline_exceeded", ErrorKind::Timeout),
    ("unavailable", ErrorKind::Overloaded),
    // AWS's. Its word for a bad request says too little, and those for a failing model say no more than their status.
    ("unrecognizedclientexception", ErrorKind::Authentication),
    ("invalidsignatureexception", ErrorKind::Authentication),
    ("incompletesignatureexception", ErrorKind::Authentication),
    ("missingauthenticationtokenexception", ErrorKind::Authentication),
    ("expiredtokenexception", ErrorKind::Authentication),
    ("accessdeniedexception", ErrorKind::Permission),
    ("resourcenotfoundexception", ErrorKind::NotFound),
    ("throttlingexception", ErrorKind::RateLimit),
    ("servicequotaexceededexception", ErrorKind::RateLimit),
    ("serviceunavailableexception", ErrorKind::Overloaded),
    ("modelnotreadyexception", ErrorKind::Overloaded),
    ("modeltimeoutexception", ErrorKind::Timeout),
    ("internalserverexception", ErrorKind::Upstream),
];

/// Phrases of an overflowing prompt, in lower case.
const CONTEXT_PHRASES: &[&str] = &[
    "maximum context length",
    "prompt is too long",
    "exceed context limit",
    "exceeds the context window",
    "exceeds the available context size",
    "exceeds the maximum number of tokens allowed",
    "input length and `max_tokens` exceed",
    "context length exceeded",
    "context window exceeded",
    "too many input tokens",
    "maximum prompt length",
    "reduce the length of the messages",
    "longer than the context length",
    "exceeds the context length",
    "tokens in the prompt cannot exceed",
    "too many tokens: size limit exceeded",
    "input is too long for requested model",
    "number of input tokens exceeds maximum",
];

/// Phrases of a refused key or signature, in lower case. AWS says 403 of them, and tells the word in a header.
const KEY_PHRASES: &[&str] = &[
    "security token included in the request",
    "request signature we calculated",
    "signature expired",
    "signature not yet current",
    "missing authentication token",
    "your api key is valid",
];

/// Phrases of a refused content, in lower case.
const POLICY_PHRASES: &[&str] = &[
    "content management policy",
    "safety system",
    "content policy",
    "content filtering policy",
    "usage policies",
    "flagged by our",
];

/// Decides the kind. `words` are the error's `type`, `code` and `status` members.
pub(super) fn kind_of(status: u16, words: &[&str], message: &str) -> ErrorKind {
    let by_word = words.iter().find_map(|word| {
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
    });
    if let Some(kind) = by_word {
        return kind;
    }
    if matches!(status, 400 | 413 | 422 | 500) {
        let message = message.to_lowercase();
        if CONTEXT_PHRASES.iter().any(|phrase| message.contains(phrase)) {
            return ErrorKind::ContextLength;
        }
        if status != 500 && POLICY_PHRASES.iter().any(|phrase| message.contains(phrase)) {
            return ErrorKind::ContentPolicy;
        }
        // Bedrock says so of a model that is unknown, or unknown where it was asked.
        if message.contains("provided model identifier is invalid") {
            return ErrorKind::NotFound;
        }
        if message.contains("credit balance is too low") {
            return ErrorKind::BudgetExceeded;
        }
    }
    if status == 403 {
        let message = message.to_lowercase();
        if KEY_PHRASES.iter().any(|phrase| message.contains(phrase)) {
            return ErrorKind::Authentication;
        }
    }
    by_status(status)
}

pub(super) fn by_status(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Authentication,
        402 => ErrorKind::BudgetExceeded,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        408 | 504 | 524 => ErrorKind::Timeout,
        413 => ErrorKind::TooLarge,
        // AWS's word for a model that failed.
        424 => ErrorKind::Upstream,
        429 => ErrorKind::RateLimit,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Upstream,
    }
}

/// The status an error would have had, for errors that arrive in the middle of a stream with no status of their own.
pub(super) fn status_of(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::ContextLength | ErrorKind::ContentPolicy => 400,
        ErrorKind::Authentication => 401,
        ErrorKind::BudgetExceeded => 402,
        ErrorKind::Permission => 403,
        ErrorKind::NotFound => 404,
        ErrorKind::TooLarge => 413,
        ErrorKind::RateLimit => 429,
        ErrorKind::Overloaded => 529,
        ErrorKind::Timeout => 504,
        ErrorKind::Upstream => 502,
        ErrorKind::Internal => 500,
    }
}
