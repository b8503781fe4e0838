//! Rows of the ledger: whole, once, in pages, and found by what they are filtered by.

use super::super::owners::{self, Owner, SeenBy};
use super::super::requests::{self, Filter, Outcome, RequestRow};
use super::super::spend_hourly;
use super::{assert_every_column_is_told_apart, database, id, id_at, owner, record, request};

#[test]
fn a_request_comes_back_as_it_went_in_and_only_once() {
    let (_directory, connection) = database();
    let row = request(1);
    assert_eq!(record(&connection, std::slice::from_ref(&row)), 1);
    // Numbers of other tables are alike in an empty database.
    let numbers =
        ["owner", "series", "variant", "end_user", "project", "session", "usage_template", "cost_template"];
    let packed = ["usage_values", "cost_values", "outcome", "streamed"];
    assert_every_column_is_told_apart(&connection, "ledger", &[&numbers[..], &packed].concat());
    let again = RequestRow { status: 500, owner: owner("other", "", ""), ..row.clone() };
    assert_eq!(record(&connection, &[again.clone(), again]), 0);
    assert_eq!(requests::find(&connection, row.id).unwrap(), Some(row.clone()));
    assert_eq!(requests::find_by_response_id(&connection, "response-1").unwrap(), Some(row.clone()));
    assert_eq!(requests::find(&connection, id(2)).unwrap(), None);
    assert_eq!(requests::last_use(&connection, id(7)).unwrap(), Some(row.started_at));
    assert_eq!(requests::last_use(&connection, id(8)).unwrap(), None);
    let bare = RequestRow { id: id(3), endpoint: "/v1/chat/completions".into(), ..RequestRow::default() };
    assert_eq!(record(&connection, std::slice::from_ref(&bare)), 1);
    assert_eq!(requests::find(&connection, bare.id).unwrap(), Some(bare), "empty columns stay empty");
}

#[test]
fn an_owner_is_written_once_and_told_apart_from_others() {
    let (_directory, connection) = database();
    let several = [
        owner("", "", ""),
        owner("a", "", ""),
        owner("", "a", ""),
        owner("", "", "a"),
        owner("a", "b", "c"),
        owner("a", "b", ""),
        owner("it's", "\"quoted\"", "' OR 1=1 --"),
    ];
    for round in 0..3 {
        let rows: Vec<RequestRow> = several
            .iter()
            .enumerate()
            .map(|(at, owner)| RequestRow { owner: owner.clone(), ..request(round * 100 + at as u128) })
            .collect();
        assert_eq!(record(&connection, &rows), rows.len());
        for row in rows {
            assert_eq!(requests::find(&connection, row.id).unwrap(), Some(row));
        }
    }
    let known = owners::all(&connection).unwrap();
    assert_eq!(known.len(), several.len(), "{known:?}");
    assert!(known[&0].is_nobody());
    for owner in &several {
        assert_eq!(known.values().filter(|known| *known == owner).count(), 1, "{owner:?}");
    }
    // An empty name is nobody's.
    let empty = Owner { user_id: Some("".into()), ..Owner::default() };
    assert_eq!(record(&connection, &[RequestRow { owner: empty, ..request(900) }]), 1);
    assert_eq!(owners::all(&connection).unwrap().len(), several.len());
    assert!(requests::find(&connection, id(900)).unwrap().unwrap().owner.is_nobody());
}

#[test]
fn pages_are_newest_first_and_lose_no_row_between_them() {
    let (_directory, connection) = database();
    for number in 1..=25 {
        assert_eq!(record(&connection, &[request(number)]), 1);
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = requests::page(&connection, &Filter { before, limit: 10, ..Filter::default() }).unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|row| row.id.as_u128()));
        before = page.last().map(|row| row.id);
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<u128>>());
}

#[test]
fn a_page_by_its_number_is_the_same_as_by_the_row_before() {
    let (_directory, connection) = database();
    for number in 1..=25 {
        let row = request(number);
        let id = id_at(row.started_at, number as u16);
        let row = RequestRow { id, status: if number % 2 == 0 { 500 } else { 200 }, ..row };
        assert_eq!(record(&connection, &[row]), 1);
    }
    let filter = Filter { status: Some(200), limit: 4, ..Filter::default() };
    assert_eq!(requests::count(&connection, &filter).unwrap(), 13);
    assert_eq!(requests::count(&connection, &Filter::default()).unwrap(), 25);
    let mut seen = Vec::new();
    for offset in [0, 4, 8, 12, 16] {
        let page = requests::page(&connection, &Filter { offset, ..filter.clone() }).unwrap();
        seen.extend(page.iter().map(|row| row.id.as_u128() & 0xff));
    }
    assert_eq!(seen, (1..=25).rev().step_by(2).collect::<Vec<u128>>());
}

