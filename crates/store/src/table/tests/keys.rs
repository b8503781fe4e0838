//! Keys: whole, one of each alias and hash, and in pages of what is asked for.

use std::collections::HashSet;

use super::super::LimitColumns;
use super::super::keys::{self, KeyFilter, KeyRow, SeenBy, SortBy};
use super::super::requests::RequestRow;
use super::super::teams::TeamRow;
use super::{assert_every_column_is_told_apart, database, full_key, id, key, record, request, some};
use crate::{Connection, is_constraint};

#[test]
fn a_key_comes_back_as_it_went_in() {
    let (_directory, connection) = database();
    let row = KeyRow { deleted_at: Some(1010), deleted_by: some("remover"), ..full_key(1) };
    row.put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "keys", &["is_session", "blocked", "auto_rotate"]);
    let all = KeyFilter { deleted: true, sessions: true, limit: 9, ..KeyFilter::default() };
    assert_eq!(keys::page(&connection, &all).unwrap(), [row]);

    let row = full_key(2);
    row.put(&connection).unwrap();
    assert_eq!(keys::find(&connection, &row.token).unwrap(), Some(row.clone()));
    assert_eq!(keys::find_by_id(&connection, row.id).unwrap(), Some(row.clone()));
    assert_eq!(keys::find_by_alias(&connection, "alias-2").unwrap(), Some(row.clone()));
    for flags in [[true, false, false], [false, true, false], [false, false, true]] {
        let [is_session, blocked, auto_rotate] = flags;
        let changed = KeyRow { is_session, blocked, auto_rotate, key_alias: None, ..row.clone() };
        changed.put(&connection).unwrap();
        assert_eq!(keys::all(&connection).unwrap(), std::slice::from_ref(&changed));
        let mut each = Vec::new();
        keys::for_each(&connection, |row| each.push(row)).unwrap();
        assert_eq!(each, [changed]);
    }
    assert_eq!(keys::find(&connection, "unknown").unwrap(), None);
    assert_eq!(keys::find_by_id(&connection, id(1)).unwrap(), None, "a revoked key was found");
    assert_eq!(keys::find_by_alias(&connection, "alias-1").unwrap(), None, "a revoked key was found");
}

#[test]
fn an_alias_and_a_hash_belong_to_one_key_until_that_is_revoked() {
    let (_directory, connection) = database();
    let named = |number, alias: &str| KeyRow { key_alias: some(alias), ..key(number) };
    named(1, "laptop").put(&connection).unwrap();
    let error = named(2, "laptop").put(&connection).unwrap_err();
    assert!(is_constraint(&error) && error.to_string().contains("key_alias"), "{error}");
    let twin = |number| KeyRow { token: key(1).token, ..key(number) };
    let error = twin(2).put(&connection).unwrap_err();
    assert!(is_constraint(&error) && error.to_string().contains("token"), "{error}");
    // Keys without an alias do not stand in each other's way.
    key(3).put(&connection).unwrap();
    key(4).put(&connection).unwrap();

    let token = key(1).token;
    assert!(keys::revoke(&connection, &token, "tester", 9).unwrap());
    assert!(!keys::revoke(&connection, &token, "tester", 9).unwrap(), "revoked twice");
    assert_eq!(keys::find(&connection, &token).unwrap(), None);
    let revoked = KeyFilter { deleted: true, limit: 9, ..KeyFilter::default() };
    let gone =
        KeyRow { deleted_at: Some(9), deleted_by: some("tester"), updated_at: 9, ..named(1, "laptop") };
    assert_eq!(keys::page(&connection, &revoked).unwrap(), std::slice::from_ref(&gone));
    // Both are free again, and the new key is another than the old.
    let again = KeyRow { key_alias: some("laptop"), ..twin(2) };
    again.put(&connection).unwrap();
    assert_eq!(keys::find(&connection, &token).unwrap(), Some(again));
    assert!(keys::revoke(&connection, &token, "another", 10).unwrap());
    assert_eq!(keys::page(&connection, &revoked).unwrap().last(), Some(&gone), "it was revoked before");

    let labels = keys::labels(&connection).unwrap();
    assert_eq!(labels.len(), 4, "a revoked key keeps its name for the ledger");
    assert!(labels.contains(&(id(1), "laptop".into(), token)));
    assert!(labels.contains(&(id(3), "sk-...abcd".into(), key(3).token)));
}

