//! The response object as this gateway writes it for replies in other formats: with every member that clients rely on,
//! repeating of the request what the gateway knows of it.

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
    /// What it repeats of its request, as JSON texts by name.
    echo: Vec<(String, String)>,
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
    pub fn new(id: &str, model: &str, created: String, echo: Vec<(String, String)>) -> Self {
        let id = if id.starts_with(PREFIX) { id.to_owned() } else { format!("{PREFIX}{id}") };
        Self { id, model: model.to_owned(), created, echo }
    }

    /// What the request said, or else what this format says of one that does not.
    fn echo<'a>(&'a self, name: &str, unsaid: &'a str) -> &'a str {
        self.echo.iter().find(|(said, _)| said == name).map_or(unsaid, |(_, json)| json)
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
            .raw("background", self.echo("background", "false"))
            .raw("error", error)
            .raw("incomplete_details", incomplete);
        for name in ["instructions", "max_output_tokens", "max_tool_calls"] {
            out.raw(name, self.echo(name, "null"));
        }
        out.string("model", &self.model)
            .raw("output", &array(output))
            .raw("parallel_tool_calls", self.echo("parallel_tool_calls", "true"))
            .raw("previous_response_id", self.echo("previous_response_id", "null"))
            .raw("prompt_cache_key", self.echo("prompt_cache_key", "null"))
            .raw("reasoning", self.echo("reasoning", r#"{"effort":null,"summary":null}"#))
            .raw("safety_identifier", self.echo("safety_identifier", "null"))
            .string("service_tier", tier(usage))
            .raw("store", self.echo("store", "false"))
            .raw("temperature", self.echo("temperature", "null"))
            .raw("text", self.echo("text", r#"{"format":{"type":"text"}}"#))
            .raw("tool_choice", self.echo("tool_choice", "\"auto\""))
            .raw("tools", self.echo("tools", "[]"))
            .raw("top_logprobs", self.echo("top_logprobs", "0"))
            .raw("top_p", self.echo("top_p", "null"))
            .raw("truncation", self.echo("truncation", "\"disabled\""));
        match usage {
            Some(usage) => out.raw("usage", &usage::write(usage).to_string()),
            None => out.raw("usage", "null"),
        };
        out.raw("user", self.echo("user", "null")).raw("metadata", self.echo("metadata", "{}"));
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
