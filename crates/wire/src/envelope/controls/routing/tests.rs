//! What is read of a request's wishes, what is refused, and that nothing of it is sent on.

use super::*;
use crate::envelope::{Controls, Envelope};
use crate::format::Format;

fn body(members: &str) -> String {
    format!(r#"{{"model":"m","messages":[],{members}}}"#)
}

fn peek(members: &str) -> Option<Box<Controls>> {
    Envelope::peek(Format::OpenAiChat, body(members).as_bytes()).unwrap().controls
}

fn read(members: &str) -> RoutingControls {
    peek(members).unwrap().routing.unwrap()
}

/// The member at fault, and what is said of it.
fn refused(members: &str) -> (String, String) {
    let error = Envelope::peek(Format::OpenAiChat, body(members).as_bytes()).unwrap_err();
    assert!(error.message.ends_with('.'), "{}", error.message);
    (error.param.unwrap_or_default(), error.message)
}

/// What is left of a body when the gateway's members are taken out.
fn sent_on(body: &str) -> String {
    let controls = Envelope::peek(Format::OpenAiChat, body.as_bytes()).unwrap().controls.unwrap();
    String::from_utf8(controls.surgery.reduce(body.as_bytes()).unwrap().unwrap()).unwrap()
}

#[test]
fn a_request_without_wishes_has_no_controls() {
    for members in [
        r#""temperature":1"#,
        r#""metadata":{"tags":"one, two"}"#,
        r#""metadata":{"user_id":"u"}"#,
        r#""metadata":null"#,
        r#""provider":{"order":["x"],"allow_fallbacks":false}"#,
    ] {
        assert!(peek(members).is_none(), "{members}");
    }
}

#[test]
fn the_orchestrators_words_are_read() {
    let wanted =
        read(r#""provider":" openai ","fallback_providers":["a"," b "],"timeout":1.5,"retry_count":3"#);
    assert_eq!(wanted.provider.as_deref(), Some("openai"));
    assert_eq!(wanted.fallback_providers, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!((wanted.timeout, wanted.retries), (Some(1.5), Some(3)));
    for member in [r#""provider":"a""#, r#""fallback_providers":[]"#, r#""timeout":9"#, r#""retry_count":0"#]
    {
        assert!(read(member).wants_report, "{member}");
    }
    for member in [r#""num_retries":1"#, r#""fallbacks":["b"]"#, r#""stream_timeout":9"#] {
        assert!(!read(member).wants_report, "{member}");
    }
}

#[test]
fn a_number_of_retries_has_three_names() {
    for member in ["retry_count", "num_retries", "max_retries"] {
        assert_eq!(read(&format!(r#""{member}":0"#)).retries, Some(0));
        assert_eq!(read(&format!(r#""{member}":20.0"#)).retries, Some(20));
        assert_eq!(read(&format!(r#""{member}":null"#)).retries, None);
        for wrong in ["21", "-1", "1.5", "1e300", "\"2\"", "true", "[]"] {
            let (param, message) = refused(&format!(r#""{member}":{wrong}"#));
            assert_eq!(param, member);
            assert!(message.contains(member), "{message}");
            assert!(message.contains("whole number"), "{message}");
        }
        assert!(refused(&format!(r#""{member}":21"#)).1.contains("0 to 20"));
    }
    // The orchestrator's own word is the last to be heard, and nothing said says nothing.
    assert_eq!(read(r#""max_retries":1,"retry_count":3,"num_retries":2"#).retries, Some(3));
    assert_eq!(read(r#""num_retries":2,"retry_count":null"#).retries, Some(2));
}

#[test]
fn seconds_are_above_nothing_and_at_most_a_day() {
    for member in ["timeout", "stream_timeout"] {
        let set = |value: &str| read(&format!(r#""{member}":{value}"#));
        let said = |wanted: &RoutingControls| wanted.timeout.or(wanted.stream_timeout);
        for (value, expected) in [("0.001", 0.001), ("60", 60.0), ("86400", 86_400.0)] {
            assert_eq!(said(&set(value)), Some(expected));
        }
        assert_eq!(said(&set("null")), None);
        for wrong in ["0", "-1", "86400.5", "1e300"] {
            let (param, message) = refused(&format!(r#""{member}":{wrong}"#));
            assert_eq!(param, member);
            assert!(message.contains("above 0 and at most 86400 seconds"), "{message}");
        }
        for wrong in ["\"60\"", "true", "{}", "[1]"] {
            let (param, message) = refused(&format!(r#""{member}":{wrong}"#));
            assert_eq!((param.as_str(), message.contains(member)), (member, true), "{message}");
        }
    }
}

#[test]
fn fallbacks_have_three_shapes() {
    for member in ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"] {
        let list = |value: &str| {
            let wanted = read(&format!(r#""{member}":{value}"#));
            let lists = [wanted.fallbacks, wanted.context_window_fallbacks, wanted.content_policy_fallbacks];
            lists.into_iter().flatten().next().unwrap()
        };
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(list(r#"["b","c"]"#), [(None, names(&["b"])), (None, names(&["c"]))]);
        assert_eq!(list(r#"[{"a":["b","c"]}]"#), [(Some("a".to_owned()), names(&["b", "c"]))]);
        assert_eq!(list(r#"[{"model":"b"},"c"]"#), [(None, names(&["b"])), (None, names(&["c"]))]);
        assert_eq!(list("[]"), []);
        for wrong in ["\"b\"", "{}", "[1]", r#"[{"a":"b"}]"#, r#"[{"model":["b"]}]"#, r#"[" "]"#, "[null]"] {
            let (param, message) = refused(&format!(r#""{member}":{wrong}"#));
            assert_eq!(param, member, "{wrong}: {message}");
        }
        // A fallback with other parameters would not get them.
        let (_, message) = refused(&format!(r#""{member}":[{{"model":"b","temperature":0}}]"#));
        assert!(message.contains("`temperature`"), "{message}");
        let many = vec!["\"b\""; 33].join(",");
        assert!(refused(&format!(r#""{member}":[{many}]"#)).1.contains("at most 32"));
    }
}

#[test]
fn names_are_texts_and_not_empty() {
    assert_eq!(refused(r#""provider":" ""#).0, "provider");
    assert_eq!(refused(r#""provider":7"#).0, "provider");
    assert_eq!(refused(r#""provider":["a"]"#).0, "provider");
    assert_eq!(refused(r#""fallback_providers":"a""#).0, "fallback_providers");
    assert_eq!(refused(r#""fallback_providers":[1]"#).0, "fallback_providers");
    assert_eq!(refused(r#""fallback_providers":["a",""]"#).0, "fallback_providers[1]");
    assert_eq!(refused(r#""tags":"a""#).0, "tags");
    assert_eq!(refused(r#""metadata":{"tags":[1]}"#).0, "metadata.tags");
    assert_eq!(refused(r#""allowed_model_region":1"#).0, "allowed_model_region");
    assert_eq!(refused(r#""disable_fallbacks":"yes""#).0, "disable_fallbacks");
    let many = vec!["\"b\""; 33].join(",");
    assert!(refused(&format!(r#""fallback_providers":[{many}]"#)).1.contains("at most 32"));
}

#[test]
fn tags_may_be_metadata_and_are_better_said_directly() {
    assert_eq!(read(r#""metadata":{"tags":["a","b"]}"#).tags, ["a", "b"]);
    assert_eq!(read(r#""tags":["c"],"metadata":{"tags":["a","b"]}"#).tags, ["c"]);
    assert_eq!(read(r#""allowed_model_region":"eu""#).region.as_deref(), Some("eu"));
    assert!(read(r#""disable_fallbacks":true"#).disable_fallbacks);
}

#[test]
fn what_is_said_to_the_gateway_is_not_sent_on() {
    let said = [
        r#""provider":"a""#,
        r#""provider":null"#,
        r#""fallback_providers":["a"]"#,
        r#""timeout":60"#,
        r#""timeout":null"#,
        r#""retry_count":3"#,
        r#""num_retries":3"#,
        r#""max_retries":3"#,
        r#""stream_timeout":1"#,
        r#""fallbacks":["b"]"#,
        r#""context_window_fallbacks":["b"]"#,
        r#""content_policy_fallbacks":["b"]"#,
        r#""disable_fallbacks":true"#,
        r#""allowed_model_region":"eu""#,
        r#""tags":["a"]"#,
    ];
    for member in said {
        // The rest keeps its bytes, however it is written.
        let around = format!(r#"{{ "model":"m", {member} , "messages":[ ],  "temperature":0.70}}"#);
        let left = sent_on(&around);
        assert_eq!(left.replace(' ', ""), r#"{"model":"m","messages":[],"temperature":0.70}"#, "{member}");
    }
    let all = body(&said.join(",").replace(r#""provider":null,"#, "").replace(r#""timeout":null,"#, ""));
    assert_eq!(sent_on(&all), r#"{"model":"m","messages":[]}"#);
}

#[test]
fn what_belongs_to_the_provider_is_left_to_it() {
    // OpenRouter's object beside a wish for the gateway; metadata without the tags in it.
    let left = sent_on(&body(r#""provider":{"order":["x"]},"timeout":5"#));
    assert_eq!(left, r#"{"model":"m","messages":[],"provider":{"order":["x"]}}"#);
    let left = sent_on(&body(r#""metadata":{"user_id":"u","tags":["a"]}"#));
    assert_eq!(left, r#"{"model":"m","messages":[],"metadata":{"user_id":"u"}}"#);
}
