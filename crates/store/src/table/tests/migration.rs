//! A database of an older version keeps everything that it holds.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;

use super::super::keys::{self, KeyRow};
use super::super::requests;
use super::super::spend_hourly;
use super::super::spend_labels::{self, Label};
use super::super::{LimitColumns, SCHEMA_VERSION, migrate, migrations, providers};
use super::{HOUR, database, id, id_at, raw, record, request, some};
use crate::StoreError;

/// The last version before there were users, teams and organizations.
const BEFORE_GOVERNANCE: usize = 14;

fn of_version(version: usize) -> (TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = crate::connection::open_for_writing(&directory.path().join("test.db")).unwrap();
    migrations().to_version(&mut connection, version).unwrap();
    (directory, connection)
}

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    connection.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Inserts a row that has a value of its own in every column that is not said here, whatever columns the table has then.
fn fill(connection: &Connection, table: &str, number: i64, said: &[(&str, Value)]) {
    let columns = raw(connection, &format!("PRAGMA table_info({table})"));
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let [_, (_, Value::Text(name)), (_, Value::Text(kind)), ..] = column.as_slice() else {
            panic!("{column:?}")
        };
        let own = number * 1000 + at as i64;
        let value = match kind.as_str() {
            "TEXT" => Value::Text(format!("{name} {number}")),
            "INTEGER" => Value::Integer(own),
            "BLOB" => Value::Blob(id(own as u128).as_bytes().to_vec()),
            _ => panic!("{table}.{name} is {kind}"),
        };
        let said = said.iter().find(|(column, _)| column == name).map(|(_, value)| value.clone());
        values.push(said.unwrap_or(value));
        names.push(name.clone());
    }
    let places = vec!["?"; names.len()].join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
    connection.execute(&sql, params_from_iter(values)).unwrap();
}

/// Sums by hour as the version kept them; those of the table itself are what its writer added up.
fn sum_up(connection: &Connection) {
    connection
        .execute_batch(
            "INSERT INTO spend_hourly (hour, key_id, model_group, provider, client_name, billing, requests, errors, cancelled,
               unpriced, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanos, latency_us)
             SELECT started_at / 3600000, key_id, model_group, COALESCE(provider, ''), client_name, billing, COUNT(*),
               SUM(outcome = 1), SUM(outcome = 2), SUM(cost_nanos IS NULL AND input_tokens + output_tokens > 0),
               SUM(input_tokens), SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens),
               COALESCE(SUM(cost_nanos), 0), SUM(latency_us)
             FROM requests GROUP BY 1, 2, 3, 4, 5, 6",
        )
        .unwrap();
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn blob(number: u128) -> Value {
    Value::Blob(id(number).as_bytes().to_vec())
}

/// Rows in every table of the version.
fn fill_all(connection: &Connection) {
    for number in 1..=3 {
        let deleted_at = if number == 2 { Value::Integer(77) } else { Value::Null };
        let alias = if number == 3 { Value::Null } else { text("laptop") };
        let said = [
            ("id", blob(number)),
            ("deleted_at", deleted_at),
            ("key_alias", alias),
            ("blocked", Value::Integer(0)),
        ];
        fill(connection, "keys", number as i64, &said);
        let id = Value::Text(id(number).to_string());
        fill(connection, "providers", number as i64, &[("id", id.clone()), ("enabled", Value::Integer(1))]);
        fill(
            connection,
            "circuit_events",
            number as i64,
            &[("provider_id", id.clone()), ("opened", Value::Integer(1))],
        );
        fill(connection, "responses", number as i64, &[("key_id", id)]);
        for table in ["models", "settings", "prices", "attempt_bills"] {
            fill(connection, table, number as i64, &[]);
        }
    }
    for number in 0..100_i64 {
        let started_at = 1_700_000_000_000 + number * HOUR / 9;
        let or_null = |there: bool, value: Value| if there { value } else { Value::Null };
        let said = [
            ("id", Value::Blob(id_at(started_at, 1).as_bytes().to_vec())),
            ("started_at", Value::Integer(started_at)),
            ("key_id", blob(number as u128 % 3)),
            ("model_group", Value::Text(format!("group-{}", number % 2))),
            ("provider", or_null(number % 5 != 0, text("provider"))),
            ("client_name", text("client")),
            ("status", Value::Integer(200)),
            ("outcome", Value::Integer(number % 3)),
            ("streamed", Value::Integer(0)),
            ("usage_source", Value::Integer(1)),
            ("billing", Value::Integer(number % 2)),
            ("cost_nanos", or_null(number % 4 != 0, Value::Integer(number))),
            ("end_user", or_null(number % 3 != 0, Value::Text(format!("end-user-{}", number % 3)))),
        ];
        fill(connection, "requests", number, &said);
    }
    sum_up(connection);
}

