//! `bodies`: what requests and answers said, for keys that have it kept. Redacted and compressed by whoever puts it here, and
//! gone when it expires.
//!
//! `bodies_text` is the index for full text. It has no copy of the words, only where they are; an entry has the number of
//! its row. Writing systems without spaces between words are indexed character by character, so that any run of them is found.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use uuid::Uuid;

mod words;

pub use words::{MOST_WORDS, Words};

pub(super) const CREATE: &str = "
CREATE TABLE bodies (
  number       INTEGER PRIMARY KEY,      -- by which the full text names it
  request_id   BLOB NOT NULL UNIQUE,     -- UUIDv7
  key_id       BLOB NOT NULL,
  expires_at   INTEGER NOT NULL,         -- UTC milliseconds
  request      BLOB NOT NULL,            -- compressed (zlib), as the answer is
  response     BLOB,                     -- NULL where there was none
  flags        INTEGER NOT NULL          -- 1 request cut, 2 response cut, 4 request redacted, 8 response redacted
) STRICT;
CREATE INDEX bodies_by_expiry ON bodies (expires_at);
CREATE INDEX bodies_by_key ON bodies (key_id);
CREATE VIRTUAL TABLE bodies_text USING fts5 (
  words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
ALTER TABLE keys ADD COLUMN keep_bodies_days INTEGER;
ALTER TABLE keys ADD COLUMN redact TEXT NOT NULL DEFAULT '[]';
ALTER TABLE keys ADD COLUMN redact_patterns TEXT NOT NULL DEFAULT '[]';";

/// Bodies of one request. Times in UTC milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BodyRow {
    pub request_id: Uuid,
    pub key_id: Uuid,
    pub expires_at: i64,
    /// Compressed, as the response is.
    pub request: Vec<u8>,
    /// `None` where there was none.
    pub response: Option<Vec<u8>>,
    pub flags: BodyFlags,
}

/// What was done to bodies before they were kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BodyFlags {
    pub request_cut: bool,
    pub response_cut: bool,
    pub request_redacted: bool,
    pub response_redacted: bool,
}

impl BodyFlags {
    fn number(self) -> i64 {
        let flags = [self.request_cut, self.response_cut, self.request_redacted, self.response_redacted];
        flags.into_iter().enumerate().map(|(place, is_set)| i64::from(is_set) << place).sum()
    }

    fn of(number: i64) -> Self {
        let is_set = |place: i64| number & (1 << place) != 0;
        Self {
            request_cut: is_set(0),
            response_cut: is_set(1),
            request_redacted: is_set(2),
            response_redacted: is_set(3),
        }
    }
}

/// Keeps bodies, and makes their words findable. What is kept of a request already stays as it is.
pub fn insert(connection: &Connection, row: &BodyRow, words: &str) -> Result<()> {
    let number: Option<i64> = connection
        .prepare_cached(
            "INSERT INTO bodies (request_id, key_id, expires_at, request, response, flags)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (request_id) DO NOTHING RETURNING number",
        )?
        .query_row(
            (row.request_id, row.key_id, row.expires_at, &row.request, &row.response, row.flags.number()),
            |row| row.get(0),
        )
        .optional()?;
    if let Some(number) = number {
        connection
            .prepare_cached("INSERT INTO bodies_text (rowid, words) VALUES (?1, ?2)")?
            .execute((number, words::indexed(words)))?;
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> Result<BodyRow> {
    Ok(BodyRow {
        request_id: row.get(0)?,
        key_id: row.get(1)?,
        expires_at: row.get(2)?,
        request: row.get(3)?,
        response: row.get(4)?,
        flags: BodyFlags::of(row.get(5)?),
    })
}

/// What is kept of a request and has not expired.
pub fn find(connection: &Connection, request_id: Uuid, now: i64) -> Result<Option<BodyRow>> {
    connection
        .prepare_cached(
            "SELECT request_id, key_id, expires_at, request, response, flags FROM bodies
             WHERE request_id = ?1 AND expires_at > ?2",
        )?
        .query_row((request_id, now), from_row)
        .optional()
}

/// Until when something is kept of a request; `None`: nothing is.
pub fn kept_until(connection: &Connection, request_id: Uuid, now: i64) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT expires_at FROM bodies WHERE request_id = ?1 AND expires_at > ?2")?
        .query_row((request_id, now), |row| row.get(0))
        .optional()
}

/// Removes what has expired, the oldest first and at most so many; how many were.
pub fn prune(connection: &Connection, now: i64, most: usize) -> Result<usize> {
    let found = "SELECT number FROM bodies WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2";
    remove(connection, found, (now, most as i64))
}

/// Removes at most so many of what is kept of a key's requests; how many were.
pub fn remove_of_key(connection: &Connection, key_id: Uuid, most: usize) -> Result<usize> {
    remove(connection, "SELECT number FROM bodies WHERE key_id = ?1 LIMIT ?2", (key_id, most as i64))
}

fn remove(connection: &Connection, found: &str, values: impl rusqlite::Params) -> Result<usize> {
    let numbers: Vec<i64> =
        connection.prepare_cached(found)?.query_map(values, |row| row.get(0))?.collect::<Result<_>>()?;
    let mut of_text = connection.prepare_cached("DELETE FROM bodies_text WHERE rowid = ?1")?;
    let mut of_bodies = connection.prepare_cached("DELETE FROM bodies WHERE number = ?1")?;
    for number in &numbers {
        of_text.execute([number])?;
        of_bodies.execute([number])?;
    }
    if !numbers.is_empty() {
        // What is deleted leaves the index when its parts are put together anew.
        let sql = "INSERT INTO bodies_text (bodies_text, rank) VALUES ('merge', 256)";
        connection.prepare_cached(sql)?.execute([])?;
    }
    crate::connection::give_back(connection)?;
    Ok(numbers.len())
}

#[cfg(test)]
mod tests;
