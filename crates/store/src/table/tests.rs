//! Every table against a real file: what goes in comes out, and what must not go in does not.

use std::collections::HashMap;

use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::circuit_events::{self, CircuitEvent, EventFilter};
use super::keys::{self, KeyRow};
use super::models::{self, ModelRow};
use super::prices::{self, PriceRow};
use super::providers::{self, ProviderRow};
use super::requests::{self, Billing, Filter, Outcome, RequestRow, Tokens, UsageSource};
use super::spend_hourly::{self, Sums, Totals};
use super::{SCHEMA_VERSION, migrate, migrations, settings};
use crate::{StoreError, is_constraint};

const HOUR: i64 = 3_600_000;

fn database() -> (TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let mut connection = crate::connection::open_for_writing(&path).unwrap();
    migrate(&mut connection, &path).unwrap();
    (directory, connection)
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn key(number: u128, alias: Option<&str>) -> KeyRow {
    KeyRow {
        id: id(number),
        token: format!("{number:064x}"),
        key_name: "sk-...abcd".into(),
        key_alias: alias.map(str::to_owned),
        models: r#"["gpt-*"]"#.into(),
        metadata: r#"{"team":"blue"}"#.into(),
        blocked: false,
        expires_at: Some(2_000_000_000_000),
        max_budget_nanos: Some(5_000_000_000),
        budget_duration: Some("30d".into()),
        budget_reset_at: Some(1_900_000_000_000),
        budget_started_at: 1_700_000_000_000,
        rpm_limit: Some(60),
        tpm_limit: None,
        max_parallel_requests: Some(3),
        created_by: "tester".into(),
        created_at: 1_700_000_000_000 + number as i64,
        updated_at: 1_700_000_000_000,
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
        deployment_id: Some("deployment".into()),
        provider: Some("provider".into()),
        upstream_model: Some("upstream".into()),
        format_in: "anthropic_messages".into(),
        format_out: Some("openai_chat".into()),
        status: 201,
        outcome: Outcome::Ok,
        error_kind: Some("kind".into()),
        error_message: Some("message".into()),
        streamed: true,
        attempts: 2,
        attempt_log: Some("[1]".into()),
        latency_us: 101,
        first_byte_us: Some(102),
        client: "claude-cli/2.0".into(),
        client_name: "claude-cli".into(),
        end_user: Some("user".into()),
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
        usage_raw: Some("{}".into()),
        billing: Billing::Subscription,
        cost_nanos: Some(18),
        cost_lines: Some("[2]".into()),
        price_source: Some("catalogue".into()),
        price_version: Some("version".into()),
        dropped: Some("[\"seed\"]".into()),
        request_bytes: 19,
        response_bytes: 20,
        bills: Vec::new(),
    }
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

#[test]
fn a_key_comes_back_as_it_went_in() {
    let (_directory, connection) = database();
    let row = key(1, Some("laptop"));
    keys::put(&connection, &row).unwrap();
    assert_eq!(keys::find(&connection, &row.token).unwrap(), Some(row.clone()));
    let changed = KeyRow { blocked: true, rpm_limit: None, key_alias: None, ..row };
    keys::put(&connection, &changed).unwrap();
    assert_eq!(keys::all(&connection).unwrap(), [changed]);
    assert_eq!(keys::find(&connection, "unknown").unwrap(), None);
}

#[test]
fn an_alias_belongs_to_one_key_until_that_is_revoked() {
    let (_directory, connection) = database();
    keys::put(&connection, &key(1, Some("laptop"))).unwrap();
    let error = keys::put(&connection, &key(2, Some("laptop"))).unwrap_err();
    assert!(is_constraint(&error), "{error}");
    // Keys without an alias do not stand in each other's way.
    keys::put(&connection, &key(3, None)).unwrap();
    keys::put(&connection, &key(4, None)).unwrap();
    let token = key(1, None).token;
    assert!(keys::revoke(&connection, &token, 9).unwrap());
    assert!(!keys::revoke(&connection, &token, 9).unwrap(), "revoked twice");
    assert_eq!(keys::find(&connection, &token).unwrap(), None);
    keys::put(&connection, &key(2, Some("laptop"))).unwrap();
    let labels = keys::labels(&connection).unwrap();
    assert_eq!(labels.len(), 4, "a revoked key keeps its name for the ledger");
    assert!(labels.contains(&(id(1), "laptop".into(), token)));
    assert!(labels.contains(&(id(3), "sk-...abcd".into(), key(3, None).token)));
}

#[test]
fn providers_models_prices_and_settings_come_back_and_go() {
    let (_directory, connection) = database();
    let provider = ProviderRow {
        id: id(1),
        number: 1,
        name: "openai".into(),
        preset: "openai".into(),
        base_url: "http://127.0.0.1:1/v1".into(),
        enabled: true,
        has_credential: true,
        credential_hint: Some("…abcd".into()),
        last_test: Some("{}".into()),
        settings: r#"{"region":"x"}"#.into(),
        priority: 7,
        weight: 8,
        timeout_ms: Some(9),
        further_credentials: r#"[{"number":2,"hint":"...wxyz"}]"#.into(),
        created_at: 1,
        updated_at: 2,
    };
    assert_eq!(providers::put(&connection, &ProviderRow { number: 0, ..provider.clone() }).unwrap(), 1);
    let clash = ProviderRow { id: id(2), ..provider.clone() };
    assert!(is_constraint(&providers::put(&connection, &clash).unwrap_err()), "two providers of one name");
    let changed = ProviderRow {
        enabled: false,
        credential_hint: None,
        priority: 1,
        weight: 2,
        timeout_ms: None,
        further_credentials: "[]".into(),
        updated_at: 3,
        ..provider
    };
    assert_eq!(providers::put(&connection, &changed).unwrap(), 1);
    assert_eq!(providers::all(&connection).unwrap(), [changed]);
    assert!(providers::remove(&connection, id(1)).unwrap());
    assert!(!providers::remove(&connection, id(1)).unwrap());

    let model = ModelRow {
        id: "a".into(),
        model_name: "smart".into(),
        params: "{}".into(),
        info: "[]".into(),
        created_by: "tester".into(),
        created_at: 1,
        updated_at: 2,
    };
    models::insert(&connection, &model).unwrap();
    assert!(is_constraint(&models::insert(&connection, &model).unwrap_err()), "two deployments of one id");
    assert_eq!(models::all(&connection).unwrap(), std::slice::from_ref(&model));
    assert!(models::remove(&connection, "a").unwrap());
    assert!(!models::remove(&connection, "a").unwrap());

    let price =
        PriceRow { provider: "openai".into(), model: "gpt-4o".into(), prices: "{}".into(), updated_at: 1 };
    prices::put(&connection, &price).unwrap();
    let dearer = PriceRow { prices: r#"{"input":1}"#.into(), updated_at: 2, ..price };
    prices::put(&connection, &dearer).unwrap();
    assert_eq!(prices::all(&connection).unwrap(), [dearer]);
    assert!(prices::remove(&connection, "openai", "gpt-4o").unwrap());
    assert!(!prices::remove(&connection, "openai", "gpt-4o").unwrap());

    assert_eq!(settings::get(&connection, "theme").unwrap(), None);
    settings::set(&connection, "theme", "1").unwrap();
    settings::set(&connection, "theme", "2").unwrap();
    assert_eq!(settings::get(&connection, "theme").unwrap().as_deref(), Some("2"));
}

#[test]
fn a_providers_number_is_its_own_for_good() {
    let (_directory, connection) = database();
    let provider = |number: u128| ProviderRow {
        id: id(number),
        number: 0,
        name: format!("provider-{number}"),
        preset: "openai".into(),
        base_url: String::new(),
        enabled: true,
        has_credential: false,
        credential_hint: None,
        last_test: None,
        settings: "{}".into(),
        priority: 100,
        weight: 100,
        timeout_ms: None,
        further_credentials: "[]".into(),
        created_at: 1,
        updated_at: 1,
    };
    let put = |number: u128| providers::put(&connection, &provider(number)).unwrap();
    assert_eq!((put(5), put(4), put(5)), (1, 2, 1));
    assert!(providers::remove(&connection, id(4)).unwrap());
    assert_eq!(put(6), 3, "the highest is not given again");
    for number in [5, 6] {
        assert!(providers::remove(&connection, id(number)).unwrap());
    }
    assert_eq!(put(7), 4, "nor when nothing is left");
    assert_eq!(providers::all(&connection).unwrap()[0].number, 4);
}

/// As a database of that version had it, brought to this one's.
#[test]
fn older_rows_get_their_numbers_and_durations() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let mut connection = crate::connection::open_for_writing(&path).unwrap();
    migrations().to_version(&mut connection, 10).unwrap();
    for (number, created_at) in [(3_u128, 10), (1, 20), (2, 10)] {
        connection
            .execute(
                "INSERT INTO providers (id, name, preset, base_url, enabled, has_credential, created_at, updated_at)
                 VALUES (?1, ?1, 'openai', '', 1, 0, ?2, ?2)",
                (id(number).to_string(), created_at),
            )
            .unwrap();
    }
    for (number, provider) in [(1, Some("provider")), (2, Some("provider")), (3, None)] {
        let row = RequestRow {
            provider: provider.map(str::to_owned),
            latency_us: 100 << number,
            ..request(number)
        };
        assert!(requests::insert(&connection, &row).unwrap());
        connection
            .execute(
                "INSERT INTO spend_hourly VALUES (?1, ?2, 'group', ?3, 'claude-cli', ?4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
                 ON CONFLICT DO UPDATE SET requests = requests + 1",
                (row.started_at / HOUR, row.key_id, provider.unwrap_or_default(), row.billing.number()),
            )
            .unwrap();
    }
    migrate(&mut connection, &path).unwrap();
    let numbers: Vec<_> =
        providers::all(&connection).unwrap().iter().map(|row| (row.id.as_u128(), row.number)).collect();
    assert_eq!(numbers, [(2, 1), (3, 2), (1, 3)], "in the order in which they were added");
    let hours = spend_hourly::between(&connection, 0, i64::MAX).unwrap();
    let sums: Vec<_> = hours.iter().map(|hour| (hour.provider.as_str(), hour.totals.latency_us)).collect();
    assert_eq!(sums, [("", 800), ("provider", 600)]);
}

#[test]
fn circuit_events_are_paged_newest_first_and_pruned() {
    let (_directory, connection) = database();
    let event = |milliseconds: i64, provider: u128| CircuitEvent {
        id: spend_hourly::first_id_at(milliseconds),
        at: milliseconds,
        provider_id: (provider > 0).then(|| id(provider)),
        provider: format!("provider-{provider}"),
        deployment_id: "deployment".into(),
        opened: milliseconds % 2 == 0,
        cooldown_ms: 5000,
        reason: "status 500".into(),
    };
    let events = [event(10, 1), event(20, 0), event(31, 2), event(40, 1)];
    for event in &events {
        circuit_events::insert(&connection, event).unwrap();
    }
    let found = |filter: EventFilter| -> Vec<i64> {
        let filter = EventFilter { limit: filter.limit.max(2), ..filter };
        circuit_events::page(&connection, &filter).unwrap().iter().map(|event| event.at).collect()
    };
    let any = EventFilter::default;
    assert_eq!(circuit_events::page(&connection, &EventFilter { limit: 9, ..any() }).unwrap()[3], events[0]);
    assert_eq!(found(any()), [40, 31]);
    assert_eq!(found(EventFilter { before: Some(events[2].id), ..any() }), [20, 10]);
    assert_eq!(found(EventFilter { provider_id: Some(id(1)), ..any() }), [40, 10]);
    assert_eq!(found(EventFilter { from: 31, limit: 9, ..any() }), [40, 31]);
    assert_eq!(circuit_events::prune(&connection, 20).unwrap(), 1);
    assert_eq!(found(EventFilter { limit: 9, ..any() }), [40, 31, 20]);
}

#[test]
fn a_request_comes_back_as_it_went_in_and_only_once() {
    let (_directory, connection) = database();
    let row = request(1);
    assert!(requests::insert(&connection, &row).unwrap());
    assert!(!requests::insert(&connection, &RequestRow { status: 500, ..row.clone() }).unwrap());
    assert_eq!(requests::find(&connection, row.id).unwrap(), Some(row.clone()));
    assert_eq!(requests::find_by_response_id(&connection, "response-1").unwrap(), Some(row.clone()));
    assert_eq!(requests::find(&connection, id(2)).unwrap(), None);
    assert_eq!(requests::last_use(&connection, id(7)).unwrap(), Some(row.started_at));
    assert_eq!(requests::last_use(&connection, id(8)).unwrap(), None);
    let bare = RequestRow { id: id(3), endpoint: "/v1/chat/completions".into(), ..RequestRow::default() };
    assert!(requests::insert(&connection, &bare).unwrap());
    assert_eq!(requests::find(&connection, bare.id).unwrap(), Some(bare), "empty columns stay empty");
}

#[test]
fn pages_are_newest_first_and_lose_no_row_between_them() {
    let (_directory, connection) = database();
    for number in 1..=25 {
        assert!(requests::insert(&connection, &request(number)).unwrap());
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = requests::page(&connection, &Filter { before, limit: 10, ..Filter::default() }).unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|row| row.id.as_u128()));
        before = page.last().map(|row| row.id);
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<u128>>());
}