/// Every row of a table in its columns of then, in no order.
fn contents(connection: &Connection, table: &str, columns: &[String]) -> Vec<String> {
    let rows = raw(connection, &format!("SELECT {} FROM {table}", columns.join(", ")));
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    statement.column_names().into_iter().map(str::to_owned).collect()
}

#[test]
fn nothing_is_lost_on_the_way_from_the_version_before() {
    let (directory, mut connection) = of_version(BEFORE_GOVERNANCE);
    fill_all(&connection);
    let before: HashMap<String, (Vec<String>, Vec<String>)> = tables(&connection)
        .into_iter()
        .map(|table| {
            // What is packed now is not told by a view; whoever reads rows unpacks it.
            let mut columns = columns(&connection, &table);
            columns.retain(|name| !["usage_raw", "cost_lines"].contains(&name.as_str()));
            let rows = contents(&connection, &table, &columns);
            assert!(rows.len() >= 3, "the test puts nothing into {table}");
            (table, (columns, rows))
        })
        .collect();
    assert_eq!(before.len(), 10);
    let totals = "SELECT SUM(requests), SUM(errors), SUM(cancelled), SUM(unpriced), SUM(input_tokens), SUM(output_tokens),
        SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens), SUM(cost_nanos), SUM(latency_us) FROM";
    let of_hours = raw(&connection, &format!("{totals} spend_hourly"));

    migrate(&mut connection, &directory.path().join("test.db")).unwrap();
    for (table, (columns, rows)) in &before {
        // Of what it has in common, a roll-up names the number now, and tells more of it than before.
        let now = if table == "spend_hourly" {
            let sums = columns[6..].iter().map(|name| format!("SUM({name}) AS {name}")).collect::<Vec<_>>();
            format!(
                "(SELECT {}, {} FROM spend_hourly JOIN series ON series.id = series GROUP BY 1, 2, 3, 4, 5, 6)",
                columns[..6].join(", "),
                sums.join(", ")
            )
        } else {
            table.clone()
        };
        assert_eq!(contents(&connection, &now, columns), *rows, "{table}");
    }
    assert_eq!(raw(&connection, &format!("{totals} spend_hourly")), of_hours);
    assert_eq!(
        raw(&connection, &format!("{totals} spend_hourly JOIN series ON series.id = series WHERE owner = 0")),
        of_hours,
        "they are nobody's"
    );
    assert!(tables(&connection).iter().all(|table| !table.contains("before")), "the old tables are gone");

    // End users have sums from the beginning on, the same as had they been kept all the time.
    let labelled = raw(
        &connection,
        &format!(
            "{totals} (SELECT spend_labels.* FROM spend_labels JOIN labels ON labels.id = label JOIN series ON series.id = series
               WHERE kind = 0 AND provider IN ('', 'provider'))"
        ),
    );
    let from_rows = raw(
        &connection,
        "SELECT COUNT(*), SUM(outcome = 1), SUM(outcome = 2), SUM(cost_nanos IS NULL AND input_tokens + output_tokens > 0),
           SUM(input_tokens), SUM(output_tokens), SUM(cache_read_tokens), SUM(cache_write_tokens), SUM(reasoning_tokens),
           SUM(cost_nanos), SUM(latency_us) FROM requests WHERE end_user IS NOT NULL",
    );
    let numbers =
        |rows: &[Vec<(String, Value)>]| rows[0].iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
    assert_eq!(numbers(&labelled), numbers(&from_rows));
    let mut expected: HashMap<(String, i64), i64> = HashMap::new();
    for number in (0..100_i64).filter(|number| number % 3 != 0) {
        let hour = spend_hourly::hour_of(1_700_000_000_000 + number * HOUR / 9);
        *expected.entry((format!("end-user-{}", number % 3), hour)).or_default() +=
            if number % 4 == 0 { 0 } else { number };
    }
    let found = spend_labels::costs_since(&connection, Label::EndUser, 0).unwrap();
    let found: HashMap<(String, i64), i64> =
        found.into_iter().map(|(name, hour, nanos)| ((name, hour), nanos)).collect();
    assert_eq!(found, expected);
    assert_eq!(spend_labels::costs(&connection, Label::Tag).unwrap(), []);
}

