//! End users of whom nothing was said. What the configuration file gives to all of them (`max_end_user_budget`,
//! `max_end_user_budget_id`) holds from the first request on, before there is a row: their counters are kept here, shared by all
//! directories, until they have an entry of their own, which takes the counter along.

use std::collections::HashMap as Map;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_store::table::LimitColumns;
use postern_store::table::budgets::BudgetRow;
use postern_store::table::spent::Subject;

use super::build::{Of, Scopes};
use super::{Customer, Limited};
use crate::config::Governance;
use crate::counters::Level;

/// What everybody has who has no limits of their own.
#[derive(Debug)]
pub struct Common {
    max_budget_nanos: Option<i64>,
    budget_id: Option<String>,
    /// The budget of that id.
    budgets: Map<String, BudgetRow>,
}

impl Common {
    /// `None` where the rules give nothing.
    pub fn of(rules: &Governance, budget: Option<BudgetRow>) -> Option<Self> {
        if rules.end_user_budget_nanos.is_none() && budget.is_none() {
            return None;
        }
        let budget_id = budget.as_ref().map(|budget| budget.budget_id.clone());
        let budgets = budget.into_iter().map(|budget| (budget.budget_id.clone(), budget)).collect();
        Some(Self { max_budget_nanos: rules.end_user_budget_nanos, budget_id, budgets })
    }

    /// The limits of one of them, whose row says only since when something counts.
    pub(super) fn limited(
        &self,
        id: &Arc<str>,
        row: &LimitColumns,
        rules: &Governance,
        before: Option<&Limited>,
    ) -> Limited {
        let duration = self.budgets.values().find_map(|budget| budget.budget_duration.as_deref());
        let period = rules.period(duration);
        let begun = row.budget_started_at.max(period.started_at);
        let columns = LimitColumns {
            max_budget_nanos: self.max_budget_nanos,
            budget_id: self.budget_id.clone(),
            budget_started_at: begun,
            budget_reset_at: period.reset_at,
            spend_offset_nanos: if begun == row.budget_started_at { row.spend_offset_nanos } else { 0 },
            ..LimitColumns::default()
        };
        let of = Of(Level::Customer, id, Subject::EndUser(id.to_string()));
        Scopes { budgets: &self.budgets }.limited(of, &columns, before)
    }
}

/// Whether a row says nothing of limits.
pub(super) fn says_nothing(limits: &LimitColumns) -> bool {
    let LimitColumns { budget_started_at, budget_reset_at, spend_offset_nanos, .. } = *limits;
    let none =
        LimitColumns { budget_started_at, budget_reset_at, spend_offset_nanos, ..LimitColumns::default() };
    *limits == none
}

/// So many are told apart; the rest share one budget until there is room, which errs on the side of refusing.
const MOST: usize = 100_000;
/// Longer names, in bytes, share it, too: they never get a row.
const LONGEST: usize = 1024;
const OTHERS: &str = "others";

struct Stranger {
    customer: Arc<Customer>,
    /// What the limits were made of.
    common: Arc<Common>,
}

#[derive(Default)]
pub struct Strangers {
    known: Mutex<Map<Arc<str>, Stranger>>,
    others: Mutex<Option<Stranger>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Strangers {
    /// One who was perhaps never seen before.
    pub(super) fn meet(&self, id: &str, common: &Arc<Common>, rules: &Governance) -> Arc<Customer> {
        let mut known = locked(&self.known);
        match known.get(id) {
            Some(stranger) if Arc::ptr_eq(&stranger.common, common) => return stranger.customer.clone(),
            None if id.len() > LONGEST || known.len() >= MOST => {
                drop(known);
                let mut others = locked(&self.others);
                let before = others.as_ref().map(|others| &others.customer.limited);
                let customer = made(OTHERS.into(), common, rules, before);
                *others = Some(Stranger { customer: customer.clone(), common: common.clone() });
                return customer;
            }
            _ => {}
        }
        let id: Arc<str> = id.into();
        let before = known.get(&id).map(|stranger| &stranger.customer.limited);
        let customer = made(id.clone(), common, rules, before);
        known.insert(id, Stranger { customer: customer.clone(), common: common.clone() });
        customer
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Customer>> {
        locked(&self.known).get(id).map(|stranger| stranger.customer.clone())
    }

    /// Lets go of whom `has_entry` says yes to, and names the others.
    pub fn sort_out(&self, has_entry: impl Fn(&str) -> bool) -> Vec<String> {
        let mut known = locked(&self.known);
        known.retain(|id, _| !has_entry(id));
        known.keys().map(ToString::to_string).collect()
    }
}

fn made(id: Arc<str>, common: &Common, rules: &Governance, before: Option<&Limited>) -> Arc<Customer> {
    let limited = common.limited(&id, &LimitColumns::default(), rules, before);
    for scope in limited.all().filter(|_| before.is_none()) {
        // Nobody who is seen for the first time has spent anything.
        scope.counter.seed(scope.period.started_at, 0);
    }
    Arc::new(Customer { id, blocked: false, region: None, default_model: None, limited })
}
