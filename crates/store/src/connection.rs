//! Everything that is SQLite's alone: pragmas, files, sizes.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

fn opened(path: &Path, result: rusqlite::Result<Connection>) -> Result<Connection, StoreError> {
    result.map_err(|source| StoreError::Open { path: path.display().to_string(), source })
}

pub fn open_for_writing(path: &Path) -> Result<Connection, StoreError> {
    let connection = opened(path, Connection::open(path))?;
    let prepare = || -> rusqlite::Result<()> {
        connection.busy_timeout(Duration::from_secs(5))?;
        // What is removed makes the file smaller in time. Only a database without a page takes that, and no other is touched.
        if connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))? == 0 {
            connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        }
        // WAL with synchronous=NORMAL: a commit survives the death of the process at once, and that of the machine
        // up to the last checkpoint; no fsync on the way of a request.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
        // Kibibytes, of which only what is touched is taken: indexes of a ledger of millions of rows are written all over.
        connection.pragma_update(None, "cache_size", -16_384)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(())
    };
    prepare().map_err(|source| StoreError::Open { path: path.display().to_string(), source })?;
    Ok(connection)
}

pub fn open_for_reading(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = opened(path, Connection::open_with_flags(path, flags))?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Pages that are given back to the file system at a time: 8 MiB.
const GIVEN_BACK: u32 = 2048;

/// Makes the file smaller by what is free in it. In a database of an older version, free pages are used again instead.
pub fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({GIVEN_BACK})"))?;
    // Each step frees one page.
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

pub fn size_bytes(path: &Path) -> u64 {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    size(path) + size(Path::new(&log))
}
