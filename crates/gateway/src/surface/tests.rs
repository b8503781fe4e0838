use std::collections::BTreeSet;

use utoipa::openapi::OpenApi;

use super::routes;
use crate::auth::permissions::{covers, rules};

/// Methods with paths as the table writes them.
fn described(description: &OpenApi) -> BTreeSet<(&'static str, String)> {
    let items = description.paths.paths.iter();
    items
        .flat_map(|(path, item)| {
            let operations = [
                ("GET", &item.get),
                ("POST", &item.post),
                ("PUT", &item.put),
                ("PATCH", &item.patch),
                ("DELETE", &item.delete),
            ];
            let served = operations.into_iter().filter(|(_, operation)| operation.is_some());
            served.map(|(method, _)| (method, path.replace("{*", "{")))
        })
        .collect()
}

#[test]
fn the_table_of_permissions_has_what_is_guarded_and_nothing_else() {
    let (llm, managed) = routes();
    let guarded = described(&managed.description());
    let table: BTreeSet<_> = rules().map(|rule| (rule.method, rule.path.to_owned())).collect();
    let missing: Vec<_> = guarded.difference(&table).collect();
    assert!(missing.is_empty(), "served, and in no line of the table: {missing:?}");
    let stale: Vec<_> = table.difference(&guarded).collect();
    assert!(stale.is_empty(), "lines of the table without a route: {stale:?}");
    // Which is why the table tells what is for models, and what is not.
    for (method, path) in described(&llm.description()) {
        assert!(!covers(&path), "{method} {path} is for models");
    }
    for (_, path) in &guarded {
        assert!(covers(path), "{path}");
    }
}
