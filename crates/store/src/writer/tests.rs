//! The writer thread: what it acknowledges is on disk, whole batches and their roll-ups together.

use tempfile::TempDir;
use uuid::Uuid;

use crate::table::owners::{self, Owner};
use crate::table::requests::{self, Filter, RequestRow};
use crate::table::spend_labels::{self, Label};
use crate::table::{customers, settings, spend_hourly};
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
            let hours = spend_hourly::between(connection, i64::MIN, i64::MAX, None)?;
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
async fn an_end_user_has_a_row_with_their_first_request() {
    let (_directory, store) = store();
    let of = |number, name: &str| {
        Box::new(RequestRow { end_user: Some(name.to_owned()), started_at: 5, ..*row(number) })
    };
    assert!(store.record(of(1, "ann")).committed().await);
    let blocked = |connection: &rusqlite::Connection| {
        let mut ann = customers::find(connection, "ann")?.unwrap();
        ann.blocked = true;
        ann.put(connection)
    };
    store.write(blocked).await.unwrap();
    let (again, nobody) = (store.record(of(2, "ann")), store.record(of(3, "")));
    let (endless, other) = (store.record(of(4, &"x".repeat(1025))), store.record(of(5, "bob")));
    for ack in [again, nobody, endless, other] {
        assert!(ack.committed().await);
    }
    let rows = store.read(customers::all).unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.user_id.as_str(), row.created_at, row.blocked)).collect();
    assert_eq!(told, [("ann", 5, true), ("bob", 5, false)]);
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

/// What a write refuses, in words of its own.
#[derive(Debug)]
enum Refusal {
    Taken(String),
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SqlError> for Refusal {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

/// Gives a name to one that has none yet.
fn claim(connection: &crate::Connection, name: &str, value: &str) -> Result<usize, Refusal> {
    let taken = settings::get(connection, name)?;
    settings::set(connection, name, value)?;
    settings::set(connection, &format!("{name} too"), value)?;
    taken.map_or(Ok(value.len()), |by| Err(Refusal::Taken(by)))
}

#[tokio::test]
async fn a_transaction_that_refuses_what_it_finds_changes_nothing() {
    let (_directory, store) = store();
    let first = store.transact(|connection| claim(connection, "name", "first"));
    let second = store.transact(|connection| claim(connection, "name", "second"));
    let other = store.transact(|connection| claim(connection, "other", "third"));
    let (first, second, other) = tokio::join!(first, second, other);
    assert!(matches!(first, Ok(5)), "{first:?}");
    assert!(matches!(&second, Err(Refusal::Taken(by)) if by == "first"), "{second:?}");
    assert!(matches!(other, Ok(5)), "{other:?}");
    let found = store.read(|connection| {
        ["name", "name too", "other too"].map(|name| settings::get(connection, name)).into_iter().collect()
    });
    let found: Vec<Option<String>> = found.unwrap();
    assert_eq!(found, [Some("first".into()), Some("first".into()), Some("third".into())]);
    // Errors of the database come in the same type.
    let broken = store.transact(|connection| {
        settings::set(connection, "half", "1")?;
        Ok::<_, Refusal>(connection.execute("INSERT INTO nowhere VALUES (1)", [])?)
    });
    assert!(matches!(broken.await, Err(Refusal::Store(StoreError::Sql(_)))));
    assert_eq!(store.read(|connection| settings::get(connection, "half")).unwrap(), None);
    store.close();
    let late = store.transact(|connection| claim(connection, "late", "1")).await;
    assert!(matches!(late, Err(Refusal::Store(StoreError::Closed))), "{late:?}");
}

#[tokio::test]
async fn what_goes_down_with_a_transaction_is_not_called_committed() {
    let (_directory, store) = store();
    // While the writer is held up, all that follows gathers for one transaction.
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let (start, begun) = tokio::sync::oneshot::channel::<()>();
    let held = store.write(move |_| {
        let _ = start.send(());
        gate.recv().map_err(|_| SqlError::InvalidQuery)
    });
    let gathering = async {
        begun.await.unwrap();
        let before = store.record(row(1));
        // As SQLite does by itself when the disk is full: the transaction is undone as a whole.
        let giving_up = store.write(|connection| {
            connection.execute_batch("ROLLBACK")?;
            Err::<(), _>(SqlError::InvalidQuery)
        });
        let next = store.write(|connection| settings::set(connection, "next", "1"));
        let after = async {
            let ack = store.record(row(2));
            open.send(()).unwrap();
            ack.committed().await
        };
        tokio::join!(before.committed(), giving_up, next, after)
    };
    let (held, (before, gave_up, next, after)) = tokio::join!(held, gathering);
    held.unwrap();
    assert!(matches!(gave_up, Err(StoreError::Sql(SqlError::InvalidQuery))), "{gave_up:?}");
    assert!(!before && !after && matches!(next, Err(StoreError::Closed)), "{next:?}");
    assert_eq!(rows_and_sum(&store), (0, 0));
    assert_eq!(store.read(|connection| settings::get(connection, "next")).unwrap(), None);
    assert!(store.record(row(3)).committed().await, "the writer goes on");
}

#[tokio::test]
async fn an_owner_whose_first_row_failed_is_known_with_the_next() {
    let (_directory, store) = store();
    let owner = |user: &str| Owner { user_id: Some(user.into()), ..Owner::default() };
    let of = |number: u128, user: &str| RequestRow { owner: owner(user), ..*row(number) };
    assert!(store.record(Box::new(of(1, "ann"))).committed().await);
    // The row itself is good; what is written after it fails, and takes the row and its owner along.
    let refuse =
        "CREATE TRIGGER no_more BEFORE INSERT ON spend_hourly BEGIN SELECT RAISE(ABORT, 'no more'); END";
    store.write(move |connection| connection.execute_batch(refuse)).await.unwrap();
    assert!(!store.record(Box::new(of(2, "zoe"))).committed().await);
    store.write(|connection| connection.execute_batch("DROP TRIGGER no_more")).await.unwrap();
    for (number, user) in [(3, "kim"), (4, "zoe"), (5, "ann"), (6, "zoe")] {
        assert!(store.record(Box::new(of(number, user))).committed().await);
    }
    let known = store.read(owners::all).unwrap();
    assert_eq!(known.len(), 4, "{known:?}");
    for (number, user) in [(3, "kim"), (4, "zoe"), (5, "ann"), (6, "zoe")] {
        let found = store.read(|connection| requests::find(connection, Uuid::from_u128(number))).unwrap();
        assert_eq!(found.map(|row| row.owner), Some(owner(user)));
    }
    assert_eq!(store.read(|connection| requests::find(connection, Uuid::from_u128(2))).unwrap(), None);
}

#[tokio::test]
async fn a_rows_labels_are_summed_with_it() {
    let (_directory, store) = store();
    let labelled = |number| {
        let tags = vec!["a".into(), "b".into(), "a".into()];
        Box::new(RequestRow { tags, end_user: Some("kim".into()), ..*row(number) })
    };
    let acks: Vec<_> = [1, 2, 2, 3].into_iter().map(|number| store.record(labelled(number))).collect();
    for ack in acks {
        assert!(ack.committed().await);
    }
    let costs = |label| store.read(|connection| spend_labels::costs(connection, label)).unwrap();
    assert_eq!(costs(Label::Tag), [("a".into(), 3), ("b".into(), 3)]);
    assert_eq!(costs(Label::EndUser), [("kim".into(), 3)]);
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
