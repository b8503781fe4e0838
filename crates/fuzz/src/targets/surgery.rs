//! Members dropped and set in a body, against the same done to a tree of values.

use postern_wire::Surgery;
use serde_json::{Value, json};

use crate::Target;
use crate::input::Input;
use crate::json::{is_json, plain};

pub const TARGET: Target = Target { name: "surgery", kinds: &["requests"], check };

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    // The first line may be paths; without one, they come from the body.
    let (first, rest) = match input.body.iter().position(|byte| *byte == b'\n') {
        Some(end) if input.body.first() != Some(&b'{') => (&input.body[..end], &input.body[end + 1..]),
        _ => (&b"messages[*].content tools[0].function model a.b[1][*]"[..], input.body),
    };
    let Ok(paths) = std::str::from_utf8(first) else { return };
    let mut surgery = Surgery::default();
    let taken: Vec<&str> = paths.split(' ').filter(|path| surgery.drop(path)).collect();
    let set = [("model", json!("m\"")), ("added", json!({"a": [1.5, null]}))];
    for (name, value) in &set {
        surgery.set(name, value);
    }
    let Ok(reduced) = surgery.reduce(rest) else { return };
    let reduced = reduced.unwrap_or_else(|| rest.to_vec());
    if taken.is_empty() && !is_json(rest) {
        return;
    }
    assert!(is_json(rest) && is_json(&reduced));
    let added = surgery.add(&reduced).map(|added| added.unwrap_or_else(|| reduced.clone()));
    let Ok(added) = added else {
        assert!(taken.is_empty());
        return;
    };
    assert!(is_json(&added));
    let Some(mut expected) = plain(rest) else { return };
    // Elements are counted as the client wrote them: all paths at once, not one after the other.
    for path in &taken {
        mark(&mut expected, path);
    }
    sweep(&mut expected);
    assert_eq!(plain(&reduced), Some(expected.clone()));
    for (name, value) in set {
        expected[name] = value;
    }
    assert_eq!(plain(&added), Some(expected));
}

/// Stands for what is to go; no body has it, since a name of an object stands in it.
fn gone() -> Value {
    json!({"\u{0}": "gone"})
}

fn mark(value: &mut Value, path: &str) {
    let (step, rest) = match path.char_indices().skip(1).find(|(_, letter)| ".[".contains(*letter)) {
        Some((at, _)) => path.split_at(at),
        None => (path, ""),
    };
    let mut go = |value: &mut Value| if rest.is_empty() { *value = gone() } else { mark(value, rest) };
    if let Some(index) = step.strip_prefix('[') {
        let index = index.trim_end_matches(']');
        let Value::Array(elements) = value else { return };
        match index.parse::<usize>() {
            Ok(index) => elements.get_mut(index).into_iter().for_each(&mut go),
            Err(_) => elements.iter_mut().for_each(&mut go),
        }
    } else if let Value::Object(members) = value
        && let Some(member) = members.get_mut(step.trim_start_matches('.'))
    {
        go(member);
    }
}

fn sweep(value: &mut Value) {
    match value {
        Value::Array(elements) => {
            elements.retain(|element| *element != gone());
            elements.iter_mut().for_each(sweep);
        }
        Value::Object(members) => {
            members.retain(|_, member| *member != gone());
            members.values_mut().for_each(sweep);
        }
        _ => {}
    }
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
