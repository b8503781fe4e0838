//! One row of the catalogue.

use std::sync::Arc;

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

/// A model at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    pub(super) id: Box<str>,
    pub(super) provider: Arc<str>,
    pub(super) mode: Arc<str>,
    pub(super) source: Arc<str>,
    pub(super) deprecates: Option<Box<str>>,
    pub(super) context: Option<u32>,
    pub(super) max_output: Option<u32>,
    pub(super) capabilities: Capabilities,
    pub(super) prices: Prices,
}

impl Model {
    /// As the provider's API takes it.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// `chat`, `embedding`, `image`, `audio_transcription`, `responses` (chat, through the Responses API only), ...
    pub fn mode(&self) -> &str {
        &self.mode
    }

    /// Tokens of input.
    pub fn context(&self) -> Option<u64> {
        self.context.map(u64::from)
    }

    /// Tokens of output.
    pub fn max_output(&self) -> Option<u64> {
        self.max_output.map(u64::from)
    }

    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// The day on which the provider withdraws it, `2026-11-30`.
    pub fn deprecates(&self) -> Option<&str> {
        self.deprecates.as_deref()
    }

    /// The price list that the row comes from; its version is [`super::Catalogue::source_version`].
    pub fn source(&self) -> &str {
        &self.source
    }
}
