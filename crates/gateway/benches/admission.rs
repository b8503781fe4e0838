//! What it takes to find a caller among 100,000 keys, hold a request against limits at every level, and settle it; and what
//! so many keys take of memory. No network, no database on the way. `make bench-admission` builds it for release and runs it.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says so by ending")]
#![expect(clippy::print_stdout, reason = "tables are for people")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue};
use postern_gateway::admission::gates;
use postern_gateway::auth::{Known, authenticate};
use postern_gateway::config::Governance;
use postern_gateway::directory::{Change, Directory, read};
use postern_gateway::events::Events;
use postern_gateway::ids;
use postern_gateway::limits::{Estimate, Terms, admit};
use postern_store::Store;
use postern_store::table::LimitColumns;
use postern_store::table::customers::CustomerRow;
use postern_store::table::keys::KeyRow;
use postern_store::table::members::{OrganizationMemberRow, TeamMemberRow};
use postern_store::table::organizations::OrganizationRow;
use postern_store::table::tags::TagRow;
use postern_store::table::teams::TeamRow;
use postern_store::table::users::UserRow;
use uuid::Uuid;

const KEYS: usize = 100_000;
const USERS: usize = 10_000;
const TEAMS: usize = 1_000;
const ORGANIZATIONS: usize = 100;
const ROUNDS: usize = 200;
const CALLS: usize = 500;
const NOW: i64 = 1_800_000_000_000;

