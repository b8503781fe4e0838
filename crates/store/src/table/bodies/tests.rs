use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::table::requests::{self, Filter, RequestRow};
use crate::table::tests::database;

fn row(number: u128, key: u128, expires_at: i64) -> BodyRow {
    BodyRow {
        request_id: Uuid::from_u128(number),
        key_id: Uuid::from_u128(key),
        expires_at,
        request: vec![number as u8; 9],
        response: number.is_multiple_of(2).then(|| vec![7]),
        flags: BodyFlags::of(number as i64 % 16),
    }
}

fn ledger(connection: &Connection, number: u128) {
    let row = RequestRow { id: Uuid::from_u128(number), started_at: number as i64, ..RequestRow::default() };
    requests::insert(connection, &mut requests::Numbers::default(), &row).unwrap();
}

fn found(connection: &Connection, text: &str, now: i64) -> Vec<u128> {
    let words = Words::parse(text, now).unwrap_or_else(|| panic!("no words in {text}"));
    let filter = Filter { words: Some(words), limit: 100, ..Filter::default() };
    let rows = requests::page(connection, &filter).unwrap();
    assert_eq!(requests::count(connection, &filter).unwrap(), rows.len() as u64);
    rows.iter().map(|row| row.id.as_u128()).collect()
}

#[test]
fn bodies_are_kept_found_and_forgotten() {
    let (_directory, connection) = database();
    for (number, words) in [
        (1, "The invoice of Åsa, number 4711"),
        (2, "Invoices are due; see the number"),
        (3, "请把发票号码发给我"),
    ] {
        ledger(&connection, number);
        insert(&connection, &row(number, number % 2, 100 + number as i64), words).unwrap();
    }
    // A second time changes nothing.
    insert(&connection, &row(1, 9, 999), "another").unwrap();
    assert_eq!(find(&connection, Uuid::from_u128(1), 0).unwrap(), Some(row(1, 1, 101)));
    assert_eq!(kept_until(&connection, Uuid::from_u128(2), 0).unwrap(), Some(102));

    assert_eq!(found(&connection, "number", 0), [2, 1]);
    assert_eq!(found(&connection, "number invoice", 0), [1]);
    assert_eq!(found(&connection, "invoice*", 0), [2, 1]);
    assert_eq!(found(&connection, "\"the number\"", 0), [2]);
    assert_eq!(found(&connection, "asa 4711", 0), [1]);
    assert_eq!(found(&connection, "发票", 0), [3]);
    assert_eq!(found(&connection, "票发", 0), Vec::<u128>::new());
    assert_eq!(found(&connection, "another", 0), Vec::<u128>::new());

    // What has expired is gone before it is removed.
    assert_eq!(found(&connection, "number", 101), [2]);
    assert_eq!(find(&connection, Uuid::from_u128(1), 101).unwrap(), None);
    assert_eq!(kept_until(&connection, Uuid::from_u128(1), 101).unwrap(), None);
    assert_eq!((prune(&connection, 102, 1).unwrap(), prune(&connection, 102, 9).unwrap()), (1, 1));
    assert_eq!(prune(&connection, 102, 9).unwrap(), 0);
    assert_eq!(found(&connection, "number", 0), Vec::<u128>::new());
    assert_eq!(remove_of_key(&connection, Uuid::from_u128(0), 9).unwrap(), 0);
    assert_eq!(remove_of_key(&connection, Uuid::from_u128(1), 9).unwrap(), 1);
    let left: i64 = connection.query_row("SELECT COUNT(*) FROM bodies_text", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn space_is_given_back() {
    let (_directory, connection) = database();
    for number in 0..200 {
        let mut big = row(number, 1, 1);
        big.request = vec![number as u8; 20_000];
        let words: Vec<String> = (0..2000).map(|word| format!("w{}", number * 1500 + word)).collect();
        insert(&connection, &big, &words.join(" ")).unwrap();
    }
    let pages = || connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0)).unwrap();
    let full = pages();
    while prune(&connection, 1, 20).unwrap() > 0 {}
    assert!(pages() < full / 4, "{} of {full} pages", pages());
}

proptest! {
    #[test]
    fn whatever_is_looked_for_is_no_error(text in "[\\PC\\x00\"*()^:+\\-]{0,40}") {
        let (_directory, connection) = database();
        if let Some(words) = Words::parse(&text, 0) {
            let filter = Filter { words: Some(words), limit: 1, ..Filter::default() };
            requests::page(&connection, &filter).unwrap();
        }
    }
}
