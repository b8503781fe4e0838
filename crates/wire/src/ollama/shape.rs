//! What tells the two formats apart: `/api/chat` and `/api/generate`.

use super::OWNER;
use crate::canonical::{Extra, Opaque};
use crate::format::Format;
use crate::json::{Members, ObjectWriter};
use crate::loss::LossReport;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Chat,
    Generate,
}

/// Members that say the same in both formats and that the canonical model has no field for, of requests and of replies.
const SHARED: [&str; 12] = [
    "_debug_info",
    "_debug_render_only",
    "done_reason",
    "format",
    "keep_alive",
    "logprobs",
    "options",
    "remote_host",
    "remote_model",
    "shift",
    "think",
    "truncate",
];

pub(super) fn is_shared(member: &str) -> bool {
    SHARED.contains(&member)
}

/// Whether what is of that format means the same here.
pub(super) fn is_family(format: Format) -> bool {
    matches!(format, Format::Ollama | Format::OllamaGenerate)
}

impl Shape {
    pub fn owner(self) -> Format {
        match self {
            Self::Chat => Format::Ollama,
            Self::Generate => Format::OllamaGenerate,
        }
    }

    /// The member that holds a reply's text.
    pub fn text_member(self) -> &'static str {
        match self {
            Self::Chat => "content",
            Self::Generate => "response",
        }
    }

    /// Keeps whatever a decoder has not taken.
    pub fn keep_rest(self, members: Members<'_>, extra: &mut Extra) {
        for (key, raw) in members.0 {
            let owner = if is_shared(&key) { OWNER } else { self.owner() };
            extra.0.push(Opaque::member(owner, key, raw));
        }
    }

    /// As [`Extra::write`], for what is this format's and for what both have. What stood in nested objects is written
    /// with them.
    pub fn write_rest(self, extra: &Extra, out: &mut ObjectWriter, path: &str, loss: &mut LossReport) {
        for member in &extra.0 {
            let is_nested = member.kind.contains('/');
            let is_known = member.owner == self.owner()
                || (member.owner == OWNER && (is_nested || is_shared(&member.kind)));
            if !is_known {
                member.report(path, loss);
            } else if !is_nested {
                out.raw(&member.name(), member.raw.get());
            }
        }
    }
}
