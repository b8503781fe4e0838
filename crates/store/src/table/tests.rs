//! Every table against a real file: what goes in comes out, and what must not go in does not.

use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;
use uuid::Uuid;

use super::keys::KeyRow;
use super::owners::Owner;
use super::requests::{self, Billing, Outcome, RequestRow, Tokens, UsageSource};
use super::sums::Sums;
use super::{LimitColumns, migrate, spend_hourly};

mod alerts;
mod audit;
mod days;
mod defaults;
mod governance;
mod keys;
mod ledger;
mod migration;
mod owned_rows;
mod plans;
mod providers;
mod rollups;
mod sessions;
mod spent;
mod walk;

const HOUR: i64 = 3_600_000;

pub(super) fn database() -> (TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let mut connection = crate::connection::open_for_writing(&path).unwrap();
    migrate(&mut connection, &path).unwrap();
    (directory, connection)
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A text where there need not be one.
#[expect(clippy::unnecessary_wraps, reason = "the columns for which it is may be empty")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn owner(user: &str, team: &str, organization: &str) -> Owner {
    let known = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
    Owner { user_id: known(user), team_id: known(team), organization_id: known(organization) }
}

/// Limits with a value of their own in every column.
fn limits() -> LimitColumns {
    LimitColumns {
        max_budget_nanos: Some(9001),
        soft_budget_nanos: Some(9002),
        budget_duration: some("9003d"),
        budget_started_at: 9004,
        budget_reset_at: Some(9005),
        spend_offset_nanos: -9006,
        rpm_limit: Some(9007),
        tpm_limit: Some(9008),
        max_parallel_requests: Some(9009),
        model_limits: r#"{"limited":1}"#.into(),
        allowed_models: r#"["allowed"]"#.into(),
        budget_id: some("limiting-budget"),
    }
}

/// A key with a value of its own in every column.
fn full_key(number: u128) -> KeyRow {
    KeyRow {
        id: id(number),
        token: format!("{number:064x}"),
        key_name: "sk-...name".into(),
        key_alias: Some(format!("alias-{number}")),
        is_session: true,
        user_id: some("user"),
        team_id: some("team"),
        organization_id: some("organization"),
        models: r#"["models"]"#.into(),
        metadata: r#"{"metadata":1}"#.into(),
        blocked: false,
        expires_at: Some(1001),
        limits: limits(),
        aliases: r#"{"aliases":1}"#.into(),
        allowed_routes: r#"["routes"]"#.into(),
        tags: r#"["tags"]"#.into(),
        extra: r#"{"extra":1}"#.into(),
        temp_budget_nanos: Some(1002),
        temp_budget_until: Some(1003),
        auto_rotate: true,
        rotation_interval: some("interval"),
        rotation_count: 1004,
        last_rotation_at: Some(1005),
        rotate_at: Some(1006),
        keep_bodies_days: Some(1011),
        redact: r#"["redact"]"#.into(),
        redact_patterns: r#"["redact_patterns"]"#.into(),
        previous_token: some("previous"),
        previous_until: Some(1007),
        created_by: "creator".into(),
        created_at: 1008,
        updated_by: "changer".into(),
        updated_at: 1009,
        deleted_at: None,
        deleted_by: None,
    }
}

/// A key of nobody that anybody may use; it was made at the millisecond of its number.
fn key(number: u128) -> KeyRow {
    KeyRow {
        id: id(number),
        token: format!("{number:064x}"),
        key_name: "sk-...abcd".into(),
        models: "[]".into(),
        metadata: "{}".into(),
        aliases: "{}".into(),
        allowed_routes: "[]".into(),
        tags: "[]".into(),
        extra: "{}".into(),
        created_at: number as i64,
        ..KeyRow::default()
    }
}

/// A row with a value of its own in every column, so that two swapped columns show.
fn request(number: u128) -> RequestRow {
    RequestRow {
        id: id(number),
        started_at: 1_700_000_000_000 + number as i64,
        key_id: id(7),
        endpoint: "/v1/messages".into(),
        model_requested: "requested".into(),
        model_group: "group".into(),
        deployment_id: some("deployment"),
        provider: some("provider"),
        upstream_model: some("upstream"),
        format_in: "anthropic_messages".into(),
        format_out: some("openai_chat"),
        status: 201,
        outcome: Outcome::Ok,
        error_kind: some("kind"),
        error_message: some("message"),
        streamed: true,
        attempts: 3,
        attempt_log: some("[1]"),
        latency_us: 101,
        first_byte_us: Some(102),
        client: "claude-cli/2.0".into(),
        client_name: "claude-cli".into(),
        end_user: some("end-user"),
        response_id: Some(format!("response-{number}")),
        tokens: Tokens {
            input: 11,
            output: 12,
            cache_read: 13,
            cache_write: 14,
            cache_write_1h: 15,
            reasoning: 16,
            audio: 17,
        },
        usage_source: UsageSource::Estimated,
        usage_raw: some("{}"),
        billing: Billing::Subscription,
        cost_nanos: Some(18),
        covered_nanos: Some(21),
        cost_lines: some("[2]"),
        price_source: some("catalogue"),
        price_version: some("version"),
        dropped: some("[\"seed\"]"),
        request_bytes: 19,
        response_bytes: 20,
        owner: owner("user", "team", "organization"),
        tags: vec!["tag".into(), "it's \"quoted\"".into()],
        project: some("project"),
        session: some("session"),
        bills: Vec::new(),
    }
}

/// The id that a request of that moment has.
fn id_at(milliseconds: i64, number: u16) -> Uuid {
    let mut bytes = *spend_hourly::first_id_at(milliseconds).as_bytes();
    bytes[14..].copy_from_slice(&number.to_be_bytes());
    Uuid::from_bytes(bytes)
}

/// Writes rows as the writer does: with their owners and roll-ups, all or nothing. How many were new.
fn record(connection: &Connection, rows: &[RequestRow]) -> usize {
    connection.execute_batch("BEGIN").unwrap();
    let mut numbers = requests::Numbers::default();
    let mut sums = Sums::default();
    let mut new = 0;
    for row in rows {
        if let Some(series) = requests::insert(connection, &mut numbers, row).unwrap() {
            sums.add(connection, &mut numbers, row, series).unwrap();
            new += 1;
        }
    }
    sums.write(connection).unwrap();
    connection.execute_batch("COMMIT").unwrap();
    new
}

/// All that a query finds, each row with the names of its columns.
fn raw(connection: &Connection, sql: &str) -> Vec<Vec<(String, Value)>> {
    let mut statement = connection.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.push(names.iter().enumerate().map(|(at, name)| (name.clone(), row.get(at).unwrap())).collect());
    }
    all
}

/// That the only row of a table has a value of its own in every column but these: the one that shows if two are swapped
/// or one is not written at all.
fn assert_every_column_is_told_apart(connection: &Connection, table: &str, flags: &[&str]) {
    let rows = raw(connection, &format!("SELECT * FROM {table}"));
    assert_eq!(rows.len(), 1, "{table}");
    let columns: Vec<_> = rows[0].iter().filter(|(name, _)| !flags.contains(&name.as_str())).collect();
    for (at, (name, value)) in columns.iter().enumerate() {
        assert_ne!(*value, Value::Null, "{table}.{name} was not written");
        let same = columns[..at].iter().find(|(_, other)| other == value);
        assert!(same.is_none(), "{table}.{name} and {same:?} are both {value:?}");
    }
}
