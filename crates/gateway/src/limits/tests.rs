//! What is let in, what is not, and what the counters say afterwards.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Estimate, Gate, Gates, Permit, Terms, admit, settled_silently, unnoted};
use crate::counters::{Counter, Level, Period, Scope};
use crate::error::Failure;
use crate::events::{Event, Events, Threshold};
use crate::window::MINUTE_MS;
use postern_store::table::spent::Subject;

const NOW: i64 = 1_800_000_000_000;

fn scope(level: Level, change: impl FnOnce(&mut Scope)) -> Arc<Scope> {
    let mut scope = Scope {
        level,
        id: level.word().into(),
        subject: Subject::Everything,
        model: None,
        max_budget: None,
        soft_budget: None,
        extra: None,
        period: Period { started_at: NOW - 1000, reset_at: Some(NOW + 1000) },
        offset: 0,
        requests_per_minute: None,
        tokens_per_minute: None,
        parallel: None,
        counter: Arc::new(Counter::default()),
    };
    change(&mut scope);
    Arc::new(scope)
}

fn budget(most: i64) -> Arc<Scope> {
    scope(Level::Key, |scope| scope.max_budget = Some(most))
}

fn gates(scopes: &[&Arc<Scope>]) -> Gates {
    scopes.iter().map(|scope| Gate { scope: (*scope).clone(), budget: true }).collect()
}

fn at(scopes: &[&Arc<Scope>], cost: i64, now: i64) -> Result<Permit, Failure> {
    let estimate = Estimate { cost_nanos: Some(cost), tokens: 10 };
    admit(gates(scopes), estimate, Terms::default(), now, &Events::default())
}

fn ask(scopes: &[&Arc<Scope>], cost: i64) -> Result<Permit, Failure> {
    at(scopes, cost, NOW)
}

fn refused(result: Result<Permit, Failure>) -> Failure {
    result.err().expect("it is let in")
}

#[test]
fn reservations_of_parallel_requests_count_against_the_budget() {
    let key = budget(100);
    let first = ask(&[&key], 60).expect("fits");
    let failure = refused(ask(&[&key], 60));
    assert_eq!(failure.error.status, 402);
    assert_eq!(failure.error.retry_after, Some(1), "when the period ends");
    first.settle(10, 5, NOW);
    let second = ask(&[&key], 60).expect("fits after settling to 10");
    drop(second);
    assert_eq!(key.spend(NOW), 10, "a dropped permit gives its reservation back");
}

#[test]
fn the_tightest_level_is_in_the_way_and_nothing_is_counted_anywhere() {
    let key = budget(1000);
    let team = scope(Level::Team, |scope| scope.max_budget = Some(50));
    let organization = scope(Level::Organization, |scope| scope.requests_per_minute = Some(1));
    let all = [&key, &team, &organization];
    let failure = refused(ask(&all, 60));
    let details = failure.error.details.expect("details");
    assert_eq!((&details["level"], &details["max_budget"]), (&"team".into(), &5e-8.into()));
    for scope in all {
        let counts = scope.counter.lock();
        assert_eq!((counts.reserved, counts.in_flight, counts.spent), (0, 0, 0));
    }
    let held = ask(&all, 40).expect("fits");
    assert_eq!(team.counter.lock().reserved, 40);
    drop(held);
    let failure = refused(ask(&all, 1));
    assert_eq!(failure.error.status, 429);
    assert_eq!(
        key.counter.lock().reserved,
        0,
        "a rate limit was in the way after the budgets were looked at"
    );
}

#[test]
fn a_budget_that_is_not_in_force_is_counted_all_the_same() {
    let user = budget(10);
    let gates: Gates = [Gate { scope: user.clone(), budget: false }].into_iter().collect();
    let estimate = Estimate { cost_nanos: None, tokens: 1 };
    let permit = admit(gates, estimate, Terms::default(), NOW, &Events::default()).expect("not in the way");
    permit.settle(70, 1, NOW);
    assert_eq!(user.spend(NOW), 70);
}

#[test]
fn one_tag_named_twice_counts_once() {
    let tag = scope(Level::Tag, |scope| scope.parallel = Some(1));
    let permit = ask(&[&tag, &tag], 0).expect("one request");
    assert_eq!(tag.counter.lock().in_flight, 1);
    drop(permit);
    assert_eq!(tag.counter.lock().in_flight, 0);
}

#[test]
fn a_model_without_a_price_is_refused_where_a_budget_is_in_force() {
    let unpriced = Estimate { cost_nanos: None, tokens: 1 };
    let ask = |scope: &Arc<Scope>, terms| admit(gates(&[scope]), unpriced, terms, NOW, &Events::default());
    assert_eq!(refused(ask(&budget(100), Terms::default())).error.status, 400);
    let lenient = Terms { refuse_unpriced: false, ..Terms::default() };
    assert!(ask(&budget(100), lenient).is_ok());
    assert!(ask(&scope(Level::Key, |scope| scope.soft_budget = Some(1)), Terms::default()).is_ok());
}

