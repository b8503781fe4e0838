//! What somebody has spent is what a look at every row of the ledger finds, whichever way the answer comes.

use std::collections::HashMap;

use proptest::prelude::*;
use rusqlite::Connection;

use super::super::requests::{self, RequestRow};
use super::super::spent::{self, Question, Subject, in_one_pass, one_by_one};
use super::super::{migrations, spend_hourly};
use super::{HOUR, database, id, id_at, owner, record, request, some};

/// The beginning of an hour.
const START: i64 = 1_700_000_000_000 / HOUR * HOUR;

/// The truth.
fn full_scan(rows: &[RequestRow], question: &Question) -> i64 {
    let named =
        |part: &Option<std::sync::Arc<str>>, name: &str| !name.is_empty() && part.as_deref() == Some(name);
    let is_of = |row: &&RequestRow| match &question.subject {
        Subject::Everything => true,
        Subject::Key(key_id) => row.key_id == *key_id,
        Subject::User(user) => named(&row.owner.user_id, user),
        Subject::Team(team) => named(&row.owner.team_id, team),
        Subject::TeamMember { team_id, user_id } => {
            named(&row.owner.team_id, team_id) && named(&row.owner.user_id, user_id)
        }
        Subject::Organization(organization) => named(&row.owner.organization_id, organization),
        Subject::OrganizationMember { organization_id, user_id } => {
            named(&row.owner.organization_id, organization_id) && named(&row.owner.user_id, user_id)
        }
        Subject::EndUser(name) => row.end_user.as_ref() == Some(name),
        Subject::Tag(name) => row.tags.contains(name),
        Subject::Provider(name) => row.provider.as_ref() == Some(name),
        Subject::ProviderModel { provider, model } => {
            row.provider.as_ref() == Some(provider) && row.upstream_model.as_ref() == Some(model)
        }
    };
    rows.iter()
        .filter(is_of)
        .filter(|row| question.model_group.as_ref().is_none_or(|group| row.model_group == *group))
        .filter(|row| row.started_at >= question.since)
        .filter_map(|row| row.cost_nanos)
        .sum()
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "it's %"]).prop_map(str::to_owned)
}

/// Within six hours, often at the beginning of one or just beside it.
fn moment() -> impl Strategy<Value = i64> {
    let beside = (0..6_i64, -2..=2_i64).prop_map(|(hour, beside)| START + hour * HOUR + beside);
    prop_oneof![START..START + 6 * HOUR, beside]
}

fn rows() -> impl Strategy<Value = Vec<RequestRow>> {
    let owner =
        (name(), name(), name()).prop_map(|(user, team, organization)| owner(&user, &team, &organization));
    let labels = (prop::option::of(name()), prop::collection::vec(name(), 0..4));
    let provider = prop::option::of(prop::sample::select(vec![("a", "x"), ("a", "it's %"), ("b", "x")]));
    let row = (
        moment(),
        -60_000..=60_000_i64,
        0..3_u128,
        owner,
        provider,
        name(),
        prop::option::of(0..1000_i64),
        labels,
    );
    let row = row.prop_map(
        |(started_at, early, key, owner, provider, model_group, cost_nanos, (end_user, tags))| {
            RequestRow {
                // An id is made a moment before or after the time that its row names.
                id: id_at(started_at + early, 0),
                started_at,
                key_id: id(key),
                owner,
                provider: provider.map(|(provider, _)| provider.to_owned()),
                upstream_model: provider.map(|(_, model)| model.to_owned()),
                model_group,
                cost_nanos,
                end_user,
                tags,
                ..request(1)
            }
        },
    );
    prop::collection::vec(row, 0..60).prop_map(|mut rows| {
        for (number, row) in rows.iter_mut().enumerate() {
            let mut bytes = *row.id.as_bytes();
            bytes[15] = number as u8;
            row.id = uuid::Uuid::from_bytes(bytes);
        }
        rows
    })
}

fn question() -> impl Strategy<Value = Question> {
    let subject = prop_oneof![
        Just(Subject::Everything),
        (0..4_u128).prop_map(|key| Subject::Key(id(key))),
        name().prop_map(Subject::User),
        name().prop_map(Subject::Team),
        (name(), name()).prop_map(|(team_id, user_id)| Subject::TeamMember { team_id, user_id }),
        name().prop_map(Subject::Organization),
        (name(), name())
            .prop_map(|(organization_id, user_id)| Subject::OrganizationMember { organization_id, user_id }),
        name().prop_map(Subject::EndUser),
        name().prop_map(Subject::Tag),
        name().prop_map(Subject::Provider),
        (name(), prop::sample::select(vec!["", "x", "it's %"]))
            .prop_map(|(provider, model)| Subject::ProviderModel { provider, model: model.to_owned() }),
    ];
    let extreme =
        prop::sample::select(vec![i64::MIN, -1, 0, 1, START - 400 * 24 * HOUR, START + 90 * HOUR, i64::MAX]);
    let since = prop_oneof![4 => moment(), 1 => extreme];
    (subject, prop::option::weighted(0.3, name()), since).prop_map(|(subject, model_group, since)| Question {
        subject,
        model_group,
        since,
    })
}

