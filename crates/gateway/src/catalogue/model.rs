//! One row of the catalogue.

use super::price::Prices;

/// What a model can do, by the names of the API. Sorted; a capability's place is its bit.
pub const CAPABILITIES: [&str; 29] = [
    "adaptive_thinking",
    "always_thinking",
    "audio_in",
    "audio_out",
    "caching",
    "computer_use",
    "effort_low",
    "effort_max",
    "effort_minimal",
    "effort_none",
    "effort_xhigh",
    "fast_mode",
    "image_out",
    "json_schema",
    "no_forced_tools",
    "no_sampling",
    "parallel_tools",
    "pdf",
    "prefill",
    "reasoning",
    "responses",
    "system",
    "tool_choice",
    "tool_search",
    "tools",
    "url_context",
    "video_in",
    "vision",
    "web_search",
];

/// A set of [`CAPABILITIES`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities(u32);

impl Capabilities {
    pub fn has(self, capability: &str) -> bool {
        CAPABILITIES.binary_search(&capability).is_ok_and(|bit| self.0 & (1 << bit) != 0)
    }

    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        (0..CAPABILITIES.len()).filter(move |bit| self.0 & (1 << bit) != 0).map(|bit| CAPABILITIES[bit])
    }

    /// `false` for a name that is none.
    pub(super) fn insert(&mut self, capability: &str) -> bool {
        CAPABILITIES.binary_search(&capability).is_ok_and(|bit| {
            self.0 |= 1 << bit;
            true
        })
    }
}

/// What kind of work a model does. Sorted.
pub const MODES: [&str; 18] = [
    "audio_speech",
    "audio_transcription",
    "chat",
    "completion",
    "decisions",
    "embedding",
    "evaluation",
    "extraction",
    "image",
    "image_edit",
    "moderation",
    "ocr",
    "realtime",
    "rerank",
    "responses",
    "search",
    "vector_store",
    "video",
];

/// A model at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// As the provider's API takes it.
    pub id: &'static str,
    pub provider: &'static str,
    /// One of [`MODES`]; `responses` is chat through the Responses API only.
    pub mode: &'static str,
    /// Tokens of input.
    pub context: Option<u64>,
    /// Tokens of output.
    pub max_output: Option<u64>,
    pub capabilities: Capabilities,
    pub prices: Prices,
    /// The day on which the provider withdraws it, `2026-11-30`.
    pub deprecates: Option<&'static str>,
    /// The price list that the row comes from; its version is [`super::Catalogue::source_version`].
    pub source: &'static str,
}
