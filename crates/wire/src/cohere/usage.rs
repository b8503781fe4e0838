//! The format's usage object, which counts twice: `tokens` are all that went through the model, `billed_units` those
//! that are charged. What the provider puts around a prompt and between the lines of a reply is in the first only.
//!
//! A price has to be found from what is read here, so the charged tokens count wherever they are told. Tokens from the
//! cache are a part of the others, most of them of what is not charged; beside charged tokens they say nothing.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::usage::{Report, Usage};

/// Reads a usage object; the `meta` of the provider's other answers counts in the same members. `None` if it counts
/// nothing.
pub(super) fn read(raw: &RawValue) -> Option<Usage> {
    let report = Report::parse(raw)?;
    let of = |place: &str, name: &str| report.counter(&format!("{place}/{name}"));
    let tokens = |place: &str| match (of(place, "input_tokens"), of(place, "output_tokens")) {
        (None, None) => None,
        (input, output) => Some((input.unwrap_or(0), output.unwrap_or(0))),
    };
    let images = of("billed_units", "image_tokens").or_else(|| of("tokens", "image_tokens")).unwrap_or(0);
    let (input, output, cache_read) = match (tokens("billed_units"), tokens("tokens")) {
        (Some((input, output)), _) => (input, output, 0),
        (None, Some((input, output))) => (input, output, report.counter("cached_tokens").unwrap_or(0)),
        (None, None) => return None,
    };
    Some(Usage {
        input,
        output,
        cache_read,
        image_input: images.min(input),
        raw: Some(raw.to_owned()),
        ..Usage::default()
    })
}

/// Writes usage that was read from another format, where all tokens are charged.
pub(super) fn write(usage: &Usage) -> Value {
    let counts = json!({"input_tokens": usage.input, "output_tokens": usage.output});
    json!({"billed_units": counts, "tokens": counts, "cached_tokens": usage.cache_read})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Option<Usage> {
        read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn charged_tokens_count_and_all_tokens_where_charged_ones_are_not_told() {
        let both = r#"{"billed_units":{"input_tokens":4,"output_tokens":45.0},"tokens":{"input_tokens":70,"output_tokens":47},"cached_tokens":64}"#;
        let usage = read_text(both).unwrap();
        assert_eq!((usage.input, usage.output, usage.cache_read), (4, 45, 0));
        assert_eq!(usage.raw.unwrap().get(), both);
        let all = r#"{"tokens":{"input_tokens":70,"output_tokens":47},"cached_tokens":64}"#;
        let usage = read_text(all).unwrap();
        assert_eq!((usage.input, usage.output, usage.cache_read), (70, 47, 64));
        let embedding = r#"{"api_version":{"version":"2"},"billed_units":{"input_tokens":3}}"#;
        assert_eq!(read_text(embedding).unwrap().input, 3);
        assert!(read_text("{}").is_none(), "as in a reply that failed");
        assert!(read_text(r#"{"billed_units":{"search_units":1}}"#).is_none());
    }

    #[test]
    fn images_are_a_part_of_what_is_charged() {
        let text = r#"{"billed_units":{"input_tokens":265,"output_tokens":1},"tokens":{"input_tokens":502,"image_tokens":259}}"#;
        assert_eq!(read_text(text).unwrap().image_input, 259);
    }
}
