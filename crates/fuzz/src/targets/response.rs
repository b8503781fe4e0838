//! Complete responses between formats.

use postern_wire::{read_response, read_usage, translate_response};

use crate::Target;
use crate::input::Input;
use crate::json::{is_json, lost, plain};
use crate::targets::stream::{context, same_tokens};

pub const TARGET: Target = Target { name: "response", kinds: &["responses"], check };

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    read_usage(input.from, input.body);
    let summary = read_response(input.from, input.body);
    let translated = match translate_response(input.from, input.to, input.body, &context()) {
        Ok(translated) => translated,
        Err(problem) => {
            assert!(!problem.message.is_empty());
            return;
        }
    };
    let summary = summary.unwrap();
    assert_eq!(format!("{summary:?}"), format!("{:?}", translated.summary));
    let out = String::from_utf8(translated.body).unwrap();
    assert!(is_json(out.as_bytes()), "{out}");
    // Whoever repeats a name has not said which of the two counts.
    if plain(input.body).is_none() {
        return;
    }
    let told = read_response(input.to, out.as_bytes()).unwrap_or_else(|problem| panic!("{problem}: {out}"));
    same_tokens(summary.usage.as_ref(), told.usage.as_ref());
    if input.from == input.to
        && translated.loss.is_empty()
        && let (Some(before), Some(after)) = (plain(input.body), plain(out.as_bytes()))
    {
        assert_eq!(lost("", &before, &after), None, "{}", input.from);
    }
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