#[test]
fn a_page_by_its_number_is_the_same_as_by_the_row_before() {
    let (_directory, connection) = database();
    for number in 1..=25 {
        let row = RequestRow { status: if number % 2 == 0 { 500 } else { 200 }, ..request(number) };
        assert!(requests::insert(&connection, &row).unwrap());
    }
    let filter = Filter { status: Some(200), limit: 4, ..Filter::default() };
    assert_eq!(requests::count(&connection, &filter).unwrap(), 13);
    assert_eq!(requests::count(&connection, &Filter::default()).unwrap(), 25);
    let mut seen = Vec::new();
    for offset in [0, 4, 8, 12, 16] {
        let page = requests::page(&connection, &Filter { offset, ..filter.clone() }).unwrap();
        seen.extend(page.iter().map(|row| row.id.as_u128()));
    }
    assert_eq!(seen, (1..=25).rev().step_by(2).collect::<Vec<u128>>());
}

#[test]
fn sums_of_a_span_are_exact_at_both_ends() {
    let (_directory, connection) = database();
    let start = 1_700_000_000_000 / HOUR * HOUR;
    let rows: Vec<RequestRow> = (0..300)
        .map(|number: i64| {
            let started_at = start + number * HOUR / 40 + number;
            let mut id = *spend_hourly::first_id_at(started_at).as_bytes();
            id[15] = 1;
            RequestRow {
                id: Uuid::from_bytes(id),
                started_at,
                provider: (number % 5 != 0).then(|| format!("provider-{}", number % 2)),
                model_group: format!("group-{}", number % 3),
                outcome: [Outcome::Ok, Outcome::Error, Outcome::Cancelled][number as usize % 3],
                cost_nanos: (number % 4 != 0).then_some(number),
                latency_us: number,
                ..request(1)
            }
        })
        .collect();
    let mut sums = Sums::default();
    for row in &rows {
        assert!(requests::insert(&connection, row).unwrap());
        sums.add(row);
    }
    sums.write(&connection).unwrap();
    for (from, to) in [
        (start, start + 8 * HOUR),
        (start + 1, start + 3 * HOUR),
        (start + HOUR / 2, start + 5 * HOUR / 2),
        (start + HOUR / 4, start + HOUR / 2),
        (start + HOUR - 90_000, start + HOUR + 90_000),
        (0, i64::MAX / 2),
        (start + 7, start + 7),
    ] {
        let mut expected: HashMap<(String, String), Totals> = HashMap::new();
        for row in rows.iter().filter(|row| (from..to).contains(&row.started_at)) {
            let name = (row.model_group.clone(), row.provider.clone().unwrap_or_default());
            expected.entry(name).or_default().add(&Totals::of(row));
        }
        let mut found: HashMap<(String, String), Totals> = HashMap::new();
        for (group, provider, totals) in spend_hourly::sums_between(&connection, from, to).unwrap() {
            found.entry((group, provider)).or_default().add(&totals);
        }
        assert_eq!(found, expected, "{from}..{to}");
    }
}

