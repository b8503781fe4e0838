//! The one writer thread. It takes whatever is queued, runs it in one transaction, commits, and acknowledges. Under
//! load many ledger rows share a commit; alone, a row is committed at once.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::table::requests::Numbers;
use crate::table::requests::RequestRow;
use crate::table::sums::Sums;
use crate::table::{customers, requests};
use crate::{SqlError, StoreError};

/// Most ledger rows in one transaction: bounds how long the first of them waits for its acknowledgement.
const ROWS_PER_COMMIT: usize = 1024;

/// Under load the writer waits this long before it takes what has gathered: one commit for twenty rows costs little more
/// than one for two. Alone, a row never waits.
const GATHER: Duration = Duration::from_micros(200);

type Work = Box<dyn FnOnce(&Connection) -> Done + Send>;
/// Told whether the transaction was committed, hands the result to whoever waits.
type Done = Box<dyn FnOnce(bool) + Send>;

enum Job {
    Record(Box<RequestRow>, oneshot::Sender<bool>),
    Run(Work),
    Stop,
}

/// Resolves when a ledger row is committed.
pub struct Ack(oneshot::Receiver<bool>);

/// Gives an acknowledgement on, after something was done with it first.
pub struct Acknowledger(oneshot::Sender<bool>);

impl Acknowledger {
    pub fn acknowledge(self, committed: bool) {
        // Nobody waiting for it any more is no error.
        let _ = self.0.send(committed);
    }
}

impl Ack {
    pub fn pair() -> (Acknowledger, Self) {
        let (sender, receiver) = oneshot::channel();
        (Acknowledger(sender), Self(receiver))
    }

    /// True when the row is committed, false when the database refused it (disk full, for instance; it is logged).
    pub async fn committed(self) -> bool {
        self.0.await.unwrap_or(false)
    }
}

pub struct Writer {
    queue: Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub fn start(connection: Connection) -> Self {
        let (queue, jobs) = channel();
        let thread = std::thread::Builder::new()
            .name("postern-ledger".into())
            .spawn(move || work(connection, &jobs))
            .map_err(|error| tracing::error!(%error, "the database writer thread cannot start"))
            .ok();
        Self { queue, thread: Mutex::new(thread) }
    }

    pub fn record(&self, row: Box<RequestRow>) -> Ack {
        let (done, ack) = oneshot::channel();
        // A closed queue drops `done`, and the acknowledgement answers false.
        let _ = self.queue.send(Job::Record(row, done));
        Ack(ack)
    }

    pub async fn run<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (done, answer) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let result = in_savepoint(connection, write);
            Box::new(move |committed| {
                let answer = match result {
                    Ok(_) if !committed => Err(StoreError::Closed.into()),
                    other => other,
                };
                let _ = done.send(answer);
            })
        });
        self.queue.send(Job::Run(work)).map_err(|_| E::from(StoreError::Closed))?;
        answer.await.map_err(|_| E::from(StoreError::Closed))?
    }

    pub fn stop(&self) {
        let _ = self.queue.send(Job::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

fn in_savepoint<T, E: From<StoreError>>(
    connection: &Connection,
    write: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let run = |sql: &str| connection.execute_batch(sql).map_err(|error| E::from(error.into()));
    run("SAVEPOINT one_write")?;
    let result = write(connection);
    match &result {
        Ok(_) => run("RELEASE one_write")?,
        Err(_) if gave_up(connection) => {}
        Err(_) => run("ROLLBACK TO one_write; RELEASE one_write")?,
    }
    result
}

/// Some errors (a full disk, for instance) make SQLite undo the whole transaction by itself.
fn gave_up(connection: &Connection) -> bool {
    connection.is_autocommit()
}

fn work(connection: Connection, jobs: &Receiver<Job>) {
    let mut batch: Vec<Job> = Vec::new();
    let mut stopping = false;
    let mut last_batch = 0;
    let mut numbers = Numbers::default();
    while !stopping {
        let Ok(first) = jobs.recv() else { break };
        batch.push(first);
        if last_batch > 1 {
            std::thread::sleep(GATHER);
        }
        while batch.len() < ROWS_PER_COMMIT
            && let Ok(next) = jobs.try_recv()
        {
            batch.push(next);
        }
        last_batch = batch.len();
        stopping = batch.iter().any(|job| matches!(job, Job::Stop));
        commit(&connection, &mut batch, &mut numbers);
    }
    if let Err(error) = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);") {
        tracing::warn!(%error, "the last checkpoint of the database failed");
    }
}

fn aborted() -> SqlError {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
    SqlError::SqliteFailure(code, Some("a write made the database give up its transaction".to_owned()))
}

/// A transaction whose statements stay prepared; rolled back when it is dropped without a commit.
struct Transaction<'a>(&'a Connection);

impl<'a> Transaction<'a> {
    fn begin(connection: &'a Connection) -> Result<Self, SqlError> {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Self(connection))
    }

    fn commit(self) -> Result<(), SqlError> {
        self.0.prepare_cached("COMMIT")?.execute([]).map(drop)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // After a commit there is nothing to undo.
        if !gave_up(self.0)
            && let Err(error) = self.0.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be undone");
        }
    }
}

fn commit(connection: &Connection, batch: &mut Vec<Job>, numbers: &mut Numbers) {
    let mut acks: Vec<oneshot::Sender<bool>> = Vec::new();
    let mut answers: Vec<Done> = Vec::new();
    let outcome = (|| -> Result<(), SqlError> {
        let transaction = Transaction::begin(connection)?;
        let mut sums = Sums::default();
        let mut end_users: HashSet<String> = HashSet::new();
        for job in batch.drain(..) {
            match job {
                Job::Record(row, ack) => {
                    acks.push(ack);
                    if let Some(series) = requests::insert(transaction.0, numbers, &row)? {
                        sums.add(transaction.0, numbers, &row, series)?;
                        if let Some(name) = row.end_user.as_deref().filter(|name| !end_users.contains(*name))
                        {
                            customers::note(transaction.0, name, row.started_at)?;
                            end_users.insert(name.to_owned());
                        }
                    }
                }
                Job::Run(work) => {
                    answers.push(work(transaction.0));
                    // What followed would be written without a transaction around it.
                    if gave_up(transaction.0) {
                        return Err(aborted());
                    }
                }
                Job::Stop => {}
            }
        }
        sums.write(transaction.0)?;
        transaction.commit()
    })();
    if let Err(error) = &outcome {
        tracing::error!(%error, rows = acks.len(), "a transaction of the ledger failed");
        numbers.forget();
    }
    let committed = outcome.is_ok();
    // What was still in the batch when an error ended the loop is answered by dropping its sender.
    batch.clear();
    for ack in acks {
        let _ = ack.send(committed);
    }
    for answer in answers {
        answer(committed);
    }
}

#[cfg(test)]
mod tests;
