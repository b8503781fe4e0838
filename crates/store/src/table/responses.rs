//! `responses`: what a caller of the Responses API may come back to. Where the provider keeps a response, the row says only
//! where; where it keeps nothing, the row holds the turn's input items and the response itself.

use rusqlite::{Connection, OptionalExtension, Result, Row};
use uuid::Uuid;

pub(super) const CREATE: &str = "
CREATE TABLE responses (
  id            TEXT PRIMARY KEY,          -- as the caller knows it
  key_id        TEXT NOT NULL,             -- whose it is; nil for the administrator
  deployment_id TEXT NOT NULL,             -- who made it
  previous_id   TEXT,                      -- the response that it went on with
  input         TEXT,                      -- JSON array of items; NULL where the provider keeps them
  response      TEXT,                      -- JSON; NULL where the provider keeps it
  created_at    INTEGER NOT NULL           -- UTC milliseconds
) STRICT;
CREATE INDEX responses_by_age ON responses (created_at);";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseRow {
    pub id: String,
    pub key_id: Uuid,
    pub deployment_id: String,
    pub previous_id: Option<String>,
    /// JSON array of items.
    pub input: Option<String>,
    /// JSON.
    pub response: Option<String>,
    pub created_at: i64,
}

const COLUMNS: &str = "id, key_id, deployment_id, previous_id, input, response, created_at";

fn from_row(row: &Row<'_>) -> Result<ResponseRow> {
    Ok(ResponseRow {
        id: row.get(0)?,
        key_id: super::uuid_text(row, 1)?,
        deployment_id: row.get(2)?,
        previous_id: row.get(3)?,
        input: row.get(4)?,
        response: row.get(5)?,
        created_at: row.get(6)?,
    })
}

pub fn find(connection: &Connection, id: &str) -> Result<Option<ResponseRow>> {
    let query = format!("SELECT {COLUMNS} FROM responses WHERE id = ?1");
    connection.prepare_cached(&query)?.query_row([id], from_row).optional()
}

/// Inserts, or replaces the row of the same id and owner; another owner's stays.
pub fn put(connection: &Connection, row: &ResponseRow) -> Result<()> {
    connection.execute(
        "INSERT INTO responses (id, key_id, deployment_id, previous_id, input, response, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET deployment_id = excluded.deployment_id, previous_id = excluded.previous_id,
           input = excluded.input, response = excluded.response, created_at = excluded.created_at
         WHERE responses.key_id = excluded.key_id",
        (
            &row.id,
            row.key_id.to_string(),
            &row.deployment_id,
            &row.previous_id,
            &row.input,
            &row.response,
            row.created_at,
        ),
    )?;
    Ok(())
}

/// The turns up to and with this one, oldest first; at most `most`. Ends where a turn is not kept here or is gone, which
/// the first one's `previous_id` tells.
pub fn turns_up_to(connection: &Connection, last: ResponseRow, most: usize) -> Result<Vec<ResponseRow>> {
    let mut turns = vec![last];
    while turns.len() < most {
        let newest = &turns[turns.len() - 1];
        let Some(previous) = newest.previous_id.clone() else { break };
        match find(connection, &previous)? {
            Some(row) if row.response.is_some() && row.key_id == newest.key_id => turns.push(row),
            _ => break,
        }
    }
    turns.reverse();
    Ok(turns)
}

/// Whether there was one to remove.
pub fn remove(connection: &Connection, id: &str) -> Result<bool> {
    Ok(connection.execute("DELETE FROM responses WHERE id = ?1", [id])? > 0)
}

/// Removes what is older; how many were.
pub fn prune(connection: &Connection, before: i64) -> Result<usize> {
    connection.execute("DELETE FROM responses WHERE created_at < ?1", [before])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, previous: Option<&str>) -> ResponseRow {
        ResponseRow {
            id: id.into(),
            key_id: Uuid::from_u128(1),
            deployment_id: "an/claude".into(),
            previous_id: previous.map(str::to_owned),
            input: Some("[]".into()),
            response: Some("{}".into()),
            created_at: 5,
        }
    }

    fn open() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(CREATE).unwrap();
        connection
    }

    #[test]
    fn turns_are_found_kept_to_their_owner_and_forgotten() {
        let connection = open();
        for row in [row("a", None), row("b", Some("a")), row("c", Some("b"))] {
            put(&connection, &row).unwrap();
        }
        assert_eq!(find(&connection, "b").unwrap(), Some(row("b", Some("a"))));
        let ids = |last: &str, most| {
            let last = find(&connection, last).unwrap().unwrap();
            let turns = turns_up_to(&connection, last, most).unwrap();
            turns.into_iter().map(|turn| turn.id).collect::<String>()
        };
        assert_eq!(
            (ids("c", 9), ids("c", 2), ids("a", 9)),
            ("abc".to_owned(), "bc".to_owned(), "a".to_owned())
        );
        // Another key's response of the same id changes nothing.
        put(&connection, &ResponseRow { key_id: Uuid::nil(), created_at: 9, ..row("a", None) }).unwrap();
        assert_eq!(find(&connection, "a").unwrap().unwrap().created_at, 5);
        assert!(remove(&connection, "b").unwrap() && !remove(&connection, "b").unwrap());
        assert_eq!(ids("c", 9), "c");
        assert_eq!(prune(&connection, 6).unwrap(), 2);
    }
}
