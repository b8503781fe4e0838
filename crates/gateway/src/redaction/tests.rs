use proptest::prelude::*;
use serde_json::{Value, json};

use super::cards::is_checked;
use super::*;

fn nobody(_: &str) -> bool {
    false
}

const NOTHING: Guarded<'static> = Guarded { credentials: &[], is_key: &nobody };

fn all() -> Redaction {
    Redaction::new(&NAMES.map(Box::from), Vec::new())
}

fn only(name: &str) -> Redaction {
    Redaction::new(&[name.into()], Vec::new())
}

/// A text by itself, as it comes out.
fn out(redaction: &Redaction, text: &str) -> String {
    redaction.body(text, &NOTHING).text
}

#[test]
fn every_rule_compiles_and_has_a_name() {
    for name in NAMES {
        let rule = Rule::parse(name).unwrap();
        assert!(rule == Rule::CardNumbers || rule.regex().is_some(), "{name}");
    }
    assert_eq!(Rule::parse("email"), None);
}

#[test]
fn addresses_are_taken_out() {
    let emails = only("emails");
    for (text, expected) in [
        ("write to Bob.Smith+x@mail.example.co.uk, please", "write to [email], please"),
        ("<a@b.de>;c_d@e-f.org", "<[email]>;[email]"),
        ("jörg@müller.example", "[email]"),
        ("npm i lodash@4.17.21", "npm i lodash@4.17.21"),
        ("@alice and a @ b.com", "@alice and a @ b.com"),
        ("mail bob@example.com.", "mail [email]."),
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
    ] {
        assert_eq!(out(&emails, text), expected);
    }
}

#[test]
fn card_numbers_are_taken_out_where_their_check_digit_is_right() {
    let cards = only("card_numbers");
    for (text, expected) in [
        ("pay with 4111111111111111!", "pay with [card number]!"),
        ("4111 1111 1111 1111 and 4111-1111-1111-1111", "[card number] and [card number]"),
        ("amex 378282246310005", "amex [card number]"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[card number]"),
        // What stands beside it is not of it.
        ("12 4111 1111 1111 1111 2025", "12 [card number] 2025"),
        ("1234567890123456789012", "1234567890123456789012"),
        ("0000000000000000", "0000000000000000"),
        ("ring 030 1234567", "ring 030 1234567"),
    ] {
        assert_eq!(out(&cards, text), expected);
    }
}

#[test]
fn telephone_numbers_are_taken_out() {
    let phones = only("phone_numbers");
    for (text, expected) in [
        ("+49 30 1234567 or +1 (415) 555-2671.", "[phone number] or [phone number]."),
        ("(415) 555-2671, 415-555-2671, 415.555.2671", "[phone number], [phone number], [phone number]"),
        ("030/1234567", "[phone number]"),
        ("打给13812345678吧", "打给[phone number]吧"),
        ("call 13812345678 now", "call [phone number] now"),
        ("on 2026-11-27 at 10:30", "on 2026-11-27 at 10:30"),
        ("version 1.2.3, port 8080, 1732700000000", "version 1.2.3, port 8080, 1732700000000"),
    ] {
        assert_eq!(out(&phones, text), expected);
    }
}

#[test]
fn secrets_are_taken_out() {
    let secrets = only("secrets");
    for (text, expected) in [
        ("key sk-proj-abcdefghijklmnop0123 ok", "key [secret] ok"),
        ("AKIAIOSFODNN7EXAMPLE", "[secret]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[secret]"),
        ("Authorization: Bearer abcdefghijklmnop.qrstuv-wx==", "Authorization: [secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "[secret]"),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[secret]\nb",
        ),
        // One that was cut.
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "[secret]"),
        ("密钥sk-abcdefghijklmnop0123。", "密钥[secret]。"),
        ("sk-...abcd and task-list-of-many-things", "sk-...abcd and task-list-of-many-things"),
        ("the bearer of good news", "the bearer of good news"),
    ] {
        assert_eq!(out(&secrets, text), expected);
    }
}

