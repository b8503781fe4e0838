//! Alerts: told once, seen by those whose they are, forgotten in time.

use uuid::Uuid;

use super::super::alerts::{self, AlertRow, DeliveryRow, Episode, Whose};
use super::super::owners::SeenBy;
use super::{assert_every_column_is_told_apart, database, id, id_at};
use crate::Connection;

const DAY: i64 = 86_400_000;
const START: i64 = 1_700_000_000_000;

fn alert(number: i64, whose: Whose) -> AlertRow {
    let at = START + number * DAY;
    AlertRow {
        id: id_at(at, 1),
        at,
        kind: "budget".into(),
        whose,
        title: "title".into(),
        text: format!("text {number}"),
        data: r#"{"percent":80}"#.into(),
    }
}

fn delivery(alert: &AlertRow, number: i64) -> DeliveryRow {
    DeliveryRow {
        alert_id: alert.id,
        number,
        target: "https://example.com".into(),
        state: "waiting".into(),
        attempts: 0,
        at: alert.at,
        error: None,
    }
}

fn tell(connection: &Connection, name: &str, row: &AlertRow, keep_until: Option<i64>) -> bool {
    let episode = Episode { name: name.into(), keep_until };
    alerts::tell(connection, &episode, row, &[delivery(row, 0), delivery(row, 1)]).unwrap()
}

fn all(connection: &Connection) -> Vec<AlertRow> {
    alerts::page(connection, None, None, 100).unwrap()
}

#[test]
fn an_episode_is_told_once() {
    let (_directory, connection) = database();
    let whose = Whose {
        key_id: Some(id(7)),
        user_id: Some("ada".into()),
        team_id: Some("red".into()),
        organization_id: Some("acme".into()),
    };
    let (first, second) = (alert(1, whose), alert(2, Whose::default()));
    assert!(tell(&connection, "one", &first, None));
    assert_every_column_is_told_apart(&connection, "alerts", &[]);
    assert!(!tell(&connection, "one", &second, None));
    assert_eq!(all(&connection), std::slice::from_ref(&first));
    assert!(tell(&connection, "two", &second, None));
    assert_eq!(all(&connection), [second.clone(), first.clone()]);
    assert_eq!(alerts::page(&connection, None, Some(second.id), 1).unwrap(), [first]);
}

#[test]
fn how_deliveries_go_is_noted() {
    let (_directory, connection) = database();
    let (first, second) = (alert(1, Whose::default()), alert(2, Whose::default()));
    assert!(tell(&connection, "one", &first, None) && tell(&connection, "two", &second, None));
    let done = DeliveryRow { state: "delivered".into(), attempts: 2, at: 9, ..delivery(&first, 1) };
    alerts::note(&connection, &done).unwrap();
    let tried = DeliveryRow { attempts: 1, error: Some("no".into()), ..delivery(&second, 0) };
    alerts::note(&connection, &tried).unwrap();
    let known = |list: &[AlertRow]| alerts::deliveries(&connection, list).unwrap();
    assert_eq!(
        known(&all(&connection)),
        [tried, delivery(&second, 1), delivery(&first, 0), done.clone()],
        "in the order of the alerts"
    );
    assert_eq!(known(&[first]), [delivery(&alert(1, Whose::default()), 0), done]);
    assert_eq!(alerts::give_up_waiting(&connection, "over", 7).unwrap(), 3);
    let states: Vec<(String, Option<String>)> =
        known(&all(&connection)).into_iter().map(|row| (row.state, row.error)).collect();
    let failed = ("failed".to_owned(), Some("over".to_owned()));
    assert_eq!(states, [failed.clone(), failed.clone(), failed, ("delivered".to_owned(), None)]);
    // Of an alert that is gone nothing is noted.
    alerts::note(&connection, &delivery(&alert(3, Whose::default()), 0)).unwrap();
    assert_eq!(known(&all(&connection)).len(), 4);
}

#[test]
fn whose_it_is_sees_it() {
    let (_directory, connection) = database();
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        Whose { key_id: Some(id(1)), ..Whose::default() },
        Whose { user_id: text("ada"), ..Whose::default() },
        Whose { team_id: text("red"), ..Whose::default() },
        Whose { organization_id: text("acme"), ..Whose::default() },
        Whose::default(),
    ];
    for (whose, number) in cases.iter().zip(1..) {
        assert!(tell(&connection, &format!("{number}"), &alert(number, whose.clone()), None));
    }
    let list = |text: &str| vec![text.to_owned()];
    let watchers = [
        SeenBy { key: Some(id(1)), ..SeenBy::default() },
        SeenBy { users: list("ada"), ..SeenBy::default() },
        SeenBy { teams: vec!["red".into(), "x".into()], ..SeenBy::default() },
        SeenBy { organizations: list("acme"), ..SeenBy::default() },
        SeenBy {
            key: Some(Uuid::nil()),
            users: list("red"),
            teams: list("acme"),
            organizations: list("ada"),
        },
        SeenBy::default(),
    ];
    for (seen_by, place) in watchers.iter().zip(0..) {
        let found = alerts::page(&connection, Some(seen_by), None, 100).unwrap();
        let expected: Vec<&Whose> = cases.iter().skip(place).take(usize::from(place < 4)).collect();
        assert_eq!(found.iter().map(|row| &row.whose).collect::<Vec<_>>(), expected, "{place}");
        assert_eq!(
            cases.iter().filter(|whose| whose.is_seen_by(seen_by)).collect::<Vec<_>>(),
            expected,
            "{place}"
        );
    }
}

#[test]
fn what_is_old_is_forgotten_and_what_could_be_told_again_is_not() {
    let (_directory, connection) = database();
    for (number, keep_until) in
        [(1, None), (2, Some(START + 50 * DAY)), (3, Some(START + 200 * DAY)), (95, None)]
    {
        assert!(tell(&connection, &format!("{number}"), &alert(number, Whose::default()), keep_until));
    }
    alerts::prune(&connection, START + 10 * DAY, START + 100 * DAY).unwrap();
    assert_eq!(all(&connection), [alert(95, Whose::default())]);
    let left: i64 =
        connection.query_row("SELECT COUNT(*) FROM alert_deliveries", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 2);
    let again =
        |number: i64| tell(&connection, &format!("{number}"), &alert(number + 100, Whose::default()), None);
    assert_eq!([again(1), again(2), again(3), again(95)], [false, true, false, false]);
}
