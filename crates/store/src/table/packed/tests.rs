use proptest::prelude::*;

use super::super::tests::database;
use super::{Kept, MOST_KNOWN, Numbers, Packed, split, unpack};

/// Packed and read again.
fn there_and_back(numbers: &mut Numbers, connection: &rusqlite::Connection, text: &str) -> (Packed, String) {
    let packed = numbers.pack(connection, Some(text), Kept::Third).unwrap();
    let template: Option<String> = packed.template.map(|id| {
        connection.query_row("SELECT text FROM templates WHERE id = ?1", [id], |row| row.get(0)).unwrap()
    });
    let text = unpack(template.as_deref(), packed.values.as_deref()).expect("a text");
    (packed, text)
}

#[test]
fn a_report_of_usage_is_a_few_bytes_and_comes_back_as_it_was() {
    let (_directory, connection) = database();
    let mut numbers = Numbers::default();
    let report = |input: u64, cost: &str| {
        format!(
            r#"{{"prompt_tokens":{input},"completion_tokens": 20,"cost":{cost},"tier":"gpt-4 # \"9\"","none":null}}"#
        )
    };
    let (first, text) = there_and_back(&mut numbers, &connection, &report(1200, "0.00125"));
    assert_eq!(text, report(1200, "0.00125"));
    assert!(first.values.unwrap().len() <= 12);
    let (second, text) = there_and_back(&mut numbers, &connection, &report(7, "-1e-7"));
    assert_eq!((text, second.template), (report(7, "-1e-7"), first.template), "they have one template");
    assert_eq!(numbers.pack(&connection, None, Kept::Nothing).unwrap(), Packed::default());
    assert_eq!(unpack(None, None), None);
}

#[test]
fn prices_stay_in_the_template() {
    let lines = r#"[["input",1200,2000000],["output",30,15000000],["none",4,null]]"#;
    let (template, values) = split(lines, Kept::Third).unwrap();
    assert_eq!(template, r#"[["input",#,2000000],["output",#,15000000],["none",#,null]]"#);
    assert!(values.len() <= 4, "{values:?}");
    assert_eq!(split(lines, Kept::Nothing).unwrap().0.matches('#').count(), 5);
}

#[test]
fn what_is_not_json_is_kept_as_it_is() {
    let (_directory, connection) = database();
    let mut numbers = Numbers::default();
    for text in
        ["#", "no # json", "", "007", "1e999999", "--", "18446744073709551616", "\"", "\"\\", "日本 5"]
    {
        assert_eq!(there_and_back(&mut numbers, &connection, text).1, text);
    }
    assert_eq!(split("a # b", Kept::Nothing), None);
}

#[test]
fn texts_that_differ_in_more_than_numbers_do_not_fill_the_table() {
    let (_directory, connection) = database();
    let mut numbers = Numbers::default();
    for number in 0..MOST_KNOWN + 50 {
        let letters: String =
            number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        let text = format!(r#"{{"id":"{letters}"}}"#);
        assert_eq!(there_and_back(&mut numbers, &connection, &text).1, text);
    }
    let count: i64 = connection.query_row("SELECT COUNT(*) FROM templates", [], |row| row.get(0)).unwrap();
    assert_eq!(count, MOST_KNOWN as i64);
}

proptest! {
    #[test]
    fn any_text_comes_back(texts in prop::collection::vec(prop_oneof![
        ".*", "[-+0-9.eE#\"\\\\ a]{0,40}", r#"\{"a":[0-9]{1,20}(\.[0-9]{1,9})?,"b#":"[0-9#"]{0,5}"\}"#,
    ], 1..8)) {
        let (_directory, connection) = database();
        let mut numbers = Numbers::default();
        for text in &texts {
            prop_assert_eq!(&there_and_back(&mut numbers, &connection, text).1, text);
        }
    }
}