#[test]
fn own_expressions_are_taken_out_and_bad_ones_refused() {
    let own = Redaction::new(&[], vec![r"(?i)project\s+\w+".into(), "[A-Z]{2}-\\d{4}".into()]);
    assert_eq!(out(&own, "Project Falcon is AB-1234"), "[redacted] is [redacted]");
    for (patterns, told) in [
        (vec!["(".to_owned()], "`(` is no regular expression: unclosed group"),
        (vec!["a*".into()], "`a*` matches where there is nothing"),
        (vec![String::new()], "1 to 256 characters, and one has 0"),
        (vec!["x".repeat(257)], "1 to 256 characters, and one has 257"),
        (vec![r"(\w{200}){200}".into()], "becomes too large"),
        (vec!["x".to_owned(); 21], "at most 20"),
        (vec!["(?<=a)b".into()], "is no regular expression"),
    ] {
        let failure = check_patterns(&patterns).unwrap_err();
        assert_eq!((failure.error.status, failure.error.param.as_deref()), (400, Some("redact_patterns")));
        assert!(failure.error.message.contains(told), "{}", failure.error.message);
    }
    let failure = check_names(&["email".to_owned()]).unwrap_err();
    assert!(
        failure.error.message.contains("`email` is no rule; there are emails,"),
        "{}",
        failure.error.message
    );
}

#[test]
fn an_expression_that_takes_too_long_leaves_nothing() {
    // At each of half a million places it is looked for to the end.
    let own = Redaction::new(&[], vec!["[ab]*c|a".into()]);
    let text = "a".repeat(512 * 1024);
    assert_eq!(out(&own, &text), "[redacted]");
    assert_eq!(out(&own, "b a b"), "b [redacted] b");
}

#[test]
fn what_opens_the_gateway_or_a_provider_is_always_taken_out() {
    let credentials = [Secret::from("provider-credential-1")];
    let is_key = |text: &str| text == "sk-the/keys.own=text";
    let guarded = Guarded { credentials: &credentials, is_key: &is_key };
    let body = json!({
        "messages": [{"role": "user", "content": "it is provider-credential-1, or \"sk-the/keys.own=text\"?x=1, not sk-another-one-of-some"}],
        "tools": [{"type": "mcp", "authorization": "whatever", "headers": {"Authorization": "Basic eA==", "x-name": "kept"}}],
        "api_key": "abc", "password": {"type": "string"}, "authorization_token": "",
    });
    let redacted = Redaction::default().body(&body.to_string(), &guarded);
    let text: Value = serde_json::from_str(&redacted.text).unwrap();
    assert!(redacted.changed);
    assert_eq!(
        text["messages"][0]["content"],
        "it is [credential], or \"[key]\"?x=1, not sk-another-one-of-some"
    );
    assert_eq!(
        text["tools"][0],
        json!({"type": "mcp", "authorization": "[credential]", "headers": {"Authorization": "[credential]", "x-name": "kept"}})
    );
    assert_eq!((&text["api_key"], &text["password"]), (&json!("[credential]"), &json!({"type": "string"})));
    assert_eq!(text["authorization_token"], "");
}