#[test]
fn what_was_there_is_as_good_as_what_is_new() {
    let (directory, mut connection) = of_version(BEFORE_GOVERNANCE);
    fill_all(&connection);
    migrate(&mut connection, &directory.path().join("test.db")).unwrap();

    let first = KeyRow {
        id: id(1),
        token: "token 1".into(),
        key_name: "key_name 1".into(),
        key_alias: some("laptop"),
        models: "models 1".into(),
        metadata: "metadata 1".into(),
        expires_at: Some(1007),
        limits: LimitColumns {
            max_budget_nanos: Some(1008),
            budget_duration: some("budget_duration 1"),
            budget_reset_at: Some(1010),
            budget_started_at: 1011,
            rpm_limit: Some(1012),
            tpm_limit: Some(1013),
            max_parallel_requests: Some(1014),
            ..LimitColumns::default()
        },
        aliases: "{}".into(),
        allowed_routes: "[]".into(),
        tags: "[]".into(),
        extra: "{}".into(),
        created_by: "created_by 1".into(),
        created_at: 1016,
        updated_at: 1017,
        ..KeyRow::default()
    };
    assert_eq!(keys::find(&connection, "token 1").unwrap(), Some(first.clone()));
    assert_eq!(keys::find(&connection, "token 2").unwrap(), None, "a revoked key came back to life");
    assert!(keys::labels(&connection).unwrap().contains(&(id(2), "laptop".into(), "token 2".into())));
    assert!(keys::revoke(&connection, "token 1", "tester", 1).unwrap());
    KeyRow { id: id(9), ..first }.put(&connection).unwrap();

    let rows =
        requests::page(&connection, &requests::Filter { limit: 200, ..requests::Filter::default() }).unwrap();
    assert_eq!(rows.len(), 100);
    assert!(
        rows.iter().all(|row| row.owner.is_nobody() && row.tags.is_empty() && row.covered_nanos.is_none())
    );
    for (row, number) in rows.iter().rev().zip(0..) {
        let text = |name: &str| Some(format!("{name} {number}"));
        let packed = (row.usage_raw.clone(), row.cost_lines.clone());
        assert_eq!(packed, (text("usage_raw"), text("cost_lines")), "{row:?}");
    }
    // A row of now goes into the sums of then, and both are found.
    let moment = rows[50].started_at;
    let now = requests::RequestRow {
        id: id_at(moment, 2),
        started_at: moment,
        cost_nanos: Some(1_000_000),
        end_user: some("end-user-1"),
        ..request(1)
    };
    let costs = |connection: &Connection| {
        let costs = spend_labels::costs(connection, Label::EndUser).unwrap();
        costs.into_iter().collect::<HashMap<_, _>>()["end-user-1"]
    };
    let before = costs(&connection);
    assert_eq!(record(&connection, std::slice::from_ref(&now)), 1);
    assert_eq!(costs(&connection), before + 1_000_000);
    assert_eq!(requests::find(&connection, now.id).unwrap(), Some(now));
}

#[test]
fn a_database_of_any_version_comes_up_to_this_one() {
    for version in 1..SCHEMA_VERSION as usize {
        let (directory, mut connection) = of_version(version);
        fill(&connection, "keys", 1, &[("deleted_at", Value::Null)]);
        migrate(&mut connection, &directory.path().join("test.db")).unwrap();
        assert!(keys::find(&connection, "token 1").unwrap().is_some(), "from {version}");
        assert_eq!(record(&connection, &[request(1)]), 1, "from {version}");
    }
}

#[test]
fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let (directory, mut connection) = of_version(BEFORE_GOVERNANCE);
    fill_all(&connection);
    // In the way of the third of those that follow.
    connection.execute_batch("CREATE TABLE spend_hourly_before (x INTEGER)").unwrap();
    let path = directory.path().join("test.db");
    assert!(matches!(migrate(&mut connection, &path), Err(StoreError::Migration(_))));
    connection.execute_batch("DROP TABLE spend_hourly_before").unwrap();
    migrate(&mut connection, &path).unwrap();
    assert_eq!(keys::labels(&connection).unwrap().len(), 3);
    let sums = raw(&connection, "SELECT SUM(requests) AS n FROM spend_hourly");
    assert_eq!(sums, [vec![("n".to_owned(), Value::Integer(100))]]);
}

