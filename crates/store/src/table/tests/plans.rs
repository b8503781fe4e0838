//! What is looked up often is looked up by an index.

use super::super::keys::{self, KeyFilter, SortBy};
use super::super::users;
use super::{database, full_key, key, raw, some};
use crate::Connection;

/// How SQLite means to answer, without the values of parameters.
fn plan(connection: &Connection, sql: &str) -> String {
    let steps = raw(connection, &format!("EXPLAIN QUERY PLAN {sql}"));
    let detail = steps.into_iter().map(|step| match step.into_iter().last() {
        Some((_, rusqlite::types::Value::Text(detail))) => detail,
        other => panic!("{other:?}"),
    });
    detail.collect::<Vec<_>>().join("; ")
}

fn page_plan(connection: &Connection, filter: &KeyFilter) -> String {
    plan(connection, &format!("SELECT * FROM keys {}", keys::page_sql(filter).0))
}

#[test]
fn common_look_ups_use_an_index() {
    let (_directory, connection) = database();
    // Both without statistics and with those that closing a database of some keys leaves.
    for keys_there in [0_u128, 500] {
        for number in 1..=keys_there {
            let mut row = if number % 10 == 0 { full_key(number) } else { key(number) };
            row.is_session = false;
            row.user_id = row.user_id.map(|user| format!("{user}-{}", number % 50));
            row.team_id = row.team_id.map(|team| format!("{team}-{}", number % 50));
            row.put(&connection).unwrap();
        }
        if keys_there > 0 {
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
