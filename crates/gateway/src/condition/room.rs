//! What the provider itself leaves of its limits, as the headers of its answers say. Read with each answer, so it is two numbers
//! and no lock.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderMap;
use postern_wire::Format;

use crate::clock::Moment;

/// What is limited, with the names of the headers that tell the limit and what is left of it.
type Said = (Unit, &'static str, &'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    Requests,
    Tokens,
}

impl Unit {
    pub const BOTH: [Self; 2] = [Self::Requests, Self::Tokens];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
        }
    }
}

const ANTHROPIC: [Said; 2] = [
    (Unit::Requests, "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining"),
    (Unit::Tokens, "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining"),
];
const OPENAI: [Said; 2] = [
    (Unit::Requests, "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"),
    (Unit::Tokens, "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"),
];

/// What is left, and of how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub limit: u64,
    pub remaining: u64,
    pub heard: Moment,
}

#[derive(Debug, Default)]
pub(super) struct Room {
    /// The limit in the upper half, what is left in the lower; 0 while nothing was said.
    of: [AtomicU64; 2],
    heard: [AtomicU64; 2],
}

impl Room {
    pub fn hear(&self, headers: &HeaderMap, format: Format, now: Moment) {
        let said = if format == Format::AnthropicMessages { ANTHROPIC } else { OPENAI };
        for (unit, limit, remaining) in said {
            let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
            let Some(remaining) = number(remaining) else { continue };
            let Some(limit) = number(limit).filter(|limit| *limit > 0) else { continue };
            let half = |number: u64| number.min(u64::from(u32::MAX));
            self.of[unit as usize].store(half(limit) << 32 | half(remaining), Ordering::Relaxed);
            self.heard[unit as usize].store(now.0, Ordering::Relaxed);
        }
    }

    pub fn left(&self, unit: Unit) -> Option<Left> {
        let packed = self.of[unit as usize].load(Ordering::Relaxed);
        let (limit, remaining) = (packed >> 32, packed & u64::from(u32::MAX));
        let heard = Moment(self.heard[unit as usize].load(Ordering::Relaxed));
        (limit > 0).then_some(Left { limit, remaining, heard })
    }

    pub fn forget(&self) {
        for number in &self.of {
            number.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn heard(format: Format, said: &[(&'static str, &'static str)]) -> [Option<(u64, u64)>; 2] {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let room = Room::default();
        room.hear(&headers, format, Moment(7));
        Unit::BOTH.map(|unit| room.left(unit).map(|left| (left.remaining, left.limit)))
    }

    #[test]
    fn understands_both_families_and_nothing_else() {
        let openai = [
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "3"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", " 149984"),
        ];
        assert_eq!(heard(Format::OpenAiChat, &openai), [Some((3, 60)), Some((149_984, 150_000))]);
        assert_eq!(heard(Format::AnthropicMessages, &openai), [None, None]);
        let anthropic =
            [("anthropic-ratelimit-requests-limit", "50"), ("anthropic-ratelimit-requests-remaining", "0")];
        assert_eq!(heard(Format::AnthropicMessages, &anthropic), [Some((0, 50)), None]);
        for odd in ["", "many", "-1", "1.5", "99999999999999999999"] {
            let said = [("x-ratelimit-limit-requests", odd), ("x-ratelimit-remaining-requests", "3")];
            assert_eq!(heard(Format::OpenAiChat, &said), [None, None], "{odd}");
        }
        let zero = [("x-ratelimit-limit-tokens", "0"), ("x-ratelimit-remaining-tokens", "0")];
        assert_eq!(heard(Format::OpenAiChat, &zero), [None, None]);
    }
}
