//! Providers, deployments, prices, settings and the events of circuits.

use super::super::circuit_events::{self, CircuitEvent, EventFilter};
use super::super::models::{self, ModelRow};
use super::super::prices::{self, PriceRow};
use super::super::providers::{self, ProviderRow};
use super::super::requests::Billing;
use super::super::{settings, spend_hourly};
use super::{database, id};
use crate::is_constraint;

#[test]
fn providers_models_prices_and_settings_come_back_and_go() {
    let (_directory, connection) = database();
    let provider = ProviderRow {
        id: id(1),
        number: 1,
        name: "openai".into(),
        preset: "openai".into(),
        base_url: "http://127.0.0.1:1/v1".into(),
        enabled: true,
        has_credential: true,
        credential_hint: Some("…abcd".into()),
        last_test: Some("{}".into()),
        settings: r#"{"region":"x"}"#.into(),
        priority: 7,
        weight: 8,
        timeout_ms: Some(9),
        billing: Billing::Subscription,
        price_adjustment: -1500,
        further_credentials: r#"[{"number":2,"hint":"...wxyz"}]"#.into(),
        created_at: 1,
        updated_at: 2,
    };
    assert_eq!(providers::put(&connection, &ProviderRow { number: 0, ..provider.clone() }).unwrap(), 1);
    let clash = ProviderRow { id: id(2), ..provider.clone() };
    assert!(is_constraint(&providers::put(&connection, &clash).unwrap_err()), "two providers of one name");
    let changed = ProviderRow {
        enabled: false,
        credential_hint: None,
        priority: 1,
        weight: 2,
        timeout_ms: None,
        billing: Billing::Api,
        price_adjustment: 0,
        further_credentials: "[]".into(),
        updated_at: 3,
        ..provider
    };
    assert_eq!(providers::put(&connection, &changed).unwrap(), 1);
    assert_eq!(providers::all(&connection).unwrap(), [changed]);
    assert!(providers::remove(&connection, id(1)).unwrap());
    assert!(!providers::remove(&connection, id(1)).unwrap());

    let model = ModelRow {
        id: "a".into(),
        model_name: "smart".into(),
        params: "{}".into(),
        info: "[]".into(),
        created_by: "tester".into(),
        created_at: 1,
        updated_at: 2,
    };
    model.put(&connection).unwrap();
    let renamed = ModelRow { model_name: "quick".into(), updated_at: 3, ..model };
    renamed.put(&connection).unwrap();
    assert_eq!(models::all(&connection).unwrap(), std::slice::from_ref(&renamed));
    assert_eq!(models::find(&connection, "a").unwrap().as_ref(), Some(&renamed));
    assert_eq!(models::find(&connection, "b").unwrap(), None);
    assert!(models::remove(&connection, "a").unwrap());
    assert!(!models::remove(&connection, "a").unwrap());

    let price =
        PriceRow { provider: "openai".into(), model: "gpt-4o".into(), prices: "{}".into(), updated_at: 1 };
    prices::put(&connection, &price).unwrap();
    let dearer = PriceRow { prices: r#"{"input":1}"#.into(), updated_at: 2, ..price };
    prices::put(&connection, &dearer).unwrap();
    assert_eq!(prices::all(&connection).unwrap(), [dearer]);
    assert!(prices::remove(&connection, "openai", "gpt-4o").unwrap());
    assert!(!prices::remove(&connection, "openai", "gpt-4o").unwrap());

    assert_eq!(settings::get(&connection, "theme").unwrap(), None);
    settings::set(&connection, "theme", "1").unwrap();
    settings::set(&connection, "theme", "2").unwrap();
    assert_eq!(settings::get(&connection, "theme").unwrap().as_deref(), Some("2"));
}

#[test]
fn a_providers_number_is_its_own_for_good() {
    let (_directory, connection) = database();
    let provider = |number: u128| ProviderRow {
        id: id(number),
        number: 0,
        name: format!("provider-{number}"),
        preset: "openai".into(),
        base_url: String::new(),
        enabled: true,
        has_credential: false,
        credential_hint: None,
        last_test: None,
        settings: "{}".into(),
        priority: 100,
        weight: 100,
        timeout_ms: None,
        billing: Billing::Api,
        price_adjustment: 0,
        further_credentials: "[]".into(),
        created_at: 1,
        updated_at: 1,
    };
    let put = |number: u128| providers::put(&connection, &provider(number)).unwrap();
    assert_eq!((put(5), put(4), put(5)), (1, 2, 1));
    assert!(providers::remove(&connection, id(4)).unwrap());
    assert_eq!(put(6), 3, "the highest is not given again");
    for number in [5, 6] {
        assert!(providers::remove(&connection, id(number)).unwrap());
    }
    assert_eq!(put(7), 4, "nor when nothing is left");
    assert_eq!(providers::all(&connection).unwrap()[0].number, 4);
}

#[test]
fn circuit_events_are_paged_newest_first_and_pruned() {
    let (_directory, connection) = database();
    let event = |milliseconds: i64, provider: u128| CircuitEvent {
        id: spend_hourly::first_id_at(milliseconds),
        at: milliseconds,
        provider_id: (provider > 0).then(|| id(provider)),
        provider: format!("provider-{provider}"),
        deployment_id: "deployment".into(),
        opened: milliseconds % 2 == 0,
        cooldown_ms: 5000,
        reason: "status 500".into(),
    };
    let events = [event(10, 1), event(20, 0), event(31, 2), event(40, 1)];
    for event in &events {
        circuit_events::insert(&connection, event).unwrap();
    }
    let found = |filter: EventFilter| -> Vec<i64> {
        let filter = EventFilter { limit: filter.limit.max(2), ..filter };
        circuit_events::page(&connection, &filter).unwrap().iter().map(|event| event.at).collect()
    };
    let any = EventFilter::default;
    assert_eq!(circuit_events::page(&connection, &EventFilter { limit: 9, ..any() }).unwrap()[3], events[0]);
    assert_eq!(found(any()), [40, 31]);
    assert_eq!(found(EventFilter { before: Some(events[2].id), ..any() }), [20, 10]);
    assert_eq!(found(EventFilter { provider_id: Some(id(1)), ..any() }), [40, 10]);
    assert_eq!(found(EventFilter { from: 31, limit: 9, ..any() }), [40, 31]);
    assert_eq!(circuit_events::prune(&connection, 20).unwrap(), 1);
    assert_eq!(found(EventFilter { limit: 9, ..any() }), [40, 31, 20]);
}
