use super::ROUTES;
use crate::auth::permissions;

#[test]
fn what_is_open_is_asked_by_routes_that_the_table_has() {
    for (method, path) in ROUTES {
        assert!(permissions::rule(method, path).is_some(), "{method} {path} is in no line of the table");
    }
}
