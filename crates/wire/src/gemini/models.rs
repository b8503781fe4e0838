//! What a model's name tells about the parameters it takes in this format.
//!
//! Thinking is asked for by a budget of tokens up to the generation 2.5 and by a level from 3 on, and its bounds differ
//! between sizes. Only translations ask here; a client that speaks this format is passed on as it is.

use std::ops::RangeInclusive;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Before thinking, and models of other families.
    Never,
    /// A number of tokens within these bounds; `may_stop` if it may also be zero.
    Budget { bounds: RangeInclusive<u64>, may_stop: bool },
    /// A word. Of the larger models, the first ones know two.
    Level { has_minimal: bool, has_medium: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    pub thinking: Thinking,
    /// Refuses a call in the history that bears no signature.
    pub wants_signatures: bool,
    /// Takes images within a function's response.
    pub nested_media: bool,
    /// Takes penalties for repetition.
    pub penalties: bool,
}

pub(super) fn abilities(model: &str) -> Abilities {
    let name = model.to_ascii_lowercase();
    // A name without a version is newer than this table; one of another family has none of this.
    let version = if name.contains("gemini") { version(&name).unwrap_or((u32::MAX, 0)) } else { (0, 0) };
    let is_pro = name.contains("pro");
    let thinking = match version {
        v if v < (2, 5) => Thinking::Never,
        v if v < (3, 0) && is_pro => Thinking::Budget { bounds: 128..=32768, may_stop: false },
        v if v < (3, 0) && name.contains("lite") => Thinking::Budget { bounds: 512..=24576, may_stop: true },
        v if v < (3, 0) => Thinking::Budget { bounds: 1..=24576, may_stop: true },
        v => Thinking::Level { has_minimal: !is_pro, has_medium: !is_pro || v > (3, 0) },
    };
    Abilities {
        thinking,
        wants_signatures: version >= (3, 0),
        nested_media: version >= (3, 0),
        penalties: version < (2, 5),
    }
}

/// `models/gemini-2.5-pro` is (2, 5), `gemini-3-pro-preview` (3, 0).
fn version(name: &str) -> Option<(u32, u32)> {
    let (_, rest) = name.split_once("gemini-")?;
    let number = rest.split(['-', '@', ':']).next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_of_every_generation() {
        for (name, expected) in [
            ("gemini-1.5-pro-002", Some((1, 5))),
            ("models/gemini-2.5-flash-preview-09-2025", Some((2, 5))),
            ("google/gemini-3-pro-preview", Some((3, 0))),
            ("gemini-3.1-pro-preview", Some((3, 1))),
            ("gemini-flash-latest", None),
        ] {
            assert_eq!(version(name), expected, "{name}");
        }
    }

    #[test]
    fn generations_and_sizes_differ_in_how_they_think() {
        assert_eq!(abilities("gemini-2.0-flash").thinking, Thinking::Never);
        assert_eq!(abilities("gemma-3-27b-it").thinking, Thinking::Never);
        let lite = Thinking::Budget { bounds: 512..=24576, may_stop: true };
        assert_eq!(abilities("gemini-2.5-flash-lite").thinking, lite);
        let pro = |has_medium| Thinking::Level { has_minimal: false, has_medium };
        assert_eq!(abilities("gemini-3-pro-preview").thinking, pro(false));
        assert_eq!(abilities("gemini-3.1-pro-preview").thinking, pro(true));
        let latest = abilities("gemini-flash-latest");
        assert_eq!(latest.thinking, Thinking::Level { has_minimal: true, has_medium: true });
        assert!(latest.wants_signatures && !abilities("gemini-2.5-pro").wants_signatures);
    }
}
