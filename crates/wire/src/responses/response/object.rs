//! The response object as this gateway writes it for replies in other formats: with every member that clients rely on,
//! though of the request they repeat nothing is known here.

use super::super::usage;
use crate::canonical::Finish;
use crate::json::{ObjectWriter, array};
use crate::usage::Usage;

/// What stays the same of a response from its beginning to its end.
#[derive(Clone, Debug)]
pub(in super::super) struct Object {
    id: String,
    model: String,
    /// Unix seconds, as JSON.
    created: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Status {
    InProgress,
    Completed,
    /// With the reason.
    Incomplete(&'static str),
}

impl Status {
    pub fn of(finish: Option<&Finish>) -> Self {
        match finish {
            Some(Finish::Length | Finish::ContextWindow) => Self::Incomplete("max_output_tokens"),
            Some(Finish::Refused) => Self::Incomplete("content_filter"),
            Some(
                Finish::Stop | Finish::StopSequence | Finish::ToolCalls | Finish::Paused | Finish::Other(_),
            )
            | None => Self::Completed,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
        }
    }

    /// What a message says that ended with the response.
    pub fn of_item(self) -> &'static str {
        self.as_str()
    }
}

const PREFIX: &str = "resp_";

impl Object {
    pub fn new(id: &str, model: &str, created: String) -> Self {
        let id = if id.starts_with(PREFIX) { id.to_owned() } else { format!("{PREFIX}{id}") };
        Self { id, model: model.to_owned(), created }
    }

    /// The id without what tells that it is a response's.
    pub fn bare_id(&self) -> &str {
        self.id.strip_prefix(PREFIX).unwrap_or(&self.id)
    }

    pub fn write<S: AsRef<str>>(&self, status: Status, output: &[S], usage: Option<&Usage>) -> String {
        let details = match status {
            Status::Incomplete(reason) => {
                let mut details = ObjectWriter::new();
                details.string("reason", reason);
                details.finish()
            }
            Status::InProgress | Status::Completed => "null".to_owned(),
        };
        self.write_with(status.as_str(), "null", &details, output, usage)
    }

    /// The response that an error broke off; `error` is what it says of it.
    pub fn write_failed<S: AsRef<str>>(&self, error: &str, output: &[S], usage: Option<&Usage>) -> String {
        self.write_with("failed", error, "null", output, usage)
    }

    fn write_with<S: AsRef<str>>(
        &self,
        status: &str,
        error: &str,
        incomplete: &str,
        output: &[S],
        usage: Option<&Usage>,
    ) -> String {
        let mut out = ObjectWriter::new();
        out.string("id", &self.id)
            .string("object", "response")
            .raw("created_at", &self.created)
            .string("status", status)
            .put("background", false)
            .raw("error", error)
            .raw("incomplete_details", incomplete)
            .raw("instructions", "null")
            .raw("max_output_tokens", "null")
            .raw("max_tool_calls", "null")
            .string("model", &self.model)
            .raw("output", &array(output))
            .put("parallel_tool_calls", true)
            .raw("previous_response_id", "null")
            .raw("prompt_cache_key", "null")
            .raw("reasoning", r#"{"effort":null,"summary":null}"#)
            .raw("safety_identifier", "null")
            .string("service_tier", tier(usage))
            .put("store", false)
            .raw("temperature", "null")
            .raw("text", r#"{"format":{"type":"text"}}"#)
            .string("tool_choice", "auto")
            .raw("tools", "[]")
            .put("top_logprobs", 0)
            .raw("top_p", "null")
            .string("truncation", "disabled");
        match usage {
            Some(usage) => out.raw("usage", &usage::write(usage).to_string()),
            None => out.raw("usage", "null"),
        };
        out.raw("user", "null").raw("metadata", "{}");
        out.finish()
    }
}

/// The tier that was served, if it has a name here.
fn tier(usage: Option<&Usage>) -> &str {
    match usage.and_then(|usage| usage.service_tier.as_deref()) {
        Some(tier @ ("auto" | "flex" | "scale" | "priority")) => tier,
        _ => "default",
    }
}