fn in_memory() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrations().to_latest(&mut connection).unwrap();
    connection
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_agrees_with_a_look_at_every_row(
        rows in rows(),
        questions in prop::collection::vec(question(), 1..24),
    ) {
        let connection = in_memory();
        for some in rows.chunks(9) {
            prop_assert_eq!(record(&connection, some), some.len());
        }
        let expected: Vec<i64> = questions.iter().map(|question| full_scan(&rows, question)).collect();
        let singly: Vec<i64> =
            questions.iter().map(|question| one_by_one(&connection, question, i64::MIN).unwrap()).collect();
        prop_assert_eq!(&singly, &expected, "one by one: {:?}", questions);
        let together: Vec<&Question> = questions.iter().collect();
        prop_assert_eq!(&in_one_pass(&connection, &together, i64::MIN).unwrap(), &expected, "in one pass: {:?}", questions);
        prop_assert_eq!(&spent::sums(&connection, &questions).unwrap(), &expected, "{:?}", questions);
        // So many that they go together, whatever they are.
        let many: Vec<Question> = questions.iter().cycle().take(600).cloned().collect();
        let of_many: Vec<i64> = expected.iter().cycle().take(600).copied().collect();
        prop_assert_eq!(spent::sums(&connection, &many).unwrap(), of_many);
    }
}

#[test]
fn nothing_asked_is_nothing_answered() {
    let (_directory, connection) = database();
    assert_eq!(spent::sums(&connection, &[]).unwrap(), [] as [i64; 0]);
    let question = |subject| Question { subject, model_group: None, since: 0 };
    let nobody = [Subject::Everything, Subject::User(String::new()), Subject::Provider(String::new())];
    assert_eq!(spent::sums(&connection, &nobody.map(question)).unwrap(), [0, 0, 0]);
}

#[test]
fn what_a_row_costs_counts_as_soon_as_it_is_written() {
    let (_directory, connection) = database();
    let since = START + 1;
    let asked = [
        Subject::Everything,
        Subject::Key(id(7)),
        Subject::User("user".into()),
        Subject::Team("team".into()),
        Subject::TeamMember { team_id: "team".into(), user_id: "user".into() },
        Subject::Organization("organization".into()),
        Subject::OrganizationMember { organization_id: "organization".into(), user_id: "user".into() },
        Subject::EndUser("end-user".into()),
        Subject::Tag("tag".into()),
        Subject::Provider("provider".into()),
        Subject::ProviderModel { provider: "provider".into(), model: "upstream".into() },
    ];
    let asked = asked.map(|subject| Question { subject, model_group: some("group"), since });
    let mut expected = 0;
    for (number, started_at) in
        [START, since, START + HOUR - 1, START + HOUR, START + 5 * HOUR].into_iter().enumerate()
    {
        let cost_nanos = Some(1 << number);
        let row = RequestRow { id: id_at(started_at, number as u16), started_at, cost_nanos, ..request(1) };
        assert_eq!(record(&connection, &[row]), 1);
        expected += if started_at >= since { 1 << number } else { 0 };
        assert_eq!(spent::sums(&connection, &asked).unwrap(), [expected; 11]);
    }
    let other = Question { model_group: some("other"), ..asked[0].clone() };
    assert_eq!(spent::sums(&connection, &[other]).unwrap(), [0]);
    assert_eq!(spend_hourly::spend_since(&connection, id(7), since).unwrap(), expected);
}

#[test]
fn each_key_has_its_own_last_use() {
    let (_directory, connection) = database();
    let used = |key: u128, started_at: i64| RequestRow {
        id: id_at(started_at, key as u16),
        started_at,
        key_id: id(key),
        ..request(1)
    };
    assert_eq!(record(&connection, &[used(1, 100), used(1, 300), used(2, 200), used(3, 400)]), 4);
    let found = requests::last_uses(&connection, &[id(1), id(2), id(9)]).unwrap();
    assert_eq!(found, HashMap::from([(id(1), 300), (id(2), 200)]));
}

#[test]
fn what_was_spent_stays_spent_when_its_rows_go() {
    let (_directory, connection) = database();
    let rows: Vec<RequestRow> = (0..40_i64)
        .map(|number| RequestRow {
            id: id_at(START + number * HOUR / 8, 1),
            started_at: START + number * HOUR / 8,
            cost_nanos: Some(1 << (number / 2)),
            ..request(1)
        })
        .collect();
    assert_eq!(record(&connection, &rows), 40);
    let of = |since| Question { subject: Subject::Key(id(7)), model_group: None, since };
    let sum = |since: i64| -> i64 {
        rows.iter().filter(|row| row.started_at >= since).filter_map(|row| row.cost_nanos).sum()
    };
    let ask = |since| {
        let question = of(since);
        let sums = spent::sums(&connection, std::slice::from_ref(&question)).unwrap();
        let many = spent::sums(&connection, &vec![question; 300]).unwrap();
        assert!(many.iter().all(|sum| *sum == sums[0]));
        sums[0]
    };
    let within = |hour: i64| START + hour * HOUR + HOUR / 3;
    assert_eq!((ask(within(0)), ask(within(3))), (sum(within(0)), sum(within(3))));
    while requests::prune(&connection, within(2), 5).unwrap() > 0 {}
    assert_eq!(ask(within(3)), sum(within(3)), "its rows are there");
    assert_eq!(ask(within(2)), sum(within(2)), "so they are of the hour in which the last ones went");
    assert_eq!(ask(within(1)), sum(START + HOUR), "all of the hour that it begins in");
    assert_eq!(ask(START), sum(0));
}
