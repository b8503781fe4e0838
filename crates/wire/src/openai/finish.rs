//! Why the output ended, in OpenAI's words.

use crate::canonical::Finish;

pub(crate) fn read(word: &str) -> Finish {
    match word {
        "stop" => Finish::Stop,
        "length" => Finish::Length,
        "tool_calls" => Finish::ToolCalls,
        "content_filter" => Finish::Refused,
        _ => Finish::Other(word.to_owned()),
    }
}

/// `is_own`: who reads it wrote it.
pub(crate) fn word(finish: &Finish, is_own: bool) -> &str {
    match finish {
        Finish::Other(word) if is_own => word,
        Finish::Length | Finish::ContextWindow => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::Refused => "content_filter",
        Finish::Stop | Finish::StopSequence | Finish::Paused | Finish::Other(_) => "stop",
    }
}
