//! When the spend of a budget passes a threshold, whoever watches hears of it, once in a period.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::counters::{Counts, Scope};
use crate::events::{BudgetNotice, Threshold};

const THRESHOLDS: [(u8, Threshold); 3] =
    [(1, Threshold::Percent(50)), (2, Threshold::Percent(80)), (4, Threshold::Percent(100))];
const SOFT: u8 = 8;

/// The thresholds that this spend has passed, as bits.
fn passed(scope: &Scope, spent: i64, now: i64) -> u8 {
    let mut bits = 0;
    if let Some(budget) = scope.budget(now) {
        for (bit, threshold) in THRESHOLDS {
            let Threshold::Percent(percent) = threshold else { continue };
            if i128::from(spent) * 100 >= i128::from(budget) * i128::from(percent) {
                bits |= bit;
            }
        }
    }
    if scope.soft_budget.is_some_and(|soft| spent >= soft) {
        bits |= SOFT;
    }
    bits
}

fn notice(scope: &Scope, spent: i64, threshold: Threshold, now: i64) -> BudgetNotice {
    BudgetNotice {
        level: scope.word(),
        id: scope.id.to_string(),
        model: scope.model.as_deref().map(str::to_owned),
        threshold,
        spent_nanos: spent,
        budget_nanos: if threshold == Threshold::Soft { scope.soft_budget } else { scope.budget(now) },
        reset_at: scope.period.reset_at.filter(|reset| *reset > now),
    }
}

/// What was passed since it was last told. Of several percentages the highest speaks for all.
pub fn crossed(scope: &Scope, counts: &mut Counts, now: i64) -> SmallVec<[BudgetNotice; 2]> {
    let mut notices = SmallVec::new();
    if !scope.has_budget() {
        return notices;
    }
    counts.tell_of(scope.budget(now), scope.soft_budget);
    let spent = scope.spent(counts);
    let new = passed(scope, spent, now) & !counts.told;
    if new == 0 {
        return notices;
    }
    counts.told |= new;
    let highest = THRESHOLDS.into_iter().rev().find(|(bit, _)| new & bit != 0);
    notices.extend(highest.map(|(_, threshold)| notice(scope, spent, threshold, now)));
    if new & SOFT != 0 {
        notices.push(notice(scope, spent, Threshold::Soft, now));
    }
    notices
}

/// A request did not fit any more: the budget is used up, whatever small rest is left.
pub fn refused(scope: &Scope, counts: &mut Counts, budget: i64, now: i64) -> Option<BudgetNotice> {
    counts.tell_of(scope.budget(now), scope.soft_budget);
    let spent = scope.spent(counts);
    // Reservations may be in the way that come to less; then there is something left.
    if counts.told & 4 != 0 || counts.reserved > 0 || spent < budget / 2 {
        return None;
    }
    counts.told |= 7;
    Some(notice(scope, spent, Threshold::Percent(100), now))
}

/// What was passed before the counter was seeded was told then.
pub fn settled_silently(scope: &Scope, now: i64) {
    let mut counts = scope.counter.lock();
    counts.tell_of(scope.budget(now), scope.soft_budget);
    let spent = scope.spent(&counts);
    counts.told |= passed(scope, spent, now);
}

/// What a budget has passed of which nobody knows yet whether it is in the database.
pub struct Unnoted {
    pub scope: Arc<Scope>,
    /// When the running period began, UTC milliseconds.
    pub period: i64,
    /// Of several percentages the highest speaks for all.
    pub notices: SmallVec<[BudgetNotice; 2]>,
    bits: u8,
    of: (Option<i64>, Option<i64>),
}

/// Looks at one budget: at what its counter says, so that it does not matter who heard of it when.
pub fn unnoted(scope: &Arc<Scope>, now: i64) -> Option<Unnoted> {
    let of = (scope.budget(now), scope.soft_budget);
    let mut counts = scope.counter.lock();
    counts.enter(scope.period.begun(now));
    counts.tell_of(of.0, of.1);
    let spent = scope.spent(&counts);
    let bits = (counts.told | passed(scope, spent, now)) & !counts.noted;
    // A budget of nothing, of which nothing is spent, says no and is no news.
    if bits == 0 || spent <= 0 {
        return None;
    }
    let highest =
        THRESHOLDS.into_iter().rev().find(|(bit, _)| bits & bit != 0).map(|(_, threshold)| threshold);
    let soft = (bits & SOFT != 0).then_some(Threshold::Soft);
    let notices =
        highest.into_iter().chain(soft).map(|threshold| notice(scope, spent, threshold, now)).collect();
    Some(Unnoted { scope: scope.clone(), period: counts.period, notices, bits, of })
}

impl Unnoted {
    /// It is in the database now.
    pub fn noted(&self) {
        let mut counts = self.scope.counter.lock();
        if (counts.period, counts.told_of) == (self.period, self.of) {
            counts.noted |= self.bits;
        }
    }
}