#[test]
fn the_status_of_what_is_over_budget_can_be_litellms() {
    let terms = Terms { over_budget_status: 400, ..Terms::default() };
    let estimate = Estimate { cost_nanos: Some(2), tokens: 1 };
    let failure = refused(admit(gates(&[&budget(1)]), estimate, terms, NOW, &Events::default()));
    assert_eq!(
        (failure.error.status, failure.error.type_override.as_deref()),
        (400, Some("budget_exceeded"))
    );
}

#[test]
fn a_period_ends_on_time_and_what_was_let_in_before_belongs_to_it() {
    let key = budget(100);
    let before = ask(&[&key], 90).expect("fits");
    assert_eq!(refused(at(&[&key], 20, NOW + 999)).error.status, 402);
    let after = at(&[&key], 20, NOW + 1000).expect("a new period");
    assert_eq!(key.counter.lock().reserved, 20);
    before.settle(80, 1, NOW + 1001);
    after.settle(15, 1, NOW + 1002);
    assert_eq!(key.spend(NOW + 1002), 15);
    assert_eq!(key.counter.lock().in_flight, 0);
    assert_eq!(key.counter.lock().reserved, 0);
}

#[test]
fn more_of_a_budget_for_a_while_and_spend_from_elsewhere() {
    let key = scope(Level::Key, |scope| {
        scope.max_budget = Some(100);
        scope.extra = Some((50, NOW + 10));
        scope.offset = 40;
        scope.period.reset_at = Some(NOW + 5000);
    });
    assert!(at(&[&key], 110, NOW + 9).is_ok());
    assert!(at(&[&key], 61, NOW + 10).is_err());
    assert!(at(&[&key], 60, NOW + 10).is_ok());
    assert!(at(&[&key], 100, NOW + 5000).is_ok(), "the next period begins with nothing spent");
}

#[test]
fn requests_per_minute_and_parallel_requests() {
    let key = scope(Level::Key, |scope| {
        scope.requests_per_minute = Some(2);
        scope.parallel = Some(1);
    });
    let one = ask(&[&key], 0).expect("first");
    assert_eq!(
        one.rooms.as_slice(),
        [super::Room { of: "api_key", kind: "requests", limit: 2, remaining: 1 }]
    );
    let failure = refused(ask(&[&key], 0));
    assert!(failure.error.message.contains("Limit type: max_parallel_requests"), "{}", failure.error.message);
    drop(one);
    ask(&[&key], 0).expect("second").settle(0, 0, NOW);
    let failure = refused(ask(&[&key], 0));
    assert!(failure.error.message.starts_with(
        "Rate limit exceeded for api_key: api_key. Limit type: requests. Current limit: 2, Remaining: 0."
    ));
    let wait = failure.error.retry_after.expect("how long") as i64;
    assert!(at(&[&key], 0, NOW + wait * 1000).is_ok(), "after the wait there is room");
}

#[test]
fn nothing_at_a_time_or_in_a_minute_refuses_all() {
    for change in [
        (|scope: &mut Scope| scope.parallel = Some(0)) as fn(&mut Scope),
        |scope| scope.requests_per_minute = Some(0),
        |scope| scope.tokens_per_minute = Some(0),
    ] {
        assert_eq!(refused(ask(&[&scope(Level::Team, change)], 0)).error.status, 429);
    }
}

#[test]
fn tokens_are_reserved_and_settled() {
    let key = scope(Level::Key, |scope| scope.tokens_per_minute = Some(25));
    let first = ask(&[&key], 0).expect("10 of 25");
    let _second = ask(&[&key], 0).expect("20 of 25");
    let failure = refused(ask(&[&key], 0));
    assert!(failure.error.message.contains("Limit type: tokens"), "{}", failure.error.message);
    first.settle(0, 2, NOW);
    let third = ask(&[&key], 0).expect("12 and 10 of 25");
    third.settle(0, 500, NOW);
    let wait = refused(ask(&[&key], 0)).error.retry_after.expect("how long") as i64;
    assert!(wait * 1000 <= 2 * MINUTE_MS, "{wait}");
    assert!(at(&[&key], 0, NOW + wait * 1000).is_ok());
    let tiny = scope(Level::Key, |scope| scope.tokens_per_minute = Some(3));
    let alone = ask(&[&tiny], 0).expect("one that is larger than the limit may go alone");
    assert!(ask(&[&tiny], 0).is_err());
    drop(alone);
}

