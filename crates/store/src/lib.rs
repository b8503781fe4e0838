//! SQLite: what Postern remembers. One file per table (`src/table/`), each holding its migration, row, reads, writes
//! and tests. This crate knows rows and SQL; nothing of HTTP, wire formats or models.
//!
//! May depend on: rusqlite and its migrations. Start at [`Store::open`]; `writer` explains how writes are committed.
//!
//! SQL stays in the common subset of SQLite and PostgreSQL (`ON CONFLICT`, `RETURNING`, integers, text, JSON as text).
//! What is SQLite's alone is in `connection` (pragmas, backup, file size) and nowhere else.

mod connection;
pub mod table;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use rusqlite::{Connection, Error as SqlError};
use writer::Writer;
pub use writer::{Ack, Acknowledger};

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the database {path} was written by a newer Postern (schema {found}, this version knows {known}); it is left untouched. Install the newer version or use another data directory"
    )]
    Newer { path: String, found: i64, known: i64 },
    #[error("the database {path} cannot be opened: {source}")]
    Open { path: String, source: SqlError },
    #[error("migration of the database failed: {0}")]
    Migration(String),
    #[error("database error: {0}")]
    Sql(#[from] SqlError),
    #[error("the database writer has stopped")]
    Closed,
}

/// One database file: one writer thread, a few read-only connections. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: Writer,
    idle_readers: Mutex<Vec<Connection>>,
}

/// Read connections kept open when idle; more are opened for a moment when more reads run at once.
const READERS_KEPT: usize = 2;

impl Store {
    /// Opens or creates the database file, migrates it forward, and starts the writer thread. Blocking.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connection::open_for_writing(path)?;
        table::migrate(&mut connection, path)?;
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                writer: Writer::start(connection),
                idle_readers: Mutex::new(Vec::new()),
            }),
        })
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Size of the database with its write-ahead log, in bytes.
    pub fn size_bytes(&self) -> u64 {
        connection::size_bytes(&self.inner.path)
    }

    /// Runs a read on a read-only connection. Blocking: call it from a blocking thread.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, SqlError>) -> Result<T, StoreError> {
        let kept = self.inner.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => connection::open_for_reading(&self.inner.path)?,
        };
        let answer = query(&connection);
        let mut idle = self.inner.idle_readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_KEPT {
            idle.push(connection);
        }
        drop(idle);
        Ok(answer?)
    }

    /// Queues a write for the writer thread, which runs it in the next transaction, and resolves when that is committed.
    /// An error inside `write` rolls back that write alone.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(|connection| write(connection).map_err(StoreError::from)).await
    }

    /// The same for a write that may refuse what it finds: with any error nothing of it is done.
    pub async fn transact<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.inner.writer.run(write).await
    }

    /// Queues one ledger row; the acknowledgement resolves when it is committed with its roll-ups. Never blocks.
    pub fn record(&self, row: Box<table::requests::RequestRow>) -> Ack {
        self.inner.writer.record(row)
    }

    /// Commits what is queued, optimises, and stops the writer. Blocking.
    pub fn close(&self) {
        self.inner.writer.stop();
        self.inner.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Whether an error is a violated constraint: a name used twice, for instance.
pub fn is_constraint(error: &SqlError) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
}
