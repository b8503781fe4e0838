//! What a model's name tells about the parameters it takes in this format.
//!
//! Bedrock serves models of many makers, and what is not common to them is asked for in the makers' own words. Only
//! translations ask here; a client that speaks this format is passed on as it is. Names that say nothing, such as those
//! of inference profiles of one's own, are taken to be none of these.

use crate::claude::models::{self as claude, Abilities as Claude};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Claude(Claude),
    /// `thinks` from the second generation on.
    Nova {
        thinks: bool,
    },
    /// OpenAI's open models.
    GptOss,
    Mistral,
    Other,
}

/// Which marks for the prompt cache are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cache {
    #[default]
    Nowhere,
    /// In messages and instructions.
    Content,
    /// Behind tools, too.
    Tools,
    /// There, and for an hour if asked.
    Hour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    pub family: Family,
    pub cache: Cache,
}

impl Default for Abilities {
    fn default() -> Self {
        Self { family: Family::Other, cache: Cache::Nowhere }
    }
}

impl Abilities {
    /// Takes signed thoughts back.
    pub fn keeps_thoughts(self) -> bool {
        matches!(self.family, Family::Claude(_))
    }
}

pub(super) fn abilities(model: &str) -> Abilities {
    let name = model.to_ascii_lowercase();
    let is = |part: &str| name.contains(part);
    if is("claude") {
        // A name without a version is newer than this table.
        let version = claude::version(&name).unwrap_or((u32::MAX, 0));
        let cache = match version {
            v if v < (3, 5) => Cache::Nowhere,
            v if v < (4, 5) => Cache::Tools,
            _ => Cache::Hour,
        };
        return Abilities { family: Family::Claude(claude::abilities(&name)), cache };
    }
    if is("amazon.nova") || name.starts_with("nova-") {
        return Abilities { family: Family::Nova { thinks: is("nova-2") }, cache: Cache::Content };
    }
    let family = if is("gpt-oss") {
        Family::GptOss
    } else if is("mistral") {
        Family::Mistral
    } else {
        Family::Other
    };
    Abilities { family, cache: Cache::Nowhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_ids_profiles_and_arns() {
        for (name, cache, keeps_thoughts) in [
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", Cache::Hour, true),
            ("anthropic.claude-3-haiku-20240307-v1:0", Cache::Nowhere, true),
            ("eu.anthropic.claude-sonnet-4-20250514-v1:0", Cache::Tools, true),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1",
                Cache::Hour,
                true,
            ),
            ("amazon.nova-pro-v1:0", Cache::Content, false),
            ("meta.llama3-1-70b-instruct-v1:0", Cache::Nowhere, false),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3",
                Cache::Nowhere,
                false,
            ),
        ] {
            let abilities = abilities(name);
            assert_eq!((abilities.cache, abilities.keeps_thoughts()), (cache, keeps_thoughts), "{name}");
        }
        assert_eq!(abilities("us.amazon.nova-2-lite-v1:0").family, Family::Nova { thinks: true });
        assert_eq!(abilities("openai.gpt-oss-120b-1:0").family, Family::GptOss);
        assert_eq!(abilities("mistral.mistral-large-2407-v1:0").family, Family::Mistral);
    }
}