fn numbers(connection: &Connection, filter: &KeyFilter) -> Vec<u128> {
    let filter = KeyFilter { limit: filter.limit.max(100), ..filter.clone() };
    let page = keys::page(connection, &filter).unwrap();
    assert_eq!(keys::count(connection, &filter).unwrap(), page.len() as i64, "{filter:?}");
    page.iter().map(|row| row.id.as_u128()).collect()
}

#[test]
fn pages_lose_nothing_and_say_how_many_there_are() {
    let (_directory, connection) = database();
    for number in 1..=25 {
        // Several of one moment, so that a page ends among them.
        KeyRow { created_at: number as i64 / 7, ..key(number) }.put(&connection).unwrap();
    }
    for ascending in [false, true] {
        let filter = KeyFilter { ascending, limit: 4, ..KeyFilter::default() };
        let page = |offset| keys::page(&connection, &KeyFilter { offset, ..filter.clone() }).unwrap();
        let pages = (0..).step_by(4).map(page).take_while(|page| !page.is_empty());
        let mut seen: Vec<u128> = pages.flatten().map(|row| row.id.as_u128()).collect();
        assert_eq!(keys::count(&connection, &filter).unwrap(), 25);
        if !ascending {
            seen.reverse();
        }
        assert_eq!(seen, (1..=25).collect::<Vec<u128>>());
    }
}

#[test]
fn keys_are_sorted_by_what_is_asked() {
    let (_directory, connection) = database();
    let limited = |nanos| LimitColumns { max_budget_nanos: nanos, ..LimitColumns::default() };
    let rows = [
        KeyRow {
            key_alias: some("b"),
            updated_at: 30,
            token: "c".repeat(64),
            limits: limited(Some(20)),
            ..key(1)
        },
        KeyRow { key_alias: None, updated_at: 10, token: "b".repeat(64), limits: limited(None), ..key(2) },
        KeyRow {
            key_alias: some("a"),
            updated_at: 20,
            token: "a".repeat(64),
            limits: limited(Some(10)),
            ..key(3)
        },
    ];
    for row in &rows {
        row.put(&connection).unwrap();
    }
    let costs = [(2, 1), (2, 5), (3, 4)].into_iter().enumerate();
    let spent: Vec<RequestRow> = costs
        .map(|(number, (key, nanos))| RequestRow {
            key_id: id(key),
            cost_nanos: Some(nanos),
            ..request(number as u128)
        })
        .collect();
    assert_eq!(record(&connection, &spent), 3);
    let sorted =
        |sort_by, ascending| numbers(&connection, &KeyFilter { sort_by, ascending, ..KeyFilter::default() });
    for (sort_by, up) in [
        (SortBy::CreatedAt, [1, 2, 3]),
        (SortBy::UpdatedAt, [2, 3, 1]),
        (SortBy::Spend, [1, 3, 2]),
        // No budget is the largest.
        (SortBy::MaxBudget, [3, 1, 2]),
        (SortBy::Token, [3, 2, 1]),
    ] {
        assert_eq!(sorted(sort_by, true), up, "{sort_by:?}");
        let down: Vec<u128> = up.into_iter().rev().collect();
        assert_eq!(sorted(sort_by, false), down, "{sort_by:?}");
    }
    // Those without a name come last either way.
    assert_eq!(sorted(SortBy::Alias, true), [3, 1, 2]);
    assert_eq!(sorted(SortBy::Alias, false), [1, 3, 2]);
}

/// Keys of two users, two teams of one organization and a team of another.
fn a_house() -> (tempfile::TempDir, Connection) {
    let (directory, connection) = database();
    for (team, organization) in [("red", some("acme")), ("blue", some("acme")), ("grey", None)] {
        let row = TeamRow { team_id: team.into(), organization_id: organization, ..TeamRow::default() };
        row.put(&connection).unwrap();
    }
    let of = |user: &str, team: &str| (some(user), some(team));
    for (number, (user_id, team_id), organization_id) in [
        (1, of("ann", "red"), None),
        (2, of("ann", "grey"), None),
        (3, of("zoe", "blue"), some("acme")),
        (4, (None, None), some("acme")),
        (5, (some("zoe"), None), some("other")),
        (6, (None, None), None),
    ] {
        let row = KeyRow {
            user_id,
            team_id,
            organization_id,
            key_alias: Some(format!("alias-{number}")),
            created_by: if number == 6 { "ann" } else { "default_user_id" }.into(),
            limits: LimitColumns {
                budget_id: (number == 5).then(|| "shared".into()),
                ..LimitColumns::default()
            },
            ..key(number)
        };
        row.put(&connection).unwrap();
    }
    let session = KeyRow { is_session: true, user_id: some("ann"), ..key(7) };
    let revoked = KeyRow { deleted_at: Some(1), user_id: some("ann"), ..key(8) };
    session.put(&connection).unwrap();
    revoked.put(&connection).unwrap();
    (directory, connection)
}