/// Everything is limited, and nothing is ever in the way.
fn limits() -> LimitColumns {
    const MUCH: i64 = i64::MAX / 4;
    LimitColumns {
        max_budget_nanos: Some(MUCH),
        soft_budget_nanos: Some(MUCH),
        budget_started_at: 1,
        rpm_limit: Some(MUCH),
        tpm_limit: Some(MUCH),
        max_parallel_requests: Some(MUCH),
        model_limits: format!(r#"{{"smart": {{"max_budget_nanos": {MUCH}, "rpm_limit": {MUCH}}}}}"#),
        ..LimitColumns::default()
    }
}

fn secret(number: usize) -> String {
    format!("sk-benchmark-{number:08}")
}

fn key(number: usize, limits: LimitColumns) -> KeyRow {
    let secret = secret(number);
    KeyRow {
        id: Uuid::from_u128(number as u128 + 1),
        token: ids::hex(&ids::hash_key(&secret)),
        key_name: ids::key_name(&secret),
        key_alias: Some(format!("key number {number}")),
        user_id: Some(format!("user-{}", number % USERS)),
        team_id: Some(format!("team-{}", number % TEAMS)),
        models: r#"["smart", "quick", "openai/*"]"#.into(),
        metadata: "{}".into(),
        limits,
        aliases: "{}".into(),
        allowed_routes: "[]".into(),
        tags: r#"["of-key"]"#.into(),
        extra: "{}".into(),
        created_at: NOW,
        ..KeyRow::default()
    }
}

fn fill(store: &Store, runtime: &tokio::runtime::Runtime) {
    let (list, object) = ("[]".to_owned(), "{}".to_owned());
    let written = store.write(move |connection| {
        for number in 0..KEYS {
            key(number, limits()).put(connection)?;
        }
        for number in 0..USERS {
            let user_id = format!("user-{number}");
            let (user_role, models) = ("internal_user".into(), list.clone());
            let (metadata, extra) = (object.clone(), object.clone());
            let limits = limits();
            UserRow { user_id, user_role, models, metadata, extra, limits, ..UserRow::default() }
                .put(connection)?;
        }
        for number in 0..TEAMS {
            TeamRow {
                team_id: format!("team-{number}"),
                organization_id: Some(format!("organization-{}", number % ORGANIZATIONS)),
                models: list.clone(),
                model_aliases: object.clone(),
                metadata: object.clone(),
                member_permissions: list.clone(),
                member_defaults: object.clone(),
                callbacks: list.clone(),
                extra: object.clone(),
                limits: limits(),
                ..TeamRow::default()
            }
            .put(connection)?;
        }
        for number in 0..ORGANIZATIONS {
            OrganizationRow {
                organization_id: format!("organization-{number}"),
                organization_alias: format!("Organization {number}"),
                models: list.clone(),
                metadata: object.clone(),
                extra: object.clone(),
                limits: limits(),
                ..OrganizationRow::default()
            }
            .put(connection)?;
        }
        for number in 0..USERS {
            let user_id = format!("user-{number}");
            let team_id = format!("team-{}", number % TEAMS);
            let (role, limits) = ("user".to_owned(), limits());
            let organization_id = format!("organization-{}", number % ORGANIZATIONS);
            TeamMemberRow {
                team_id,
                user_id: user_id.clone(),
                role,
                limits: limits.clone(),
                ..TeamMemberRow::default()
            }
            .put(connection)?;
            let role = "internal_user".to_owned();
            OrganizationMemberRow {
                organization_id,
                user_id,
                role,
                limits,
                ..OrganizationMemberRow::default()
            }
            .put(connection)?;
        }
        for name in ["of-key", "of-request"] {
            let (models, model_info) = (list.clone(), object.clone());
            TagRow { name: name.into(), models, model_info, limits: limits(), ..TagRow::default() }
                .put(connection)?;
        }
        CustomerRow { user_id: "customer".into(), limits: limits(), ..CustomerRow::default() }.put(connection)
    });
    runtime.block_on(written).unwrap();
}

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// The median time of one call, of many rounds.
fn measured(name: &str, mut call: impl FnMut(usize)) {
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|round| {
            let began = Instant::now();
            for number in 0..CALLS {
                call(round * CALLS + number);
            }
            began.elapsed()
        })
        .collect();
    rounds.sort_unstable();
    let of = |share: usize| rounds[ROUNDS * share / 100].as_nanos() as f64 / CALLS as f64 / 1000.0;
    println!("{name:<58} {:>8.3} us  (95 % of rounds below {:.3} us)", of(50), of(95));
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("bench.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    fill(&store, &runtime);
    let before = resident();
    let began = Instant::now();
    let rules = Governance { max_budget_nanos: Some(i64::MAX / 4), ..Governance::default() };
    let empty = Directory::default().ruled(Arc::new(rules));
    let everything = |connection: &_| read(connection, &empty, &[Change::Everything]);
    let (directory, scopes) = store.read(everything).unwrap();
    println!(
        "{:<58} {:>8.1} ms",
        format!("reading {KEYS} keys and whose they are"),
        began.elapsed().as_secs_f64() * 1e3
    );
    let taken = (resident() - before) as f64 / 1024.0 / 1024.0;
    println!(
        "{:<58} {taken:>8.1} MiB",
        format!("{} limits of {} keys in memory", scopes.len(), directory.key_count())
    );
    drop(scopes);
    let headers: Vec<HeaderMap> = (0..KEYS)
        .step_by(7)
        .map(|number| {
            let value = HeaderValue::try_from(format!("Bearer {}", secret(number * 31 % KEYS))).unwrap();
            [(axum::http::header::AUTHORIZATION, value)].into_iter().collect()
        })
        .collect();
    let access = Arc::default();
    let known = Known { directory: &directory, access: &access, now: NOW };
    let path = "/v1/chat/completions";
    measured("finding the caller", |call| {
        black_box(authenticate(known, &headers[call % headers.len()], path).unwrap());
    });
    let callers: Vec<_> = headers.iter().map(|headers| authenticate(known, headers, path).unwrap()).collect();
    let tags = ["of-request".to_owned(), "of-key".to_owned()];
    let customer = directory.customer("customer").map(AsRef::as_ref);
    let events = Events::default();
    let estimate = Estimate { cost_nanos: Some(1_000), tokens: 1_000 };
    let found = gates(&directory, &callers[0], &["smart"], &tags, customer);
    let name = format!("admission and settlement, {} limits at every level", found.len());
    measured(&name, |call| {
        let caller = &callers[call % callers.len()];
        let gates = gates(&directory, caller, &["smart"], &tags, customer);
        let permit = admit(gates, estimate, Terms::default(), NOW, &events).unwrap();
        black_box(permit).settle(500, 700, NOW);
    });
    measured("both together", |call| {
        let caller = authenticate(known, &headers[call % headers.len()], path).unwrap();
        let gates = gates(&directory, &caller, &["smart"], &tags, customer);
        let permit = admit(gates, estimate, Terms::default(), NOW, &events).unwrap();
        black_box(permit).settle(500, 700, NOW);
    });
    let began = Instant::now();
    for number in 0..100 {
        let change = [Change::Key(Uuid::from_u128(number + 1))];
        black_box(store.read(|connection| read(connection, &directory, &change)).unwrap());
    }
    println!("{:<58} {:>8.3} us", "reading one changed key", began.elapsed().as_micros() as f64 / 100.0);
}