#[test]
fn json_is_read_as_what_it_says_and_stays_as_it_was_written() {
    let redaction = all();
    for (body, expected) in [
        (r#"{ "a" : "bob\u0040example.com", "n": 1.0 }"#, r#"{ "a" : "[email]", "n": 1.0 }"#),
        (r#"{"a": 4111111111111111, "b": [4242]}"#, r#"{"a": "[card number]", "b": [4242]}"#),
        (r#"{"a@example.com": "tab\there \/ \ud83d\ude00"}"#, r#"{"[email]": "tab\there \/ \ud83d\ude00"}"#),
        // JSON in a text, as arguments of tools are.
        (
            r#"{"arguments": "{\"to\": \"bob\\u0040example.com\"}"}"#,
            r#"{"arguments": "{\"to\": \"[email]\"}"}"#,
        ),
        (
            r#"{"arguments": "{\"api_key\": \"hush\"}"}"#,
            r#"{"arguments": "{\"api_key\": \"[credential]\"}"}"#,
        ),
        // Beginnings.
        (r#"{"a": "mail bob@example.com or"#, r#"{"a": "mail [email] or"#),
        (r#"{"a": "bob@example.com \ud83d\u"#, r#"{"a": "[email] \ud83d\u"#),
        (r#"{"a": "nothing \u00"#, r#"{"a": "nothing \u00"#),
    ] {
        let redacted = redaction.body(body, &NOTHING);
        if body.contains(r"\ud83d\u") && !body.contains("ude00") {
            // Half a character is lost with what was taken out.
            assert_eq!(redacted.text, r#"{"a": "[email] "#);
            continue;
        }
        assert_eq!(redacted.text, expected);
        assert_eq!(redacted.changed, body != expected);
    }
}

#[test]
fn words_are_those_that_were_said() {
    let body = json!({
        "model": "gpt", "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "what is\nthis"}, {"type": "image_url", "image_url": {"url": "data:xyz"}}]},
        ],
        "tools": [{"function": {"name": "look", "description": "looks things up"}}],
        "input": ["first", "second"],
    });
    let words = words(&body.to_string());
    let words: Vec<&str> = words.split_whitespace().collect();
    assert_eq!(words, ["be", "brief", "what", "is", "this", "first", "second"]);
}

/// A number of so many digits with its check digit.
fn card() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0_u8..10, 12..19).prop_map(|mut digits| {
        digits[0] = digits[0].max(1);
        digits.push(0);
        let last = digits.len() - 1;
        digits[last] = (0..10)
            .find(|digit| {
                let mut whole = digits.clone();
                whole[last] = *digit;
                is_checked(&whole)
            })
            .unwrap();
        digits
    })
}

/// The digits as people write them.
fn written(digits: &[u8], group: usize, between: &str) -> String {
    let digits: Vec<String> = digits.iter().map(ToString::to_string).collect();
    digits.chunks(group).map(<[String]>::concat).collect::<Vec<_>>().join(between)
}

/// Numbers of cards that a text still has: any run of 13 to 19 digits, with single spaces or hyphens or without.
fn cards_in(text: &str) -> Vec<String> {
    let runs = regex::Regex::new(r"\d(?:[ -]?\d)*").unwrap();
    let mut found = Vec::new();
    for run in runs.find_iter(text) {
        let groups: Vec<&str> = run.as_str().split([' ', '-']).collect();
        for first in 0..groups.len() {
            for last in first..groups.len() {
                let number = groups[first..=last].concat();
                let digits: Vec<u8> = number.bytes().map(|digit| digit - b'0').collect();
                if (13..=19).contains(&digits.len()) && is_checked(&digits) {
                    found.push(number);
                }
            }
        }
    }
    found
}

proptest! {
    #[test]
    fn no_card_number_is_left(
        before in "[a-z0-9 -]{0,12}", digits in card(), group in prop_oneof![Just(4_usize), Just(5), Just(20)],
        between in prop_oneof![Just(" "), Just("-")], after in "[a-z0-9 -]{0,12}", in_json in any::<bool>(),
    ) {
        let text = format!("{before} {} {after}", written(&digits, group, between));
        let body = if in_json { json!({"content": [text]}).to_string() } else { text };
        let left = out(&all(), &body);
        prop_assert_eq!(cards_in(&left), Vec::<String>::new(), "{}", left);
        let alone = out(&only("card_numbers"), &body);
        prop_assert_eq!(cards_in(&alone), Vec::<String>::new(), "{}", alone);
    }

    #[test]
    fn no_address_is_left(
        before in "\\PC{0,12}", local in "[a-zA-Z0-9._%+-]{1,16}", host in "[a-z0-9]{1,8}(-[a-z0-9]{1,4})?",
        end in "(\\.[a-z]{2,8}){1,3}", after in "\\PC{0,12}", escaped in any::<bool>(),
    ) {
        let address = format!("{local}@{host}{end}");
        let mut body = json!({"messages": [{"content": format!("{before} {address} {after}")}]}).to_string();
        if escaped {
            body = body.replace('@', "\\u0040");
        }
        let left: Value = serde_json::from_str(&out(&all(), &body)).unwrap();
        let left = left["messages"][0]["content"].as_str().unwrap();
        prop_assert!(!left.contains(&address), "{}", left);
        let shape = regex::Regex::new(r"[a-zA-Z0-9._%+-]@[a-z0-9-]+\.[a-z]{2,}").unwrap();
        prop_assert!(!shape.is_match(left), "{}", left);
    }

    #[test]
    fn any_text_goes_through_and_valid_json_stays_valid(body in "\\PC{0,60}", text in "\\PC{0,30}[0-9@. -]{0,20}") {
        let redaction = all();
        redaction.body(&body, &NOTHING);
        redaction.body(&format!("{{{body}"), &NOTHING);
        let whole = json!({ &text: [text, 12, {"text": text}] }).to_string();
        let left = redaction.body(&whole, &NOTHING).text;
        prop_assert!(serde_json::from_str::<Value>(&left).is_ok(), "{}", left);
        // Every beginning, too.
        for (at, _) in whole.char_indices() {
            redaction.body(&whole[..at], &NOTHING);
            words(&whole[..at]);
        }
    }
}