#[test]
fn filters_find_what_they_name_and_nothing_else() {
    let (_directory, connection) = a_house();
    let any = KeyFilter::default;
    for (filter, found) in [
        (any(), vec![6, 5, 4, 3, 2, 1]),
        (KeyFilter { sessions: true, ..any() }, vec![7, 6, 5, 4, 3, 2, 1]),
        (KeyFilter { deleted: true, ..any() }, vec![8]),
        (KeyFilter { user_id: some("ann"), ..any() }, vec![2, 1]),
        (KeyFilter { user_id: some("ann"), sessions: true, ..any() }, vec![7, 2, 1]),
        (KeyFilter { user_id: some("ann"), deleted: true, ..any() }, vec![8]),
        (KeyFilter { team_id: some("red"), ..any() }, vec![1]),
        (KeyFilter { user_id: some("ann"), team_id: some("grey"), ..any() }, vec![2]),
        // Its own and those of its teams.
        (KeyFilter { organization_id: some("acme"), ..any() }, vec![4, 3, 1]),
        (KeyFilter { organization_id: some("acme"), user_id: some("zoe"), ..any() }, vec![3]),
        (KeyFilter { token: Some(key(4).token), ..any() }, vec![4]),
        (KeyFilter { alias: some("alias-4"), ..any() }, vec![4]),
        (KeyFilter { alias: some("alias"), ..any() }, vec![]),
        (KeyFilter { budget_id: some("shared"), ..any() }, vec![5]),
        (KeyFilter { created_by: some("ann"), ..any() }, vec![6]),
        (KeyFilter { user_id: some("' OR 1=1 --"), ..any() }, vec![]),
        (KeyFilter { organization_id: some("' OR 1=1) --"), ..any() }, vec![]),
    ] {
        assert_eq!(numbers(&connection, &filter), found, "{filter:?}");
    }
}

#[test]
fn nobody_sees_more_than_they_may() {
    let (_directory, connection) = a_house();
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let seen =
        |seen_by: SeenBy| numbers(&connection, &KeyFilter { seen_by: Some(seen_by), ..KeyFilter::default() });
    let none = SeenBy::default;
    assert_eq!(seen(none()), [] as [u128; 0], "nothing said is no key, not every key");
    assert_eq!(seen(SeenBy { users: list(&["ann"]), ..none() }), [2, 1]);
    assert_eq!(seen(SeenBy { users: list(&["ann", "zoe"]), ..none() }), [5, 3, 2, 1]);
    assert_eq!(seen(SeenBy { tokens: vec![key(6).token], ..none() }), [6]);
    assert_eq!(seen(SeenBy { teams: list(&["grey", "blue"]), ..none() }), [3, 2]);
    assert_eq!(seen(SeenBy { organizations: list(&["acme"]), ..none() }), [4, 3, 1]);
    assert_eq!(seen(SeenBy { organizations: list(&["acme", "other"]), ..none() }), [5, 4, 3, 1]);
    assert_eq!(seen(SeenBy { created_by: list(&["ann"]), ..none() }), [6]);
    let several = SeenBy {
        tokens: vec![key(5).token],
        users: list(&["ann"]),
        organizations: list(&["acme"]),
        created_by: list(&["ann"]),
        ..none()
    };
    assert_eq!(seen(several.clone()), [6, 5, 4, 3, 2, 1]);
    // What is asked for cannot widen it.
    let asked = KeyFilter { team_id: some("blue"), ..KeyFilter::default() };
    let filter = KeyFilter { seen_by: Some(SeenBy { users: list(&["ann"]), ..none() }), ..asked.clone() };
    assert_eq!(numbers(&connection, &filter), [] as [u128; 0]);
    let found = KeyFilter { search: some("alias"), ..KeyFilter::default() };
    let filter = KeyFilter { seen_by: Some(SeenBy { users: list(&["zoe"]), ..none() }), ..found };
    assert_eq!(numbers(&connection, &filter), [5, 3]);
    // Somebody of very many teams.
    let teams: Vec<String> =
        (0..10_000).map(|number| format!("team-{number}")).chain(list(&["red"])).collect();
    assert_eq!(seen(SeenBy { teams, ..none() }), [1]);
    assert_eq!(seen(SeenBy { users: list(&["ann') OR (1=1"]), ..none() }), [] as [u128; 0]);
}

