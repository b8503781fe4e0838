//! What is looked up often is looked up by an index.

use rusqlite::types::Value;

use super::super::keys::{self, KeyFilter, SortBy};
use super::super::spent::{self, Question, Subject};
use super::super::users;
use super::{database, full_key, id, key, some};
use crate::Connection;

/// How SQLite means to answer, without the values of parameters.
fn plan(connection: &Connection, sql: &str) -> String {
    plan_of(connection, sql, Vec::new())
}

/// The same with them.
pub(super) fn plan_of(connection: &Connection, sql: &str, values: Vec<Value>) -> String {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    for (value, place) in values.iter().zip(1..) {
        statement.raw_bind_parameter(place, value).unwrap();
    }
    let (mut rows, mut details) = (statement.raw_query(), Vec::new());
    while let Some(row) = rows.next().unwrap() {
        details.push(row.get::<_, String>("detail").unwrap());
    }
    details.join("; ")
}

fn page_plan(connection: &Connection, filter: &KeyFilter) -> String {
    plan(connection, &format!("SELECT * FROM keys {}", keys::page_sql(filter).0))
}

#[test]
fn common_look_ups_use_an_index() {
    let (_directory, connection) = database();
    // Without statistics, with those of a database that had no keys then, and with those of one that has some.
    for (round, keys_there) in [0_u128, 0, 500].into_iter().enumerate() {
        for number in 1..=keys_there {
            let mut row = if number % 10 == 0 { full_key(number) } else { key(number) };
            row.is_session = false;
            row.user_id = row.user_id.map(|user| format!("{user}-{}", number % 50));
            row.team_id = row.team_id.map(|team| format!("{team}-{}", number % 50));
            row.put(&connection).unwrap();
        }
        if round > 0 {
            connection.execute_batch("ANALYZE").unwrap();
        }
        let by_token = plan(&connection, &format!("SELECT * FROM keys {}", keys::BY_TOKEN));
        assert!(by_token.contains("SEARCH keys USING INDEX keys_by_token (token=?)"), "{by_token}");
        let by_email = plan(&connection, &format!("SELECT * FROM users {}", users::BY_EMAIL));
        assert!(by_email.contains("SEARCH users USING INDEX users_by_email (<expr>=?)"), "{by_email}");

        let any = KeyFilter::default;
        let of_user = page_plan(&connection, &KeyFilter { user_id: some("user"), ..any() });
        assert!(of_user.contains("USING INDEX keys_by_user (user_id=?)"), "{of_user}");
        let of_team = page_plan(&connection, &KeyFilter { team_id: some("team"), ..any() });
        assert!(of_team.contains("USING INDEX keys_by_team (team_id=?)"), "{of_team}");
        for ascending in [false, true] {
            let newest = page_plan(&connection, &KeyFilter { ascending, ..any() });
            assert!(newest.contains("USING INDEX keys_by_age"), "{newest}");
            assert!(!newest.contains("ORDER BY"), "a page sorts every key: {newest}");
        }
        let by_name = page_plan(&connection, &KeyFilter { sort_by: SortBy::Alias, ..any() });
        assert!(by_name.contains("USE TEMP B-TREE FOR"), "the test sees no sorting: {by_name}");
    }
}

#[test]
fn what_somebody_spent_is_found_without_reading_what_others_did() {
    let (_directory, connection) = database();
    for counted in [false, true] {
        if counted {
            // As a database that had no rows then was counted.
            connection.execute_batch("ANALYZE").unwrap();
        }
        for (subject, hours, rows) in ways_to_spent() {
            for model_group in [None, some("group")] {
                let question = Question { subject: subject.clone(), model_group, since: 1 };
                let whole = plan(&connection, &spent::of_hours(&question, 1).0);
                let is_all = subject == Subject::Everything && question.model_group.is_none();
                let hours = if is_all { "spend_hourly USING PRIMARY KEY (hour>?)" } else { hours };
                assert!(whole.contains(hours), "{question:?}: {whole}");
                let begun = plan(&connection, &spent::of_rows(&question, 0).0);
                assert!(begun.contains(rows), "{question:?}: {begun}");
            }
        }
    }
}

/// For each kind of subject how its whole hours and its rows are to be found.
fn ways_to_spent() -> Vec<(Subject, &'static str, &'static str)> {
    let group = || "team".to_owned();
    let user_id = || "user".to_owned();
    let hours = "spend_hourly USING INDEX spend_hourly_by_series (series=? AND hour>?)";
    let labels = "spend_labels USING PRIMARY KEY (label=? AND hour>?)";
    let rows = "ledger USING PRIMARY KEY (id>? AND id<?)";
    let of_owner = "ledger USING INDEX ledger_by_owner (owner=? AND id>? AND id<?)";
    vec![
        (Subject::Everything, hours, rows),
        (Subject::Provider(group()), hours, rows),
        (Subject::ProviderModel { provider: group(), model: user_id() }, hours, rows),
        (Subject::Key(id(1)), hours, "ledger USING INDEX ledger_by_key (key=? AND id>? AND id<?)"),
        (Subject::User(user_id()), hours, of_owner),
        (Subject::Team(group()), hours, of_owner),
        (Subject::TeamMember { team_id: group(), user_id: user_id() }, hours, of_owner),
        (Subject::Organization(group()), hours, of_owner),
        (Subject::OrganizationMember { organization_id: group(), user_id: user_id() }, hours, of_owner),
        (Subject::EndUser(user_id()), labels, rows),
        (Subject::Tag(group()), labels, rows),
    ]
}
