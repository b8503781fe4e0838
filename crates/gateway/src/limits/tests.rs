use postern_store::table::keys::KeyRow;

use super::{Estimate, Limits};
use crate::snapshot::{AllowedModels, VirtualKey};
use crate::window::Window;

fn key(change: impl FnOnce(&mut KeyRow)) -> VirtualKey {
    let mut row = KeyRow {
        id: uuid::Uuid::from_u128(7),
        token: "t".into(),
        key_name: "sk-...test".into(),
        key_alias: None,
        models: "[]".into(),
        metadata: "{}".into(),
        blocked: false,
        expires_at: None,
        max_budget_nanos: None,
        budget_duration: None,
        budget_reset_at: None,
        budget_started_at: 0,
        rpm_limit: None,
        tpm_limit: None,
        max_parallel_requests: None,
        created_by: "test".into(),
        created_at: 0,
        updated_at: 0,
    };
    change(&mut row);
    VirtualKey { row, hash: [0; 32], label: "test".into(), models: AllowedModels::All }
}

fn estimate(cost: i64) -> Estimate {
    Estimate { cost_nanos: Some(cost), tokens: 10 }
}

#[test]
fn reservations_of_parallel_requests_count_against_the_budget() {
    let limits = Limits::default();
    let key = key(|row| row.max_budget_nanos = Some(100));
    let first = limits.admit(Some(&key), estimate(60)).expect("fits");
    let refused = limits.admit(Some(&key), estimate(60)).err().expect("does not fit beside the first");
    assert_eq!(refused.error.status, 402);
    first.settle(10, 5);
    let second = limits.admit(Some(&key), estimate(60)).expect("fits after settling to 10");
    drop(second);
    assert_eq!(limits.spent(key.row.id), 10, "a dropped permit gives its reservation back");
}

#[test]
fn a_model_without_a_price_is_refused_where_a_budget_is_in_force() {
    let limits = Limits::default();
    let unpriced = Estimate { cost_nanos: None, tokens: 1 };
    let budget = key(|row| row.max_budget_nanos = Some(100));
    assert_eq!(limits.admit(Some(&budget), unpriced).err().expect("refused").error.status, 400);
    assert!(limits.admit(Some(&key(|_| ())), unpriced).is_ok());
}

#[test]
fn requests_per_minute_and_parallel_requests() {
    let limits = Limits::default();
    let key = key(|row| {
        row.rpm_limit = Some(2);
        row.max_parallel_requests = Some(1);
    });
    let one = limits.admit(Some(&key), estimate(0)).expect("first");
    let refused = limits.admit(Some(&key), estimate(0)).err().expect("one at a time");
    assert!(refused.error.message.contains("max_parallel_requests"));
    drop(one);
    limits.admit(Some(&key), estimate(0)).expect("second").settle(0, 0);
    let refused = limits.admit(Some(&key), estimate(0)).err().expect("third in this minute");
    assert!(refused.error.message.contains("Limit type: requests"));
    assert!(refused.error.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)));
}

#[test]
fn a_window_slides() {
    let mut window = Window::default();
    window.add(0, 60);
    assert_eq!(window.used(59_999), 60);
    assert_eq!(window.used(60_000), 60);
    assert_eq!(window.used(90_000), 30);
    assert_eq!(window.used(120_000), 0);
}
