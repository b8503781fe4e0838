//! Turns of kept conversations: items in, the same items out.

use postern_wire::{echo_of, output_items, turn_items, with_history};

use crate::Target;
use crate::input::Input;
use crate::json::{is_json, plain};

pub const TARGET: Target = Target { name: "turn", kinds: &["requests", "responses"], check };

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    for (_, value) in echo_of(input.body) {
        assert!(is_json(value.as_bytes()));
    }
    if let Ok(text) = std::str::from_utf8(input.body) {
        assert!(output_items(text).iter().all(|item| is_json(item.as_bytes())));
    }
    let Ok(items) = turn_items(input.body, || "x".to_owned()) else { return };
    assert!(items.iter().all(|item| is_json(item.as_bytes())));
    let later = with_history(input.body, &items, &[]).unwrap();
    assert!(is_json(&later));
    let Some(later) = plain(&later) else { return };
    let all = later["input"].as_array().unwrap();
    assert!(all.len() >= items.len() * 2 || items.is_empty());
    for (item, kept) in items.iter().zip(all) {
        assert_eq!(plain(item.as_bytes()).as_ref(), Some(kept));
        assert!(kept["id"].is_string());
    }
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
