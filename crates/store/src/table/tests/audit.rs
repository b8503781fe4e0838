//! The log of changes: in pages, in both orders, and found by what it is filtered by.

use super::super::audit_log::{self, AuditFilter, AuditRow};
use super::{assert_every_column_is_told_apart, database, id_at, some};

fn change(at: i64) -> AuditRow {
    AuditRow {
        id: id_at(at, 1),
        at,
        changed_by: "who".into(),
        changed_by_api_key: "hash".into(),
        action: "updated".into(),
        object_type: "key".into(),
        object_id: format!("object-{at}"),
        before: some(r#"{"blocked":false}"#),
        after: some(r#"{"blocked":true}"#),
    }
}

#[test]
fn a_change_comes_back_as_it_went_in() {
    let (_directory, connection) = database();
    let row = change(1_700_000_000_000);
    row.put(&connection).unwrap();
    assert_every_column_is_told_apart(&connection, "audit_log", &[]);
    assert_eq!(audit_log::find(&connection, row.id).unwrap(), Some(row));
    assert_eq!(audit_log::find(&connection, id_at(5, 1)).unwrap(), None);
    let made = AuditRow { before: None, after: None, ..change(9) };
    made.put(&connection).unwrap();
    assert_eq!(audit_log::find(&connection, made.id).unwrap(), Some(made));
}

#[test]
fn pages_lose_nothing_and_go_both_ways() {
    let (_directory, connection) = database();
    let moments: Vec<i64> = (1..=25).map(|number| 1_700_000_000_000 + number * 1000).collect();
    for at in &moments {
        change(*at).put(&connection).unwrap();
    }
    let pages = |filter: &AuditFilter| -> Vec<i64> {
        let page = |offset| {
            audit_log::page(&connection, &AuditFilter { limit: 4, offset, ..filter.clone() }).unwrap()
        };
        (0..).step_by(4).map(page).take_while(|page| !page.is_empty()).flatten().map(|row| row.at).collect()
    };
    let newest_first: Vec<i64> = moments.iter().rev().copied().collect();
    assert_eq!(pages(&AuditFilter::default()), newest_first);
    assert_eq!(pages(&AuditFilter { ascending: true, ..AuditFilter::default() }), moments);
    assert_eq!(audit_log::count(&connection, &AuditFilter::default()).unwrap(), 25);
    let span = AuditFilter { from: Some(moments[3]), to: Some(moments[13]), ..AuditFilter::default() };
    assert_eq!(pages(&span), newest_first[12..22], "the end is not part of it");
    assert_eq!(audit_log::count(&connection, &span).unwrap(), 10);
}

#[test]
fn filters_find_what_they_name_and_nothing_else() {
    let (_directory, connection) = database();
    let odd = AuditRow {
        changed_by: "other".into(),
        changed_by_api_key: "other-hash".into(),
        action: "deleted".into(),
        object_type: "team".into(),
        ..change(20_000_000)
    };
    for row in [change(10_000_000), odd, change(30_000_000)] {
        row.put(&connection).unwrap();
    }
    let any = AuditFilter::default;
    for filter in [
        AuditFilter { changed_by: some("other"), ..any() },
        AuditFilter { changed_by_api_key: some("other-hash"), ..any() },
        AuditFilter { action: some("deleted"), ..any() },
        AuditFilter { object_type: some("team"), ..any() },
        AuditFilter { object_id: some("object-20000000"), ..any() },
        AuditFilter { object_type: some("team"), object_id: some("object-20000000"), ..any() },
        AuditFilter { from: Some(10_000_001), to: Some(30_000_000), ..any() },
        AuditFilter { from: Some(20_000_000), to: Some(20_000_001), changed_by: some("other"), ..any() },
    ] {
        let filter = AuditFilter { limit: 10, ..filter };
        let found: Vec<i64> =
            audit_log::page(&connection, &filter).unwrap().iter().map(|row| row.at).collect();
        assert_eq!(found, [20_000_000], "{filter:?}");
        assert_eq!(audit_log::count(&connection, &filter).unwrap(), 1, "{filter:?}");
    }
    for nothing in [
        AuditFilter { object_type: some("team"), object_id: some("object-10000000"), ..any() },
        AuditFilter { changed_by: some("' OR 1=1 --"), ..any() },
        AuditFilter { from: Some(i64::MAX), ..any() },
        AuditFilter { to: Some(i64::MIN), ..any() },
    ] {
        assert_eq!(audit_log::count(&connection, &nothing).unwrap(), 0, "{nothing:?}");
    }
}