#[test]
fn filters_find_what_they_name_and_nothing_else() {
    let (_directory, connection) = database();
    let odd = RequestRow {
        id: id(2),
        key_id: id(8),
        outcome: Outcome::Error,
        model_group: "other".into(),
        model_requested: "100%_sure".into(),
        upstream_model: Some("other-upstream".into()),
        provider: Some("elsewhere".into()),
        client_name: "curl".into(),
        status: 404,
        end_user: None,
        started_at: 5,
        ..request(2)
    };
    for row in [request(1), odd, request(3)] {
        assert!(requests::insert(&connection, &row).unwrap());
    }
    let found = |filter: Filter| -> Vec<u128> {
        let page = requests::page(&connection, &Filter { limit: 100, ..filter }).unwrap();
        page.iter().map(|row| row.id.as_u128()).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let any = Filter::default;
    for filter in [
        Filter { key_id: Some(id(8)), ..any() },
        Filter { outcome: Some(Outcome::Error), ..any() },
        Filter { model: text("other"), ..any() },
        Filter { model: text("other-upstream"), ..any() },
        Filter { provider: text("elsewhere"), ..any() },
        Filter { client: text("curl"), ..any() },
        Filter { status: Some(404), ..any() },
        Filter { to: Some(6), ..any() },
        Filter { search: text("0%_s"), ..any() },
        Filter { search: text("ELSEWHERE"), ..any() },
        Filter { search: text(&id(2).to_string()), ..any() },
    ] {
        assert_eq!(found(filter.clone()), [2], "{filter:?}");
    }
    assert_eq!(found(Filter { from: Some(6), ..any() }), [3, 1]);
    assert_eq!(found(Filter { end_user: text("user"), ..any() }), [3, 1]);
    // A wildcard is a letter like any other.
    assert_eq!(found(Filter { search: text("%"), ..any() }), [2]);
    assert_eq!(found(Filter { search: text("' OR 1=1 --"), ..any() }), [] as [u128; 0]);
}

#[test]
fn rollups_are_the_sums_of_their_rows() {
    let (_directory, connection) = database();
    let rows: Vec<RequestRow> = (0..60_u128)
        .map(|number| RequestRow {
            started_at: 1_700_000_000_000 / HOUR * HOUR + (number as i64 % 3) * HOUR,
            key_id: id(number % 2),
            provider: (number % 5 != 0).then(|| "provider".into()),
            outcome: [Outcome::Ok, Outcome::Error, Outcome::Cancelled][number as usize % 3],
            cost_nanos: (number % 4 != 0).then_some(number as i64 * 1000),
            billing: if number % 7 == 0 { Billing::Local } else { Billing::Api },
            ..request(number + 1)
        })
        .collect();
    // In several transactions, as the writer does it.
    for some in rows.chunks(7) {
        let mut sums = Sums::default();
        for row in some {
            assert!(requests::insert(&connection, row).unwrap());
            sums.add(row);
        }
        sums.write(&connection).unwrap();
    }
    let hours = spend_hourly::between(&connection, 0, i64::MAX).unwrap();
    let mut all = Totals::default();
    for hour in &hours {
        all.add(&hour.totals);
        let of_rows = rows
            .iter()
            .filter(|row| {
                row.started_at / HOUR == hour.hour
                    && row.key_id == hour.key_id
                    && row.provider.clone().unwrap_or_default() == hour.provider
                    && (row.billing == Billing::Local) == hour.local
            })
            .fold(Totals::default(), |mut sum, row| {
                sum.add(&Totals::of(row));
                sum
            });
        assert_eq!(hour.totals, of_rows, "{hour:?}");
    }
    assert_eq!(all.requests, 60);
    assert_eq!(all.errors, 20);
    assert_eq!(all.cancelled, 20);
    assert_eq!(all.unpriced, 15, "tokens without a price are unpriced, not free");
    assert_eq!(all.cost_nanos, rows.iter().filter_map(|row| row.cost_nanos).sum::<i64>());
    let by_key = spend_hourly::spend_by_key(&connection).unwrap();
    assert_eq!(by_key.iter().map(|(_, nanos)| nanos).sum::<i64>(), all.cost_nanos);
    assert_eq!(spend_hourly::counts(&connection, id(0)).unwrap(), (60, 30));
    let first = hours[0].hour;
    assert!(
        spend_hourly::between(&connection, first, first + 1).unwrap().iter().all(|row| row.hour == first)
    );
    assert!(spend_hourly::between(&connection, 0, first).unwrap().is_empty(), "the end is not part of it");
}

#[test]
fn spend_since_a_moment_counts_what_came_at_or_after_it() {
    let (_directory, connection) = database();
    let at = |milliseconds: i64, number: u8| {
        let mut bytes = *spend_hourly::first_id_at(milliseconds).as_bytes();
        bytes[15] = number;
        RequestRow {
            id: Uuid::from_bytes(bytes),
            started_at: milliseconds,
            cost_nanos: Some(i64::from(number)),
            ..request(1)
        }
    };
    for row in [at(1000, 1), at(2000, 2), at(3000, 4), RequestRow { cost_nanos: None, ..at(3000, 8) }] {
        assert!(requests::insert(&connection, &row).unwrap());
    }
    let since = |moment| spend_hourly::spend_since(&connection, id(7), moment).unwrap();
    assert_eq!((since(0), since(2000), since(2001), since(3001)), (7, 6, 4, 0));
    assert_eq!(spend_hourly::spend_since(&connection, id(8), 0).unwrap(), 0, "another key's");
}