#[test]
fn filters_find_what_they_name_and_nothing_else() {
    let (_directory, connection) = database();
    let odd = RequestRow {
        id: id(2),
        key_id: id(8),
        outcome: Outcome::Error,
        model_group: "other".into(),
        model_requested: "100%_sure".into(),
        upstream_model: Some("other-upstream".into()),
        provider: Some("elsewhere".into()),
        client_name: "curl".into(),
        status: 404,
        end_user: None,
        owner: owner("zoe", "grey", "other"),
        started_at: 5,
        ..request(2)
    };
    assert_eq!(record(&connection, &[request(1), odd, request(3)]), 3);
    let found = |filter: Filter| -> Vec<u128> {
        let page = requests::page(&connection, &Filter { limit: 100, ..filter }).unwrap();
        page.iter().map(|row| row.id.as_u128()).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let any = Filter::default;
    for filter in [
        Filter { key_id: Some(id(8)), ..any() },
        Filter { outcome: Some(Outcome::Error), ..any() },
        Filter { model: text("other"), ..any() },
        Filter { model: text("other-upstream"), ..any() },
        Filter { provider: text("elsewhere"), ..any() },
        Filter { client: text("curl"), ..any() },
        Filter { status: Some(404), ..any() },
        Filter { user_id: text("zoe"), ..any() },
        Filter { team_id: text("grey"), ..any() },
        Filter { organization_id: text("other"), ..any() },
        Filter { to: Some(6), ..any() },
        Filter { search: text("0%_s"), ..any() },
        Filter { search: text("ELSEWHERE"), ..any() },
        Filter { search: text(&id(2).to_string()), ..any() },
    ] {
        assert_eq!(found(filter.clone()), [2], "{filter:?}");
    }
    assert_eq!(found(Filter { from: Some(6), ..any() }), [3, 1]);
    assert_eq!(found(Filter { end_user: text("end-user"), ..any() }), [3, 1]);
    assert_eq!(found(Filter { user_id: text("user"), team_id: text("team"), ..any() }), [3, 1]);
    assert_eq!(found(Filter { user_id: text("user"), team_id: text("grey"), ..any() }), [] as [u128; 0]);
    // A wildcard is a letter like any other.
    assert_eq!(found(Filter { search: text("%"), ..any() }), [2]);
    assert_eq!(found(Filter { search: text("' OR 1=1 --"), ..any() }), [] as [u128; 0]);
}

#[test]
fn somebody_sees_what_is_theirs_in_rows_and_in_sums() {
    let (_directory, connection) = database();
    let owners = [
        owner("ada", "", ""),
        owner("ada", "red", "acme"),
        owner("bob", "red", "acme"),
        owner("zoe", "blue", "other"),
        owner("", "", ""),
        owner("' OR 1=1 --", "", ""),
    ];
    let rows: Vec<RequestRow> = (1..)
        .zip(owners)
        .map(|(number, owner)| RequestRow { key_id: id(number), owner, ..request(number) })
        .collect();
    assert_eq!(record(&connection, &rows), rows.len());
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let nothing = SeenBy::default();
    for (seen_by, expected) in [
        (SeenBy { users: names(&["ada"]), ..nothing.clone() }, vec![1, 2]),
        (SeenBy { teams: names(&["red"]), ..nothing.clone() }, vec![2, 3]),
        (
            SeenBy { users: names(&["ada", "zoe"]), teams: names(&["red"]), ..nothing.clone() },
            vec![1, 2, 3, 4],
        ),
        (SeenBy { organizations: names(&["other"]), key: Some(id(5)), ..nothing.clone() }, vec![4, 5]),
        (SeenBy { key: Some(id(5)), ..nothing.clone() }, vec![5]),
        (SeenBy { users: names(&["' OR 1=1 --"]), ..nothing.clone() }, vec![6]),
        (nothing, vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        let told: Vec<_> =
            rows.iter().filter(|row| seen_by.sees(row.key_id, &row.owner)).map(|row| row.id).collect();
        assert_eq!(told, expected, "{seen_by:?}");
        let hours = spend_hourly::between(&connection, 0, i64::MAX, Some(&seen_by)).unwrap();
        assert_eq!(hours.iter().map(|hour| hour.totals.requests).sum::<i64>(), expected.len() as i64);
        let (all, others) = spend_hourly::counts(&connection, id(5), Some(&seen_by)).unwrap();
        let is_own = expected.contains(&id(5));
        assert_eq!((all, others), (expected.len() as i64, expected.len() as i64 - i64::from(is_own)));
        let filter = Filter { seen_by: Some(seen_by), limit: 100, ..Filter::default() };
        let mut found: Vec<_> =
            requests::page(&connection, &filter).unwrap().into_iter().map(|row| row.id).collect();
        found.reverse();
        assert_eq!(found, expected);
        assert_eq!(requests::count(&connection, &filter).unwrap(), expected.len() as u64);
        let both = Filter { key_id: Some(id(2)), ..filter };
        assert_eq!(requests::page(&connection, &both).unwrap().len(), usize::from(expected.contains(&id(2))));
    }
}
