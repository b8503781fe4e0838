//! What a model's name tells about the parameters it takes in this format.
//!
//! How thinking is asked for has changed between generations, and the newest ones refuse sampling parameters. Only
//! translations ask here; a client that speaks this format is passed on as it is.

/// Generations by what they accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// Before thinking.
    Never,
    /// A budget of tokens. Also assumed of other providers' models behind this format.
    Budget,
    /// The model decides, guided by an effort.
    Adaptive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abilities {
    pub thinking: Thinking,
    /// Takes `temperature`, `top_p` and `top_k`.
    pub sampling: bool,
    /// Takes the effort `xhigh`.
    pub extra_high: bool,
    /// Takes `strict` on tools.
    pub strict_tools: bool,
    /// Takes instructions among the messages, after what a user said.
    pub inner_system: bool,
}

pub(crate) fn abilities(model: &str) -> Abilities {
    let name = model.to_ascii_lowercase();
    if !name.contains("claude") {
        return Abilities {
            thinking: Thinking::Budget,
            sampling: true,
            extra_high: false,
            strict_tools: false,
            inner_system: false,
        };
    }
    // A name without a version is newer than this table.
    let version = version(&name).unwrap_or((u32::MAX, 0));
    Abilities {
        thinking: match version {
            v if v < (3, 7) => Thinking::Never,
            v if v < (4, 6) => Thinking::Budget,
            _ => Thinking::Adaptive,
        },
        sampling: version < (4, 7),
        extra_high: version >= (4, 7),
        strict_tools: version >= (4, 5),
        // The smaller families got it a generation later.
        inner_system: if name.contains("sonnet") || name.contains("haiku") {
            version > (5, 0)
        } else {
            version >= (4, 8)
        },
    }
}

/// `claude-opus-4-1-20250805` is (4, 1), `claude-3-7-sonnet-latest` (3, 7), `claude-sonnet-5` (5, 0).
pub(crate) fn version(name: &str) -> Option<(u32, u32)> {
    let (_, rest) = name.split_once("claude")?;
    let mut numbers = rest
        .split(['-', '.', '@', ':'])
        // Longer numbers are dates.
        .map(|token| if token.len() <= 2 { token.parse::<u32>().ok() } else { None })
        .skip_while(Option::is_none);
    let major = numbers.next()??;
    Some((major, numbers.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_of_every_generation() {
        for (name, expected) in [
            ("claude-2.1", Some((2, 1))),
            ("claude-3-5-sonnet-20241022", Some((3, 5))),
            ("anthropic/claude-3-7-sonnet-latest", Some((3, 7))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-opus-4-1-20250805", Some((4, 1))),
            ("us.anthropic.claude-haiku-4-5-20251001-v1:0", Some((4, 5))),
            ("claude-opus-4.7", Some((4, 7))),
            ("claude-sonnet-5", Some((5, 0))),
            ("claude-next", None),
        ] {
            assert_eq!(version(name), expected, "{name}");
        }
    }

    #[test]
    fn generations_differ_in_what_they_take() {
        assert_eq!(abilities("claude-3-5-haiku-latest").thinking, Thinking::Never);
        assert_eq!(abilities("claude-sonnet-4-5").thinking, Thinking::Budget);
        let newer = abilities("claude-opus-4-6");
        assert_eq!((newer.thinking, newer.sampling), (Thinking::Adaptive, true));
        assert!(!abilities("claude-sonnet-5").sampling);
        assert!(!abilities("claude-next").sampling);
        assert_eq!(abilities("glm-5").thinking, Thinking::Budget);
    }
}
