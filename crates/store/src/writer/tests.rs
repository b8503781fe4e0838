//! The writer thread: what it acknowledges is on disk, whole batches and their roll-ups together.

use tempfile::TempDir;
use uuid::Uuid;

use crate::table::requests::{self, Filter, RequestRow};
use crate::table::{settings, spend_hourly};
use crate::{SqlError, Store, StoreError};

fn store() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("test.db")).unwrap();
    (directory, store)
}

fn row(number: u128) -> Box<RequestRow> {
    Box::new(RequestRow { id: Uuid::from_u128(number), cost_nanos: Some(1), ..RequestRow::default() })
}

fn rows_and_sum(store: &Store) -> (usize, i64) {
    store
        .read(|connection| {
            let rows = requests::page(connection, &Filter { limit: 100_000, ..Filter::default() })?.len();
            let hours = spend_hourly::between(connection, i64::MIN, i64::MAX)?;
            Ok((rows, hours.iter().map(|hour| hour.totals.requests).sum()))
        })
        .unwrap()
}

#[tokio::test]
async fn an_acknowledged_row_can_be_read_by_anyone() {
    let (directory, store) = store();
    assert!(store.record(row(1)).committed().await);
    assert_eq!(rows_and_sum(&store), (1, 1));
    // By another connection to the file too, as after the death of this process.
    let copy = Store::open(&directory.path().join("test.db")).unwrap();
    assert_eq!(rows_and_sum(&copy), (1, 1));
}

#[tokio::test]
async fn more_rows_than_fit_a_transaction_are_all_committed_once() {
    let (_directory, store) = store();
    let acks: Vec<_> = (0..3000).map(|number| store.record(row(number))).collect();
    for ack in acks {
        assert!(ack.committed().await);
    }
    assert_eq!(rows_and_sum(&store), (3000, 3000));
}

#[tokio::test]
async fn a_row_recorded_twice_counts_once() {
    let (_directory, store) = store();
    let (first, second) = (store.record(row(1)), store.record(row(1)));
    assert!(first.committed().await);
    assert!(second.committed().await, "it is there, which is what was asked");
    assert_eq!(rows_and_sum(&store), (1, 1));
}

#[tokio::test]
async fn a_write_that_fails_takes_nothing_with_it() {
    let (_directory, store) = store();
    // In one batch, most likely: the failing write must not undo its neighbours.
    let before = store.record(row(1));
    let failing = store.write(|connection| {
        settings::set(connection, "half", "1")?;
        Err::<(), _>(SqlError::InvalidQuery)
    });
    let good = store.write(|connection| settings::set(connection, "whole", "1"));
    let after = store.record(row(2));
    let (failed, done) = tokio::join!(failing, good);
    assert!(matches!(failed, Err(StoreError::Sql(_))));
    done.unwrap();
    assert!(before.committed().await && after.committed().await);
    let found = store
        .read(|connection| Ok((settings::get(connection, "half")?, settings::get(connection, "whole")?)))
        .unwrap();
    assert_eq!(found, (None, Some("1".into())));
    assert_eq!(rows_and_sum(&store), (2, 2));
}

#[tokio::test]
async fn a_read_cannot_write() {
    let (_directory, store) = store();
    let refused = store.read(|connection| settings::set(connection, "name", "1"));
    assert!(refused.is_err());
}

#[tokio::test]
async fn closing_commits_what_is_queued_and_then_says_no() {
    let (directory, store) = store();
    let acks: Vec<_> = (0..500).map(|number| store.record(row(number))).collect();
    store.close();
    for ack in acks {
        assert!(ack.committed().await);
    }
    assert!(!store.record(row(9999)).committed().await, "nobody writes any more, and it says so");
    let late = store.write(|connection| settings::set(connection, "late", "1")).await;
    assert!(matches!(late, Err(StoreError::Closed)));
    store.close();
    let again = Store::open(&directory.path().join("test.db")).unwrap();
    assert_eq!(rows_and_sum(&again), (500, 500));
}
