//! A session is a run with one key, and has the sums of its rows.

use super::super::owners::SeenBy;
use super::super::requests::{self, Billing, Filter, RequestRow};
use super::super::sessions::{self, SessionFilter};
use super::super::spend_hourly::Totals;
use super::super::spend_parts::PartTotals;
use super::{HOUR, database, id, id_at, owner, record, request, some};

#[test]
fn a_session_has_the_sums_of_its_rows_and_its_rows_are_found() {
    let (_directory, connection) = database();
    let start = 1_700_000_000_000;
    let rows: Vec<RequestRow> = (0..90_i64)
        .map(|number| RequestRow {
            id: id_at(start + number * HOUR / 7, 1),
            started_at: start + number * HOUR / 7,
            session: (number % 3 != 0).then(|| format!("run-{}", number % 3 + number / 45 * 10)),
            project: (number % 3 == 1 && number > 5).then(|| "alpha".to_owned()),
            owner: owner(if number % 3 == 1 { "ann" } else { "zoe" }, "", ""),
            cost_nanos: (number % 4 != 0).then_some(number),
            ..request(1)
        })
        .collect();
    for some in rows.chunks(13) {
        assert_eq!(record(&connection, some), some.len());
    }
    let page = |filter: SessionFilter| sessions::page(&connection, &filter).unwrap();
    let any = || SessionFilter { limit: 100, ..SessionFilter::default() };
    let all = page(any());
    assert_eq!(
        all.iter().map(|session| session.name.as_str()).collect::<Vec<_>>(),
        ["run-12", "run-11", "run-2", "run-1"]
    );
    for session in &all {
        let own: Vec<&RequestRow> =
            rows.iter().filter(|row| row.session.as_deref() == Some(&session.name)).collect();
        let mut sum = Totals::default();
        for row in &own {
            sum.add(&Totals::of(row));
        }
        assert_eq!(session.totals, PartTotals::of(own[0].billing, &sum), "{session:?}");
        assert_eq!(session.project.as_deref(), own.iter().find_map(|row| row.project.as_deref()));
        assert_eq!((session.first_at, session.last_at), (own[0].started_at, own[own.len() - 1].started_at));
        let filter = Filter { session: Some(session.name.clone()), limit: 100, ..Filter::default() };
        let found = requests::page(&connection, &filter).unwrap();
        assert!(found.iter().rev().eq(own), "{session:?}");
        assert_eq!(requests::count(&connection, &filter).unwrap(), found.len() as u64);
    }
    let anns = SeenBy { users: vec!["ann".into()], ..SeenBy::default() };
    let seen = page(SessionFilter { seen_by: Some(anns.clone()), ..any() });
    assert_eq!(seen.iter().map(|session| session.name.as_str()).collect::<Vec<_>>(), ["run-11", "run-1"]);
    // In pages, and by what they are.
    let mut paged = page(SessionFilter { limit: 3, ..any() });
    paged.extend(page(SessionFilter { limit: 3, before: Some(paged[2].position), ..any() }));
    assert_eq!(paged, all);
    let found = |filter: SessionFilter| page(filter).into_iter().map(|row| row.name).collect::<Vec<_>>();
    assert_eq!(found(SessionFilter { search: some("N-12"), ..any() }), ["run-12"]);
    assert_eq!(found(SessionFilter { search: some("%"), ..any() }), [""; 0]);
    let of_project = found(SessionFilter { project: some("alpha"), ..any() });
    assert_eq!(of_project, ["run-11", "run-1"]);
    assert_eq!(found(SessionFilter { project: some("alpha"), search: some("run-2"), ..any() }), [""; 0]);
    // Of one name, another's is another.
    let start = rows[89].started_at + HOUR;
    let others = RequestRow {
        id: id_at(start, 2),
        started_at: start,
        key_id: id(77),
        session: some("run-1"),
        project: None,
        billing: Billing::Local,
        owner: owner("eve", "", ""),
        ..request(1)
    };
    assert_eq!(record(&connection, std::slice::from_ref(&others)), 1);
    let eves = SeenBy { users: vec!["eve".into()], ..SeenBy::default() };
    let seen = page(SessionFilter { seen_by: Some(eves), ..any() });
    assert_eq!((seen.len(), seen[0].totals), (1, PartTotals::of(Billing::Local, &Totals::of(&others))));
    assert_eq!(found(SessionFilter { seen_by: Some(anns), ..any() }), ["run-11", "run-1"]);
    let nothing = Filter { session: Some("of nobody".into()), limit: 5, ..Filter::default() };
    assert_eq!(requests::page(&connection, &nothing).unwrap(), []);
    assert_eq!(requests::count(&connection, &nothing).unwrap(), 0);
}
