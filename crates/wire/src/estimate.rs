//! How many tokens a request may be, where nobody who knows can be asked.
//!
//! Every model counts in its own way; what they share is that a token is some four characters of English or code, and
//! one or two of scripts that do not use spaces. An image costs by its size in pixels and not in bytes.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// What an image or a page of a document comes to, within the range of what providers state.
const TOKENS_PER_MEDIUM: u64 = 1_500;
/// Longer strings without a space are data, not words.
const LONGEST_WORD: usize = 2_048;
/// What frames each member of a conversation.
const TOKENS_PER_OBJECT: u64 = 3;

/// Tokens of a request's body in any format; 0 if it is no JSON.
pub fn estimate_tokens(body: &[u8]) -> u64 {
    serde_json::from_slice::<Weight>(body).map_or(0, |weight| weight.quarters.div_ceil(4) + weight.tokens)
}

/// Quarters of a token for text, so that short strings are not rounded up one by one.
#[derive(Default)]
struct Weight {
    quarters: u64,
    tokens: u64,
}

impl Weight {
    fn add(&mut self, other: &Self) {
        self.quarters += other.quarters;
        self.tokens += other.tokens;
    }

    fn of_text(text: &str) -> Self {
        if text.len() > LONGEST_WORD
            && !text.bytes().any(|byte| byte.is_ascii_whitespace())
            && text.is_ascii()
        {
            return Self { quarters: 0, tokens: TOKENS_PER_MEDIUM };
        }
        let quarters = text.chars().map(|letter| if letter.is_ascii() { 1 } else { 3 }).sum();
        Self { quarters, tokens: 0 }
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scale;

        impl<'de> Visitor<'de> for Scale {
            type Value = Weight;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }

            fn visit_str<E>(self, text: &str) -> Result<Weight, E> {
                Ok(Weight::of_text(text))
            }

            fn visit_unit<E>(self) -> Result<Weight, E> {
                Ok(Weight::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Weight, E> {
                Ok(Weight { quarters: 2, tokens: 0 })
            }

            fn visit_i64<E>(self, _: i64) -> Result<Weight, E> {
                Ok(Weight { quarters: 4, tokens: 0 })
            }

            fn visit_u64<E>(self, _: u64) -> Result<Weight, E> {
                Ok(Weight { quarters: 4, tokens: 0 })
            }

            fn visit_f64<E>(self, _: f64) -> Result<Weight, E> {
                Ok(Weight { quarters: 4, tokens: 0 })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Weight, A::Error> {
                let mut whole = Weight::default();
                while let Some(part) = list.next_element::<Weight>()? {
                    whole.add(&part);
                }
                Ok(whole)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weight, A::Error> {
                let mut whole = Weight { quarters: 0, tokens: TOKENS_PER_OBJECT };
                // Names of members are the format's, but for those of schemas, which are short.
                while let Some(_name) = map.next_key::<serde::de::IgnoredAny>()? {
                    whole.add(&map.next_value::<Weight>()?);
                }
                Ok(whole)
            }
        }

        deserializer.deserialize_any(Scale)
    }
}

#[cfg(test)]
mod tests {
    use super::estimate_tokens;

    fn of(content: &str) -> u64 {
        let body = serde_json::json!({"model": "m", "messages": [{"role": "user", "content": content}]});
        estimate_tokens(body.to_string().as_bytes())
    }

    #[test]
    fn text_counts_by_its_letters() {
        let empty = of("");
        assert!((5..15).contains(&empty), "{empty}");
        assert_eq!(of(&"word ".repeat(400)) - empty, 500);
        // Scripts without spaces are denser.
        assert!(of(&"你好".repeat(100)) - empty >= 150);
    }

    #[test]
    fn an_image_does_not_count_by_its_bytes() {
        let image = "iVBORw0KGgo".repeat(100_000);
        assert!(of(&image) < 2_000, "{}", of(&image));
        assert_eq!(estimate_tokens(b"no json"), 0);
    }
}
