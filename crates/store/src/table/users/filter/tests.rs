use std::path::Path;

use rusqlite::Connection;

use super::{SeenBy, SortBy, UserFilter, count, key_counts, page};
use crate::table::keys::KeyRow;
use crate::table::members::{OrganizationMemberRow, TeamMemberRow};
use crate::table::users::UserRow;

fn database(directory: &Path) -> Connection {
    let path = directory.join("test.db");
    let mut connection = crate::connection::open_for_writing(&path).unwrap();
    crate::table::migrate(&mut connection, &path).unwrap();
    connection
}

fn add(connection: &Connection, id: &str, email: Option<&str>, role: &str, budget: Option<i64>, at: i64) {
    let mut row = UserRow {
        user_id: id.into(),
        user_email: email.map(str::to_owned),
        user_role: role.into(),
        sso_user_id: Some(format!("sso-{id}")),
        models: "[]".into(),
        metadata: "{}".into(),
        extra: "{}".into(),
        created_at: at,
        updated_at: 100 - at,
        ..UserRow::default()
    };
    row.limits.max_budget_nanos = budget;
    row.put(connection).unwrap();
}

fn people(connection: &Connection) {
    add(connection, "ann", Some("Ann@example.com"), "internal_user", Some(5), 1);
    add(connection, "bob", Some("bob@example.com"), "internal_user_viewer", None, 2);
    add(connection, "cy%", Some("c_y@example.org"), "internal_user", Some(3), 3);
    add(connection, "dora", None, "proxy_admin", Some(9), 4);
    for (team, user) in [("blue", "ann"), ("blue", "bob"), ("red", "cy%")] {
        let (team_id, user_id) = (team.into(), user.into());
        let role = "user".into();
        TeamMemberRow { team_id, user_id, role, ..TeamMemberRow::default() }.put(connection).unwrap();
    }
    for (organization, user) in [("north", "ann"), ("south", "bob"), ("south", "cy%")] {
        let (organization_id, user_id) = (organization.into(), user.into());
        let role = "internal_user".into();
        OrganizationMemberRow { organization_id, user_id, role, ..OrganizationMemberRow::default() }
            .put(connection)
            .unwrap();
    }
}

fn found(connection: &Connection, filter: UserFilter) -> Vec<String> {
    let filter = UserFilter { limit: 100, ascending: true, ..filter };
    let rows = page(connection, &filter).unwrap();
    assert_eq!(count(connection, &filter).unwrap(), i64::try_from(rows.len()).unwrap());
    rows.into_iter().map(|row| row.user_id).collect()
}

#[test]
fn each_filter_finds_what_it_names_and_they_add_up() {
    let directory = tempfile::tempdir().unwrap();
    let connection = &database(directory.path());
    people(connection);
    let text = |text: &str| Some(text.to_owned());
    let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let all = UserFilter::default;
    assert_eq!(found(connection, all()), ["ann", "bob", "cy%", "dora"]);
    assert_eq!(found(connection, UserFilter { role: text("internal_user"), ..all() }), ["ann", "cy%"]);
    assert_eq!(found(connection, UserFilter { email: text("EXAMPLE.COM"), ..all() }), ["ann", "bob"]);
    // Signs of patterns stand for themselves.
    assert_eq!(found(connection, UserFilter { email: text("c_y"), ..all() }), ["cy%"]);
    assert_eq!(found(connection, UserFilter { email: text("b_b"), ..all() }), [""; 0]);
    let ids = list(&["cy%", "ann", "' OR 1=1 --"]);
    assert_eq!(found(connection, UserFilter { user_ids: Some(ids), ..all() }), ["ann", "cy%"]);
    assert_eq!(found(connection, UserFilter { user_ids: Some(Vec::new()), ..all() }), [""; 0]);
    let sso = Some(list(&["sso-dora"]));
    assert_eq!(found(connection, UserFilter { sso_user_ids: sso, ..all() }), ["dora"]);
    assert_eq!(found(connection, UserFilter { team_id: text("blue"), ..all() }), ["ann", "bob"]);
    assert_eq!(found(connection, UserFilter { organization_id: text("south"), ..all() }), ["bob", "cy%"]);
    let both = UserFilter { organization_id: text("south"), team_id: text("blue"), ..all() };
    assert_eq!(found(connection, both), ["bob"]);
    let seen = SeenBy { users: list(&["dora"]), organizations: list(&["north"]) };
    assert_eq!(found(connection, UserFilter { seen_by: Some(seen.clone()), ..all() }), ["ann", "dora"]);
    let within = UserFilter { seen_by: Some(seen), team_id: text("blue"), ..all() };
    assert_eq!(found(connection, within), ["ann"]);
    assert_eq!(found(connection, UserFilter { seen_by: Some(SeenBy::default()), ..all() }), [""; 0]);
}

#[test]
fn pages_follow_the_order_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let connection = &database(directory.path());
    people(connection);
    for (sort_by, ascending, expected) in [
        (SortBy::CreatedAt, true, ["ann", "bob", "cy%", "dora"]),
        (SortBy::CreatedAt, false, ["dora", "cy%", "bob", "ann"]),
        (SortBy::UpdatedAt, true, ["dora", "cy%", "bob", "ann"]),
        (SortBy::Id, false, ["dora", "cy%", "bob", "ann"]),
        (SortBy::Email, true, ["dora", "ann", "bob", "cy%"]),
        (SortBy::Role, true, ["ann", "cy%", "bob", "dora"]),
        (SortBy::MaxBudget, true, ["cy%", "ann", "dora", "bob"]),
        (SortBy::MaxBudget, false, ["dora", "ann", "cy%", "bob"]),
    ] {
        let of = |limit, offset| UserFilter { sort_by, ascending, limit, offset, ..UserFilter::default() };
        let ids = |filter| page(connection, &filter).unwrap().into_iter().map(|row| row.user_id);
        let in_pages: Vec<String> = ids(of(3, 0)).chain(ids(of(3, 3))).collect();
        assert_eq!(in_pages, expected, "{sort_by:?}, ascending: {ascending}");
    }
}

#[test]
fn keys_are_counted_by_user_without_sessions_and_revoked_ones() {
    let directory = tempfile::tempdir().unwrap();
    let connection = &database(directory.path());
    for (number, user, is_session, deleted_at) in [
        (1, Some("ann"), false, None),
        (2, Some("ann"), false, None),
        (3, Some("ann"), true, None),
        (4, Some("ann"), false, Some(7)),
        (5, Some("bob"), false, None),
        (6, None, false, None),
    ] {
        let key = KeyRow {
            id: uuid::Uuid::from_u128(number),
            token: format!("{number:064x}"),
            user_id: user.map(str::to_owned),
            is_session,
            deleted_at,
            ..KeyRow::default()
        };
        key.put(connection).unwrap();
    }
    let users = ["ann", "bob", "cy"].map(str::to_owned);
    let mut counts = key_counts(connection, &users).unwrap();
    counts.sort();
    assert_eq!(counts, [("ann".to_owned(), 2), ("bob".to_owned(), 1)]);
    assert_eq!(key_counts(connection, &[]).unwrap(), []);
}
