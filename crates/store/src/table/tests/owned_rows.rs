//! Somebody's requests among many of others: found in an index, and the same as those that fit when each row is looked at.

use super::super::owners::{Owner, SeenBy};
use super::super::requests::{self, Filter, Outcome, RequestRow};
use super::plans::plan_of;
use super::{database, id, id_at, owner, record, request, some};
use crate::Connection;

const START: i64 = 1_800_000_000_000;

/// Every row of a ledger in which few are of each person, and most of nobody or of somebody else.
fn rows() -> Vec<RequestRow> {
    let who = |number: u16| match number % 20 {
        0 => owner("ann", "red", "acme"),
        1 => owner("ann", "", ""),
        2 => owner("bob", "red", "acme"),
        3 => owner("", "blue", "other"),
        4..12 => Owner::default(),
        _ => owner("crowd", "", ""),
    };
    let row = |number: u16| RequestRow {
        id: id_at(START + i64::from(number), number),
        started_at: START + i64::from(number),
        key_id: id(u128::from(number % 7)),
        outcome: if number.is_multiple_of(3) { Outcome::Error } else { Outcome::Ok },
        owner: who(number),
        ..request(u128::from(number))
    };
    (0..600).map(row).collect()
}

/// The same by looking at each.
fn fits(filter: &Filter, row: &RequestRow) -> bool {
    let is = |wanted: &Option<String>, part: &Option<std::sync::Arc<str>>| {
        wanted.as_deref().is_none_or(|wanted| part.as_deref().unwrap_or_default() == wanted)
    };
    is(&filter.user_id, &row.owner.user_id)
        && is(&filter.team_id, &row.owner.team_id)
        && is(&filter.organization_id, &row.owner.organization_id)
        && filter.key_id.is_none_or(|key| row.key_id == key)
        && filter.outcome.is_none_or(|outcome| row.outcome == outcome)
        && filter.before.is_none_or(|before| row.id < before)
        && filter.from.is_none_or(|from| row.started_at >= from)
        && filter.to.is_none_or(|to| row.started_at < to)
        && filter.seen_by.as_ref().is_none_or(|seen_by| seen_by.sees(row.key_id, &row.owner))
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Whose requests are asked for, and whether an index has them.
fn whose() -> Vec<(Filter, bool)> {
    let any = Filter::default;
    let seen = |seen_by: SeenBy| Filter { seen_by: Some(seen_by), ..any() };
    let key = Some(id(3));
    vec![
        (Filter { user_id: some("ann"), ..any() }, true),
        (Filter { team_id: some("red"), ..any() }, true),
        (Filter { organization_id: some("acme"), ..any() }, true),
        (Filter { user_id: some("ann"), team_id: some("red"), ..any() }, true),
        (Filter { user_id: some("ann"), team_id: some("blue"), ..any() }, true),
        (Filter { user_id: some("nobody-of-that-name"), ..any() }, true),
        // What is nobody's is most, and in no index.
        (Filter { user_id: some(""), ..any() }, false),
        (Filter { user_id: some("ann"), key_id: key, ..any() }, true),
        (seen(SeenBy { users: list(&["ann", "x"]), ..SeenBy::default() }), true),
        (seen(SeenBy { users: list(&["bob"]), teams: list(&["blue"]), key, ..SeenBy::default() }), true),
        (seen(SeenBy { organizations: list(&["acme", "other"]), ..SeenBy::default() }), true),
        (seen(SeenBy { key, ..SeenBy::default() }), true),
        (seen(SeenBy::default()), true),
        (
            Filter { team_id: some("red"), ..seen(SeenBy { users: list(&["ann"]), ..SeenBy::default() }) },
            true,
        ),
        (Filter { user_id: some("bob"), ..seen(SeenBy { key, ..SeenBy::default() }) }, true),
        (Filter { key_id: Some(id(4)), ..seen(SeenBy { users: list(&["ann"]), ..SeenBy::default() }) }, true),
    ]
}

#[test]
fn the_rows_are_those_that_fit() {
    let (_directory, connection) = database();
    let rows = rows();
    record(&connection, &rows);
    let mut pages = 0;
    for (filter, _) in whose() {
        for further in [
            Filter::default(),
            Filter { outcome: Some(Outcome::Error), ..Filter::default() },
            Filter { before: Some(rows[300].id), ..Filter::default() },
            Filter { from: Some(START + 50), to: Some(START + 450), ..Filter::default() },
        ] {
            let Filter { outcome, before, from, to, .. } = further;
            let filter = Filter { before, outcome, from, to, ..filter.clone() };
            let expected: Vec<&RequestRow> = rows.iter().rev().filter(|row| fits(&filter, row)).collect();
            assert_eq!(requests::count(&connection, &filter).unwrap(), expected.len() as u64, "{filter:?}");
            for (offset, limit) in [(0, 5), (3, 10), (0, 1000), (1000, 5)] {
                let page = requests::page(&connection, &Filter { limit, offset, ..filter.clone() }).unwrap();
                let wanted: Vec<_> = expected.iter().skip(offset).take(limit).map(|row| row.id).collect();
                let found: Vec<_> = page.iter().map(|row| row.id).collect();
                assert_eq!(found, wanted, "{offset} {limit} {filter:?}");
                pages += usize::from(!found.is_empty());
            }
        }
    }
    assert!(pages > 80, "{pages}");
}

/// How all that a filter makes SQLite do is meant to be done.
fn plans(connection: &Connection, filter: &Filter) -> Vec<String> {
    let asked = [filter.page_sql(connection, false).unwrap(), filter.count_sql(connection).unwrap()];
    asked.into_iter().flatten().map(|(sql, values)| plan_of(connection, &sql, values)).collect()
}

#[test]
fn nobody_elses_rows_are_read() {
    let (_directory, connection) = database();
    record(&connection, &rows());
    for counted in [false, true] {
        if counted {
            connection.execute_batch("ANALYZE").unwrap();
        }
        for (filter, is_indexed) in whose() {
            let filter = Filter { limit: 50, offset: 10, ..filter };
            for plan in plans(&connection, &filter) {
                let reads_all = plan.split("; ").any(|step| {
                    step.contains("ledger") && !step.contains("=?") && !step.starts_with("LIST SUBQUERY")
                });
                assert_eq!(!reads_all, is_indexed, "{filter:?}: {plan}");
                let by_owner = plan.contains("ledger USING INDEX ledger_by_owner (owner=?")
                    || plan.contains("ledger USING COVERING INDEX ledger_by_owner (owner=?");
                let by_key = plan.contains("ledger_by_key (key=?");
                assert!(!is_indexed || by_owner || by_key, "{filter:?}: {plan}");
            }
        }
        // From a moment on, no earlier row is looked at either.
        let later = Filter { user_id: some("ann"), from: Some(START + 50), limit: 5, ..Filter::default() };
        for plan in plans(&connection, &later) {
            assert!(plan.contains("ledger_by_owner (owner=? AND id>?)"), "{plan}");
        }
    }
}
