//! Fallbacks that the management API set. They count over the file's.

use serde::{Deserialize, Serialize};

use super::{Fallbacks, RoutingSettings};

/// What a fallback is for: any failure, a prompt that is too long, or one that a provider's rules refuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FallbackKind {
    #[default]
    General,
    ContextWindow,
    ContentPolicy,
}

impl FallbackKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::ContextWindow => "context_window",
            Self::ContentPolicy => "content_policy",
        }
    }
}

/// As it is kept in the database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredFallbacks {
    general: Fallbacks,
    context_window: Fallbacks,
    content_policy: Fallbacks,
}

impl StoredFallbacks {
    pub fn of(&self, kind: FallbackKind) -> &Fallbacks {
        match kind {
            FallbackKind::General => &self.general,
            FallbackKind::ContextWindow => &self.context_window,
            FallbackKind::ContentPolicy => &self.content_policy,
        }
    }

    pub fn of_mut(&mut self, kind: FallbackKind) -> &mut Fallbacks {
        match kind {
            FallbackKind::General => &mut self.general,
            FallbackKind::ContextWindow => &mut self.context_window,
            FallbackKind::ContentPolicy => &mut self.content_policy,
        }
    }
}

impl RoutingSettings {
    pub fn fallbacks_of(&self, kind: FallbackKind) -> &Fallbacks {
        match kind {
            FallbackKind::General => &self.fallbacks,
            FallbackKind::ContextWindow => &self.context_window_fallbacks,
            FallbackKind::ContentPolicy => &self.content_policy_fallbacks,
        }
    }

    /// With these in the place of its own of the same model groups.
    #[must_use]
    pub fn with_stored(mut self, stored: &StoredFallbacks) -> Self {
        let copy = |from: &Fallbacks, to: &mut Fallbacks| {
            to.extend(from.iter().map(|(group, others)| (group.clone(), others.clone())));
        };
        copy(&stored.general, &mut self.fallbacks);
        copy(&stored.context_window, &mut self.context_window_fallbacks);
        copy(&stored.content_policy, &mut self.content_policy_fallbacks);
        self
    }
}
