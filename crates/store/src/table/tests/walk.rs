//! What is rare is found hour by hour, and nothing of it is lost.

use uuid::Uuid;

use super::super::requests::{self, Billing, Filter, Outcome, RequestRow};
use super::{HOUR, database, id_at, owner, record, request, some};

/// Rows of many hours, of which few are alike.
fn rows() -> Vec<RequestRow> {
    let start = 1_700_000_000_000 / HOUR * HOUR;
    let mut rows = Vec::new();
    for number in 0..600_i64 {
        let rare = |every: i64, shift: i64| number % every == shift;
        // Nights without requests, hours with many, and ids a little before and after the hour's end.
        let hour = number / 3 + number / 60 * 9;
        let within = [0, HOUR / 2, HOUR - 1][(number % 3) as usize];
        let started_at = start + hour * HOUR + within;
        let drift = [-20_000, 0, 20_000][(number / 3 % 3) as usize];
        rows.push(RequestRow {
            id: id_at(started_at + drift, 1 + number as u16),
            started_at,
            key_id: Uuid::from_u128(1 + (number % 2) as u128),
            owner: owner(if rare(50, 3) { "ada" } else { "bob" }, "red", "acme"),
            model_group: if rare(70, 1) { "seldom".into() } else { format!("group-{}", number % 3) },
            upstream_model: Some(if rare(90, 5) { "odd-upstream".into() } else { "upstream".into() }),
            provider: Some(if rare(100, 7) { "elsewhere".into() } else { "openai".into() }),
            client_name: if rare(110, 2) { "curl".into() } else { "claude-cli".into() },
            endpoint: if rare(120, 11) { "/v1/rerank".into() } else { "/v1/messages".into() },
            end_user: rare(130, 4).then(|| "customer".into()),
            project: rare(140, 9).then(|| "postern".into()),
            session: rare(150, 8).then(|| "run".into()),
            tags: if rare(160, 12) { vec!["night".into(), "batch".into()] } else { vec!["batch".into()] },
            outcome: match number {
                _ if rare(80, 6) => Outcome::Error,
                _ if rare(85, 6) => Outcome::Cancelled,
                _ => Outcome::Ok,
            },
            status: if rare(80, 6) { 529 } else { 200 },
            billing: match number {
                _ if rare(75, 0) => Billing::Subscription,
                _ if rare(95, 0) => Billing::Local,
                _ => Billing::Api,
            },
            cost_nanos: (!rare(65, 10)).then_some(number),
            ..request(1)
        });
    }
    rows
}

type Fits = fn(&RequestRow) -> bool;

fn cases() -> Vec<(Filter, Fits)> {
    let any = Filter::default;
    vec![
        (Filter { model: some("seldom"), ..any() }, |row| row.model_group == "seldom"),
        (Filter { model: some("odd-upstream"), ..any() }, |row| {
            row.upstream_model.as_deref() == Some("odd-upstream")
        }),
        (Filter { provider: some("elsewhere"), ..any() }, |row| row.provider.as_deref() == Some("elsewhere")),
        (Filter { provider: some("nobody"), ..any() }, |_| false),
        (Filter { client: some("curl"), ..any() }, |row| row.client_name == "curl"),
        (Filter { endpoint: some("/v1/rerank"), ..any() }, |row| row.endpoint == "/v1/rerank"),
        (Filter { end_user: some("customer"), ..any() }, |row| row.end_user.is_some()),
        (Filter { end_user: some("nobody"), ..any() }, |_| false),
        (Filter { project: some("postern"), ..any() }, |row| row.project.is_some()),
        (Filter { session: some("run"), ..any() }, |row| row.session.is_some()),
        (Filter { tag: some("night"), ..any() }, |row| row.tags.len() == 2),
        (Filter { tag: some("batch"), ..any() }, |_| true),
        (Filter { outcome: Some(Outcome::Error), ..any() }, |row| row.outcome == Outcome::Error),
        (Filter { outcome: Some(Outcome::Cancelled), ..any() }, |row| row.outcome == Outcome::Cancelled),
        (Filter { failed: Some(true), ..any() }, |row| row.outcome != Outcome::Ok),
        (Filter { failed: Some(false), ..any() }, |row| row.outcome == Outcome::Ok),
        (Filter { status: Some(529), ..any() }, |row| row.status == 529),
        (Filter { billing: Some(Billing::Subscription), ..any() }, |row| {
            row.billing == Billing::Subscription
        }),
        (Filter { billing: Some(Billing::Local), ..any() }, |row| row.billing == Billing::Local),
        (Filter { unpriced: Some(true), ..any() }, |row| row.cost_nanos.is_none()),
        (Filter { unpriced: Some(false), model: some("seldom"), ..any() }, |row| {
            row.cost_nanos.is_some() && row.model_group == "seldom"
        }),
        (Filter { user_id: some("ada"), outcome: Some(Outcome::Ok), ..any() }, |row| {
            row.owner.user_id.as_deref() == Some("ada") && row.outcome == Outcome::Ok
        }),
        (Filter { key_id: Some(Uuid::from_u128(2)), end_user: some("customer"), ..any() }, |row| {
            row.key_id == Uuid::from_u128(2) && row.end_user.is_some()
        }),
        (Filter { search: some("elsewhere"), ..any() }, |row| row.provider.as_deref() == Some("elsewhere")),
    ]
}