#[test]
fn the_migrations_lead_to_the_version_this_build_names() {
    migrations().validate().unwrap();
    let (_directory, connection) = database();
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, SCHEMA_VERSION);
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let (directory, connection) = database();
    connection.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    connection
        .execute_batch("CREATE TABLE of_the_future (x INTEGER); PRAGMA wal_checkpoint(TRUNCATE);")
        .unwrap();
    drop(connection);
    let path = directory.path().join("test.db");
    let before = std::fs::read(&path).unwrap();
    let Err(error) = crate::Store::open(&path) else { panic!("a newer database was opened") };
    assert!(matches!(error, StoreError::Newer { found, known, .. } if found == known + 1), "{error}");
    assert!(error.to_string().contains("newer"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the file was touched");
}

/// As a database of that version had it, brought to this one's.
#[test]
fn older_rows_get_their_numbers_and_durations() {
    let (directory, mut connection) = of_version(10);
    let path = directory.path().join("test.db");
    for (number, created_at) in [(3_u128, 10), (1, 20), (2, 10)] {
        connection
            .execute(
                "INSERT INTO providers (id, name, preset, base_url, enabled, has_credential, created_at, updated_at)
                 VALUES (?1, ?1, 'openai', '', 1, 0, ?2, ?2)",
                (id(number).to_string(), created_at),
            )
            .unwrap();
    }
    for (number, provider) in [(1, "provider"), (2, "provider"), (3, "")] {
        let provider_or_null = if provider.is_empty() { Value::Null } else { text(provider) };
        let said = [
            ("id", blob(number)),
            ("started_at", Value::Integer(1_700_000_000_000)),
            ("key_id", blob(7)),
            ("model_group", text("group")),
            ("provider", provider_or_null),
            ("client_name", text("client")),
            ("billing", Value::Integer(1)),
            ("latency_us", Value::Integer(100 << number)),
        ];
        fill(&connection, "requests", number as i64, &said);
        connection
            .execute(
                "INSERT INTO spend_hourly VALUES (?1, ?2, 'group', ?3, 'client', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
                 ON CONFLICT DO UPDATE SET requests = requests + 1",
                (1_700_000_000_000 / HOUR, id(7), provider),
            )
            .unwrap();
    }
    migrate(&mut connection, &path).unwrap();
    let numbers: Vec<_> =
        providers::all(&connection).unwrap().iter().map(|row| (row.id.as_u128(), row.number)).collect();
    assert_eq!(numbers, [(2, 1), (3, 2), (1, 3)], "in the order in which they were added");
    let hours = spend_hourly::between(&connection, 0, i64::MAX, None).unwrap();
    let mut sums: Vec<_> =
        hours.iter().map(|hour| (hour.series.provider.as_str(), hour.totals.latency_us)).collect();
    sums.sort_unstable();
    // Two of the provider's, since each was sent to an endpoint of its own.
    assert_eq!(sums, [("", 800), ("provider", 200), ("provider", 400)]);
}

#[test]
fn a_session_becomes_its_keys() {
    let (_directory, mut connection) = of_version(43);
    for (number, billing) in [(1, 0), (2, 1), (3, 2)] {
        let said = [
            ("id", Value::Integer(number)),
            ("key_id", blob(number as u128)),
            ("billing", Value::Integer(billing)),
        ];
        fill(&connection, "series", number, &said);
        let label = 10 + number;
        fill(&connection, "labels", label, &[("id", Value::Integer(label)), ("kind", Value::Integer(3))]);
        fill(
            &connection,
            "sessions",
            number,
            &[("label", Value::Integer(label)), ("series", Value::Integer(number))],
        );
    }
    fill(&connection, "labels", 20, &[("id", Value::Integer(20)), ("kind", Value::Integer(2))]);
    for (hour, series) in [(5, 1), (5, 2), (6, 3)] {
        let said = [
            ("label", Value::Integer(20)),
            ("hour", Value::Integer(hour)),
            ("series", Value::Integer(series)),
        ];
        fill(&connection, "spend_labels", hour * 10 + series, &said);
    }
    let sums = |connection: &Connection, table: &str| {
        raw(
            connection,
            &format!("SELECT requests, errors, cost_nanos, covered_nanos FROM {table} ORDER BY 1"),
        )
    };
    let before = sums(&connection, "sessions");
    let of_labels = "SELECT SUM(requests), SUM(cost_nanos) FROM";
    let labels = raw(&connection, &format!("{of_labels} spend_labels WHERE label = 20"));
    migrations().to_latest(&mut connection).unwrap();
    assert_eq!(sums(&connection, "sessions"), before);
    let keys = raw(
        &connection,
        "SELECT key_id, covered_requests > 0, local_requests > 0 FROM sessions JOIN key_numbers ON key_numbers.id = key ORDER BY label",
    );
    let flags = |covered: i64, local: i64| [Value::Integer(covered), Value::Integer(local)];
    let expected: Vec<Vec<Value>> = [(1, flags(0, 0)), (2, flags(1, 0)), (3, flags(0, 1))]
        .into_iter()
        .map(|(number, flags)| std::iter::once(blob(number)).chain(flags).collect())
        .collect();
    let values = |row: Vec<(String, Value)>| row.into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(keys.into_iter().map(values).collect::<Vec<_>>(), expected);
    assert_eq!(raw(&connection, &format!("{of_labels} spend_parts WHERE label = 20")), labels);
}