#[test]
fn thresholds_are_told_once_in_a_period() {
    let key = scope(Level::Key, |scope| {
        scope.max_budget = Some(100);
        scope.soft_budget = Some(60);
    });
    let events = Events::default();
    let mut heard = events.subscribe();
    let spend = |cost: i64, now: i64| {
        let estimate = Estimate { cost_nanos: Some(cost), tokens: 1 };
        admit(gates(&[&key]), estimate, Terms::default(), now, &events)
            .map(|permit| permit.settle(cost, 1, now))
    };
    let mut told = || {
        let mut told = Vec::new();
        while let Ok(Event::Budget(notice)) = heard.try_recv() {
            told.push((notice.threshold, notice.spent_nanos));
        }
        told
    };
    spend(49, NOW).unwrap();
    assert_eq!(told(), []);
    spend(2, NOW).unwrap();
    assert_eq!(told(), [(Threshold::Percent(50), 51)]);
    spend(40, NOW).unwrap();
    assert_eq!(told(), [(Threshold::Percent(80), 91), (Threshold::Soft, 91)]);
    spend(1, NOW).unwrap();
    assert_eq!(told(), []);
    assert!(spend(50, NOW).is_err());
    assert_eq!(told(), [(Threshold::Percent(100), 92)], "what is left is too little");
    assert!(spend(50, NOW).is_err());
    assert_eq!(told(), []);
    spend(100, NOW + 1000).unwrap();
    assert_eq!(told(), [(Threshold::Percent(100), 100), (Threshold::Soft, 100)], "a new period");
}

#[test]
fn two_hundred_at_once_never_spend_more_than_a_budget_for_fifty() {
    let key = budget(5_000);
    let team = scope(Level::Team, |scope| scope.max_budget = Some(6_000));
    let let_in: usize = std::thread::scope(|threads| {
        let hands: Vec<_> = (0..200)
            .map(|number| {
                let (key, team) = (&key, &team);
                threads.spawn(move || {
                    // In turns, so that the order of locking does not depend on the order of gates.
                    let scopes = if number % 2 == 0 { [key, team] } else { [team, key] };
                    let Ok(permit) = ask(&scopes, 100) else { return 0 };
                    std::thread::yield_now();
                    permit.settle(100, 10, NOW);
                    1
                })
            })
            .collect();
        hands.into_iter().map(|hand| hand.join().expect("no panic")).sum()
    });
    assert_eq!(let_in, 50);
    assert_eq!((key.spend(NOW), team.spend(NOW)), (5_000, 5_000));
    assert_eq!((key.counter.lock().reserved, team.counter.lock().in_flight), (0, 0));
}

proptest! {
    /// Whatever is asked, given up or settled at whatever cost up to the estimate: a budget holds, and the books are even.
    #[test]
    fn a_budget_holds(steps in prop::collection::vec((0_i64..200, 0_u8..4, 0_i64..=100), 1..200)) {
        let scope = budget(1000);
        let mut held: Vec<(Permit, i64)> = Vec::new();
        let mut spent = 0;
        for (estimate, step, share) in steps {
            if step == 0 && !held.is_empty() {
                let (permit, estimate) = held.remove(0);
                let cost = estimate * share / 100;
                spent += cost;
                permit.settle(cost, 1, NOW);
            } else if step == 1 {
                held.pop();
            } else if let Ok(permit) = ask(&[&scope], estimate) {
                held.push((permit, estimate));
            }
            let reserved: i64 = held.iter().map(|(_, estimate)| estimate).sum();
            prop_assert!(spent + reserved <= 1000);
            prop_assert_eq!(scope.spend(NOW), spent);
            prop_assert_eq!(scope.counter.lock().reserved, reserved);
            prop_assert_eq!(scope.counter.lock().in_flight as usize, held.len());
        }
    }
}

#[test]
fn what_is_not_in_the_database_yet_is_found_until_it_is() {
    let told = |scope: &Arc<Scope>, now: i64| -> Vec<(Threshold, Option<i64>)> {
        let found = unnoted(scope, now);
        let notices = found.iter().flat_map(|found| found.notices.iter());
        notices.map(|notice| (notice.threshold, notice.budget_nanos)).collect()
    };
    let key = scope(Level::Key, |scope| {
        scope.max_budget = Some(100);
        scope.soft_budget = Some(60);
    });
    assert_eq!(told(&key, NOW), []);
    ask(&[&key], 85).unwrap().settle(85, 1, NOW);
    let both = [(Threshold::Percent(80), Some(100)), (Threshold::Soft, Some(60))];
    assert_eq!(told(&key, NOW), both);
    assert_eq!(told(&key, NOW), both, "nobody said that it is");
    unnoted(&key, NOW).unwrap().noted();
    assert_eq!(told(&key, NOW), []);
    // A refusal says that all is used, whatever small rest there is.
    assert!(ask(&[&key], 50).is_err());
    assert_eq!(told(&key, NOW), [(Threshold::Percent(100), Some(100))]);
    unnoted(&key, NOW).unwrap().noted();
    // Of another budget of the same counter all is new; one of nothing, of which nothing is spent, is no news.
    let larger = scope(Level::Key, |scope| {
        scope.max_budget = Some(150);
        scope.counter = key.counter.clone();
    });
    assert_eq!(told(&larger, NOW), [(Threshold::Percent(50), Some(150))]);
    assert_eq!(told(&budget(0), NOW), []);
    // What was passed before the counter was seeded is found, too: whoever passed it may not have told.
    let seeded = budget(100);
    seeded.counter.seed(seeded.period.started_at, 99);
    settled_silently(&seeded, NOW);
    assert_eq!(told(&seeded, NOW), [(Threshold::Percent(80), Some(100))]);
}