#[test]
fn rare_rows_are_found_hour_by_hour() {
    let (_directory, connection) = database();
    let rows = rows();
    assert_eq!(record(&connection, &rows), rows.len());
    let middle = rows[300].started_at;
    for (filter, fits) in cases() {
        for bounds in [
            (None, None),
            (Some(middle), None),
            (None, Some(middle)),
            (Some(middle), Some(middle + 40 * HOUR)),
        ] {
            let within = |row: &&RequestRow| {
                bounds.0.is_none_or(|from| row.started_at >= from)
                    && bounds.1.is_none_or(|to| row.started_at < to)
            };
            let mut expected: Vec<Uuid> =
                rows.iter().filter(within).filter(|row| fits(row)).map(|row| row.id).collect();
            expected.sort_unstable();
            expected.reverse();
            for (limit, most, steps) in
                [(100, i64::MAX, (1, 1)), (2, i64::MAX, (4, 20)), (7, 1, (1, 9)), (1000, 30, (10_000, 10))]
            {
                let filter = Filter { from: bounds.0, to: bounds.1, limit, ..filter.clone() };
                assert_eq!(
                    walked(&connection, &filter, most, steps),
                    expected,
                    "{filter:?} {most} {steps:?}"
                );
            }
        }
    }
}

/// All pages one after the other, as a reader goes on from each.
fn walked(connection: &crate::Connection, filter: &Filter, most: i64, steps: (i64, i64)) -> Vec<Uuid> {
    let (mut filter, mut seen) = (filter.clone(), Vec::new());
    loop {
        let found = requests::look_by(connection, &filter, most, steps).unwrap();
        assert!(found.rows.len() <= filter.limit);
        seen.extend(found.rows.iter().map(|row| row.id));
        let last = found.rows.last().filter(|_| found.rows.len() == filter.limit).map(|row| row.id);
        let Some(next) = found.looked_to.or(last) else { return seen };
        assert!(filter.before.is_none_or(|before| next < before), "it does not come on");
        filter.before = Some(next);
    }
}

#[test]
fn a_look_ends_where_it_was_told_to() {
    let (_directory, connection) = database();
    let rows = rows();
    assert_eq!(record(&connection, &rows), rows.len());
    // The roll-ups do not know this text, so it is read for.
    let filter = Filter { search: some("nowhere to be found"), limit: 10, ..Filter::default() };
    let found = requests::look_by(&connection, &filter, 100, (50, 50)).unwrap();
    let looked_to = found.looked_to.expect("there is more");
    let read = rows.iter().filter(|row| row.id >= looked_to).count();
    assert!(found.rows.is_empty() && (100..200).contains(&read), "{read}");
    assert!(requests::look_by(&connection, &filter, i64::MAX, (50, 50)).unwrap().looked_to.is_none());
    // Of what is rare, the hours without it are not read: all of a long time are one look.
    let rare = Filter { end_user: some("customer"), limit: 10, ..Filter::default() };
    let found = requests::look_by(&connection, &rare, 100, (3, 3)).unwrap();
    assert_eq!((found.rows.len(), found.looked_to), (5, None));
}
