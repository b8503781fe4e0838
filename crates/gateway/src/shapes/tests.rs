use serde_json::Value;

use super::{DEEPEST, depth, read_json};

#[test]
fn depth_is_of_lists_and_objects_and_not_of_what_texts_say() {
    for (text, wanted) in [
        ("", 0),
        ("1", 0),
        ("[]", 1),
        (r#"{"a": [1, {"b": []}], "c": {}}"#, 4),
        (r#""[[[""#, 0),
        (r#"{"a": "\\\"[[{", "b": "\\\\"}"#, 1),
        (r#"["\\\\", [[]]]"#, 3),
        ("]]]][[", 2),
        ("[[[[", 4),
    ] {
        assert_eq!(depth(text), wanted, "{text}");
    }
}

#[test]
fn bodies_that_nest_too_deep_are_refused_and_no_others() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(read_json::<Value>(nested(DEEPEST).as_bytes()).is_ok());
    let failure = read_json::<Value>(nested(DEEPEST + 1).as_bytes()).unwrap_err();
    assert_eq!((failure.error.status, failure.error.code.as_deref()), (422, Some("too_deep")));
}

#[test]
fn bytes_that_are_no_text_are_refused_where_nobody_looks() {
    let failure = read_json::<()>(b"{\"a\": \"\xff\"}").unwrap_err();
    assert_eq!((failure.error.status, failure.error.code.as_deref()), (422, Some("invalid_json")));
    assert!(failure.error.message.contains("byte 7"), "{}", failure.error.message);
}