#[test]
fn a_search_takes_every_letter_as_it_is() {
    let (_directory, connection) = database();
    let aliases = ["100%", "100 ", "a_b", "aXb", r"back\slash", "it's", r#"say "hi""#, "plain"];
    for (number, alias) in aliases.iter().enumerate() {
        KeyRow { key_alias: some(alias), ..key(number as u128 + 1) }.put(&connection).unwrap();
    }
    let odd = KeyRow {
        user_id: some("user%1"),
        team_id: some("team_1"),
        key_name: "sk-...Wxyz".into(),
        token: "fedc".repeat(16),
        ..key(9)
    };
    odd.put(&connection).unwrap();
    let search = |text: &str| -> HashSet<u128> {
        numbers(&connection, &KeyFilter { search: some(text), ..KeyFilter::default() }).into_iter().collect()
    };
    for (text, found) in [
        ("0%", vec![1]),
        ("%", vec![1, 9]),
        ("100", vec![1, 2]),
        ("a_b", vec![3]),
        ("_", vec![3, 9]),
        ("AXB", vec![4]),
        ("\\", vec![5]),
        ("\\s", vec![5]),
        ("'", vec![6]),
        ("\"hi\"", vec![7]),
        ("r%1", vec![9]),
        ("m_1", vec![9]),
        ("WXYZ", vec![9]),
        ("dcfedc", vec![9]),
        ("' OR 1=1 --", vec![]),
        ("nothing", vec![]),
        ("", (1..=9).collect()),
    ] {
        assert_eq!(search(text), found.into_iter().collect(), "{text:?}");
    }
}

#[test]
fn what_somebody_has_to_do_with_is_among_what_may_be_seen() {
    let (_directory, connection) = database();
    let named = |number, user: &str, team: Option<&str>, by: &str| KeyRow {
        key_alias: some(&format!("alias-{number}")),
        user_id: some(user),
        team_id: team.map(str::to_owned),
        created_by: by.into(),
        ..key(number)
    };
    for row in [
        named(1, "ann", None, "ann"),
        named(2, "bob", Some("blue"), "ann"),
        named(3, "bob", Some("red"), "bob"),
        KeyRow { key_alias: None, ..named(4, "zoe", Some("blue"), "zoe") },
    ] {
        row.put(&connection).unwrap();
    }
    let related = |users: &[&str], teams: &[&str], created_by: &[&str]| {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (users, teams, created_by) = (list(users), list(teams), list(created_by));
        Some(SeenBy { users, teams, created_by, ..SeenBy::default() })
    };
    let filter = |related_to, seen_by| KeyFilter { seen_by, related_to, ..KeyFilter::default() };
    assert_eq!(numbers(&connection, &filter(related(&["ann"], &["blue"], &[]), None)), [4, 2, 1]);
    assert_eq!(numbers(&connection, &filter(related(&["ann"], &[], &["ann"]), None)), [2, 1]);
    let seen = related(&["bob"], &[], &[]);
    assert_eq!(numbers(&connection, &filter(related(&["ann"], &["blue"], &[]), seen.clone())), [2]);
    let aliases = |filter| keys::aliases(&connection, &filter).unwrap();
    assert_eq!(aliases(filter(None, None)), ["alias-1", "alias-2", "alias-3"]);
    assert_eq!(aliases(filter(None, seen)), ["alias-2", "alias-3"]);
}

#[test]
fn a_session_that_ends_leaves_a_row_where_the_ledger_has_it() {
    let (_directory, connection) = database();
    for number in 1..=3 {
        KeyRow { is_session: number != 3, ..key(number) }.put(&connection).unwrap();
    }
    record(&connection, &[RequestRow { key_id: id(1), ..request(1) }]);
    for number in 1..=3 {
        keys::end_session(&connection, id(number), "postern", 9).unwrap();
    }
    let left = |deleted| {
        let filter = KeyFilter { deleted, sessions: true, limit: 9, ..KeyFilter::default() };
        let page = keys::page(&connection, &filter).unwrap();
        page.into_iter().map(|row| (row.id.as_u128(), row.deleted_by)).collect::<Vec<_>>()
    };
    assert_eq!(left(true), [(1, some("postern"))]);
    assert_eq!(left(false), [(3, None)], "a key that is no session was ended");
}
